"""The lines to take away, run where their framework is installed: the weights have that scale."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

from core.activations import ACTIVATIONS
from pages.concepts.frameworks import data, lines, tables
from pages.concepts.frameworks.panel import WIDTHS

# The module that has to be there, and what makes arrays of the layers' weights.
READERS = {
    "PyTorch": ("torch", "[of.weight.detach().numpy() for of in layers]"),
    "Keras": ("keras", "[of.build((None, $width)) or np.array(of.kernel) for of in layers]"),
    "Flax": ("flax", "[np.array(of.kernel[...]) for of in layers]"),
    "Haiku": ("haiku", "list(map(np.array, built()))"),
    "Equinox": ("equinox", "[np.array(of.weight) for of in layers]"),
    "Sonnet": (
        "sonnet",
        "[of(np.zeros((1, $width), 'f')) is None or of.w.numpy() for of in layers]",
    ),
    "Paddle": ("paddle", "[of.weight.numpy() for of in layers]"),
    "MLX": ("mlx", "[np.array(of.weight) for of in layers]"),
    "tinygrad": ("tinygrad", "[of.weight.numpy() for of in layers]"),
    "MindSpore": ("mindspore", "[of.weight.asnumpy() for of in layers]"),
    "thinc": ("thinc", "[of.initialize() and of.get_param('W') for of in layers]"),
    "MXNet": ("mxnet", "[of.initialize() or of.weight.data().asnumpy() for of in layers]"),
    "Chainer": ("chainer", "[of.W.array for of in layers]"),
}
HAIKU = """
import jax

def built():
    x = jax.numpy.zeros((1, $width))
    made = hk.transform(lambda x: [of(x) for of in layers()]).init(jax.random.PRNGKey(0), x)
    return [of["w"] for of in made.values()]
"""
WIDTH, DEPTH = 64, 5


def script(framework: str) -> str:
    """The lines, and then a line that says how many layers there are, and their weights' σ√n."""
    more = HAIKU if framework == "Haiku" else ""
    found = f"found = {READERS[framework][1]}"
    says = "print(len(found), *(w.std() * $width**0.5 for w in found))"
    text = lines.lines(framework, "relu", WIDTH, DEPTH)
    return "\n".join([text, "import numpy as np", more, found, says]).replace("$width", str(WIDTH))


def right(said: str) -> bool:
    """Whether what a script said is of DEPTH layers whose gain is 1."""
    count, *scales = said.split()[-DEPTH - 1 :]
    one = data.scale_of_gain_one("relu", DEPTH)
    return int(count) == DEPTH and all(abs(float(scale) / one - 1) < 0.06 for scale in scales)


@pytest.mark.parametrize("framework", READERS)
def test_lines_do_what_they_say(framework):
    module = READERS[framework][0]
    if find_spec(module) is None:
        pytest.skip(f"{module} is not installed")
    done = subprocess.run(
        [sys.executable, "-c", script(framework)], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert right(done.stdout), done.stdout


def test_a_wrong_scale_is_seen():
    one = data.scale_of_gain_one("relu", DEPTH)
    assert right(" ".join(["5", *[f"{one:.4f}"] * DEPTH]))
    assert not right(" ".join(["5", *["1.0"] * DEPTH]))


def test_lines_are_of_measured_frameworks_and_have_no_blanks_left():
    assert set(lines.LINES) <= set(tables.frameworks())
    assert set(READERS) == set(lines.LINES) - {"TensorFlow.js"}
    for framework in lines.LINES:
        for activation in ACTIVATIONS:
            for width in map(int, WIDTHS):
                text = lines.lines(framework, activation, width, 30)
                assert text is None or ("$" not in text and str(width) in text)


def test_there_are_no_lines_where_no_scale_has_a_gain_of_one():
    assert data.scale_of_gain_one("relu", 30) == pytest.approx(2**0.5, rel=1e-3)
    assert lines.lines("ml-fnn", "relu", 64, 30) is None
