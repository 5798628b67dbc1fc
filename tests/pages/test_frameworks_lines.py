"""The lines to take away, run where their framework is installed: such layers have a gain of 1."""

import json
import math
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from core import depths
from core.activations import ACTIVATIONS, activation
from core.datasets import digits
from pages.concepts.frameworks import data, lines, tables, words
from pages.concepts.frameworks.networks import Setting
from pages.concepts.frameworks.panel import WIDTHS
from pages.kit import theme

# The module that has to be there, and what makes arrays of the layers' weights and biases.
READERS = {
    "PyTorch": (
        "torch",
        "[of.weight.detach().numpy() for of in layers]",
        "[of.bias.detach().numpy() for of in layers]",
    ),
    "Keras": (
        "keras",
        "[of.build((None, $width)) or np.array(of.kernel) for of in layers]",
        "[np.array(of.bias) for of in layers]",
    ),
    "Flax": (
        "flax",
        "[np.array(of.kernel[...]) for of in layers]",
        "[np.array(of.bias[...]) for of in layers]",
    ),
    "Haiku": ("haiku", "built('w')", "built('b')"),
    "Equinox": (
        "equinox",
        "[np.array(of.weight) for of in layers]",
        "[np.array(of.bias) for of in layers]",
    ),
    "Penzai": (
        "penzai",
        "[of.sublayers[0].weights.value.data_array for of in layers]",
        "np.zeros(($width, $width))[: len(layers)]",  # it has none
    ),
    "BrainState": (
        "brainstate",
        "[np.array(of.weight.value['weight']) for of in layers]",
        "[np.array(of.weight.value['bias']) for of in layers]",
    ),
    "Sonnet": (
        "sonnet",
        "[of(np.zeros((1, $width), 'f')) is None or of.w.numpy() for of in layers]",
        "[of.b.numpy() for of in layers]",
    ),
    "Paddle": (
        "paddle",
        "[of.weight.numpy() for of in layers]",
        "[of.bias.numpy() for of in layers]",
    ),
    "MLX": (
        "mlx",
        "[np.array(of.weight) for of in layers]",
        "[np.array(of.bias) for of in layers]",
    ),
    "tinygrad": (
        "tinygrad",
        "[of.weight.numpy() for of in layers]",
        "[of.bias.numpy() for of in layers]",
    ),
    "MindSpore": (
        "mindspore",
        "[of.weight.asnumpy() for of in layers]",
        "[of.bias.asnumpy() for of in layers]",
    ),
    "thinc": (
        "thinc",
        "[of.initialize() and of.get_param('W') for of in layers]",
        "[of.get_param('b') for of in layers]",
    ),
    "MXNet": (
        "mxnet",
        "[of.initialize() or of.weight.data().asnumpy() for of in layers]",
        "[of.bias.data().asnumpy() for of in layers]",
    ),
    "Chainer": (
        "chainer",
        "[of.W.array for of in layers]",
        "[of.b.array for of in layers]",
    ),
}
HAIKU = """
import jax

def built(name):
    x = jax.numpy.zeros((1, $width))
    made = hk.transform(lambda x: [of(x) for of in layers()]).init(jax.random.PRNGKey(0), x)
    return [np.array(of[name]) for of in made.values()]
"""
WIDTH, DEPTH = 64, 12  # as many units as the digits have pixels: the first layer reads those
ACTIVATION = "relu"
NEAR = 0.1  # of a gain of 1; half of Glorot's weights' √½ − 1 would be 0.15


def of_lines(framework: str) -> str:
    return lines.lines(framework, Setting(ACTIVATION, WIDTH, 0), DEPTH)


def in_python(framework: str, file: Path) -> list[str]:
    """The command that runs the lines and saves the layers' weights and biases."""
    weights, biases = READERS[framework][1:]
    more = HAIKU if framework == "Haiku" else ""
    saved = f"np.savez({str(file)!r}, weights={weights}, biases={biases})"
    text = "\n".join([of_lines(framework), "import numpy as np", more, saved])
    return [sys.executable, "-c", text.replace("$width", str(WIDTH))]


def gain(weights: np.ndarray, biases: np.ndarray) -> float:
    """What a layer of these weights and biases does to ‖dJ/dz‖, the geometric mean."""
    x, rng = digits().x_train[:64], np.random.default_rng(0)
    found = depths.by_depth(
        activation(ACTIVATION),
        [w[None].astype(float) for w in weights],
        [np.full((1, 1, WIDTH), b, dtype=float) for b in biases],
        x,
        d_last=rng.standard_normal((1, len(x), WIDTH)),
    )
    return 10 ** (float(found.kept[0, DEPTH - 1, 0]) / (DEPTH - 1))


@pytest.mark.parametrize("framework", READERS)
def test_lines_do_what_they_say(framework, tmp_path):
    module = READERS[framework][0]
    if find_spec(module) is None:
        pytest.skip(f"{module} is not installed")
    file = tmp_path / "layers.npz"
    done = subprocess.run(
        in_python(framework, file),
        env=os.environ | {"KERAS_BACKEND": "jax" if find_spec("jax") else "torch"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    made = np.load(file)
    assert made["weights"].shape == (DEPTH, WIDTH, WIDTH)
    assert gain(made["weights"], made["biases"]) == pytest.approx(1, abs=NEAR)


def test_javascript_lines_do_what_they_say():
    """Where Node.js finds TensorFlow.js, by NODE_PATH for example."""
    module = "@tensorflow/tfjs"
    node = shutil.which("node")
    found = node and subprocess.run([node, "-p", f"require.resolve('{module}')"], timeout=60)
    if not found or found.returncode:
        pytest.skip(f"{module} is not installed")
    says = """
console.log(JSON.stringify(layers.map((of) => {
  of.build([null, $width]);
  return of.getWeights().map((w) => w.arraySync());
})));""".replace("$width", str(WIDTH))
    text = f"const tf = require('{module}');\n{of_lines('TensorFlow.js')}\n{says}"
    done = subprocess.run([node, "-e", text], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    layers = json.loads(done.stdout.strip().splitlines()[-1])
    weights, biases = (np.array(part) for part in zip(*layers, strict=True))
    assert weights.shape == (DEPTH, WIDTH, WIDTH)
    assert gain(weights, biases) == pytest.approx(1, abs=NEAR)


def test_another_scale_is_seen():
    rng = np.random.default_rng(1)
    draws = rng.standard_normal((DEPTH, WIDTH, WIDTH)) / math.sqrt(WIDTH)
    none = np.zeros((DEPTH, WIDTH))
    one = data.scale_of_gain_one(ACTIVATION, WIDTH, DEPTH)
    assert gain(one * draws, none) == pytest.approx(1, abs=NEAR)
    for scale in (1 / math.sqrt(3), 1.0, one / 1.15, one * 1.15):
        assert gain(scale * draws, none) != pytest.approx(1, abs=NEAR), scale
    assert gain(one * draws, none - 1) != pytest.approx(1, abs=NEAR), "biases"


def test_lines_are_of_measured_frameworks_and_have_no_blanks_left():
    assert {*lines.LINES, *lines.WITHOUT} == set(tables.frameworks())
    assert not lines.LINES.keys() & lines.WITHOUT.keys()
    assert set(READERS) == set(lines.LINES) - {"TensorFlow.js"}
    for framework in lines.LINES:
        for name in ACTIVATIONS:
            for width in map(int, WIDTHS):
                text = lines.lines(framework, Setting(name, width, 0), 30)
                assert text is None or ("$" not in text and str(width) in text)


def test_there_are_no_lines_where_no_scale_has_a_gain_of_one():
    assert data.scale_of_gain_one("relu", 64, 30) == pytest.approx(2**0.5, rel=1e-3)
    assert lines.lines("ml-fnn", Setting("relu", 64, 0), 30) is None


def test_without_lines_the_page_says_why():
    of = Setting("relu", 64, 0)
    for framework, why in lines.WITHOUT.items():
        assert words.take_away(framework, of, 30).endswith(f"no lines: {why}.")


@pytest.mark.parametrize(
    "name,width,depth,low,high",
    [
        ("relu", 256, 30, 0.9, 1.1),
        ("sigmoid", 16, 60, 0.7, 0.85),  # narrow and deep: far from 1
        ("silu", 64, 60, 0.95, 1.05),
    ],
)
def test_the_gain_of_the_lines_is_told_at_the_readers_width_and_depth(
    name, width, depth, low, high
):
    of = Setting(name, width, 0)
    run = data.gain_one_run(of, depth)
    assert low < 10 ** run.gain(depth) < high
    said = words.take_away("PyTorch", of, depth)
    assert f"a gain of {theme.from_log10(run.gain(depth))}," in said
    assert f"gets {theme.from_log10(float(run.kept[depth - 1, 0]), 2)} times" in said
