"""Measure, on the libraries themselves, what careful readers guess wrong about where numbers end:

    python -m pages.concepts.precision.measure_seldom PyTorch JAX …

For each name: an environment of its own in a temporary folder, the pinned packages, the function
of this file that belongs to it, and its rows in seldom.csv, in place of those that stood there.
Without names it lists them. It runs on a processor; tinygrad needs clang. Readers and tests need
none of it: they read the table.
"""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

FILE = Path(__file__).with_name("seldom.csv")
COLUMNS = ("library", "version", "date", "item", "value")
LARGE = {"e4m3": (500.0, float("inf")), "e5m2": (1e6, float("inf"))}  # beyond 448, beyond 57,344
ROWS = (65_519, 65_520)  # of a batch: the second rounds to infinity in float16
SPREADS = (0.03, 0.018)  # standard deviations of what is normalized in float16
LOUD = 200  # an activation
GROUPED = (0.01, 1000.0)  # standard deviations of what a group norm takes in float16
MEANS = (100, 2_000)  # of what is normalized in float32, of standard deviation 1
COUNT = 4_000_000  # subnormal numbers that two threads multiply by 1, outputs under dropout
RATE = 0.001  # of dropout
HERE = "--here"

Found = Iterator[tuple[str, float]]


def _casts(cast: Callable[[str, float], Any], kinds: Sequence[str] = tuple(LARGE)) -> Found:
    """What numbers that are too large become: cast(kind, x)."""
    for kind in kinds:
        for x in LARGE[kind]:
            yield f"{x:g} as {kind}", float(cast(kind, x))


# What each library is asked -----------------------------------------------------------------------


def ml_dtypes() -> Found:
    import ml_dtypes as m
    import numpy as np

    types = {"e4m3": m.float8_e4m3fn, "e5m2": m.float8_e5m2}
    with np.errstate(all="ignore"):
        yield from _casts(lambda kind, x: np.float32(x).astype(types[kind]))


def jax() -> Found:
    import jax
    import jax.numpy as jnp
    import numpy as np

    types = {"e4m3": jnp.float8_e4m3fn, "e5m2": jnp.float8_e5m2}
    yield from _casts(lambda kind, x: jnp.float32(x).astype(types[kind]))
    slope = jax.grad(jax.nn.sigmoid)
    for z in (6.0, -6.0):
        yield f"sigmoid'({z:g}) in bfloat16", float(slope(jnp.bfloat16(z)))
    x, ahead = np.random.default_rng(0).standard_normal((2, 64))
    x = (x - x.mean()) / x.std()
    back = jax.grad(lambda h: jnp.sum(jax.nn.standardize(h) * jnp.float16(ahead)))
    for size in SPREADS:
        h = jnp.float16(size * x)
        yield f"standardized {size:g}", float(np.std(np.float64(jax.nn.standardize(h))))
        yield f"finite gradient of {size:g}", float(np.mean(np.isfinite(np.float64(back(h)))))
    h = jnp.full(8, LOUD, jnp.float16)
    yield f"gelu({LOUD})", float(jax.nn.gelu(h)[0])
    yield f"gelu'({LOUD})", float(jax.vmap(jax.grad(jax.nn.gelu))(h)[0])


def flax() -> Found:
    import flax.linen
    import jax
    import jax.numpy as jnp
    import numpy as np

    rng = np.random.default_rng(0)
    x, ahead = rng.standard_normal((2, 64))
    x = (x - x.mean()) / x.std()
    exact = np.linalg.norm(ahead - ahead.mean() - x * (ahead @ x) / 64)
    norm = flax.linen.LayerNorm()
    params = norm.init(jax.random.key(0), jnp.zeros(64))
    back = jax.grad(lambda h: jnp.sum(norm.apply(params, h) * jnp.float32(ahead)))
    for mean in MEANS:
        h = jnp.float32(mean + x)
        yield f"normalized about {mean:g}", float(np.std(np.float64(norm.apply(params, h))))
        yield f"gradient about {mean:g}", float(np.linalg.norm(np.float64(back(h)))) / exact


def pytorch() -> Found:
    import torch
    from torch.nn import functional as F

    types = {"e4m3": torch.float8_e4m3fn, "e5m2": torch.float8_e5m2}
    yield from _casts(lambda kind, x: torch.tensor(x).to(types[kind]).float())
    for name, ends in (("float32", 17.0), ("bfloat16", 7.0)):
        for z in (ends, -ends):
            x = torch.tensor(z, dtype=getattr(torch, name), requires_grad=True)
            torch.sigmoid(x).backward()
            yield f"sigmoid'({z:g}) in {name}", x.grad.item()
    for rows in ROWS:
        logits = torch.zeros(rows, 2, dtype=torch.float16, requires_grad=True)
        loss = F.cross_entropy(logits, torch.zeros(rows, dtype=torch.long))
        loss.backward()
        yield f"loss of {rows} rows in float16", loss.item()
        yield f"largest gradient of {rows} rows in float16", logits.grad.abs().max().item()
    unit, ahead = torch.randn(2, 4, 8, generator=torch.Generator().manual_seed(0)).half()
    for size in GROUPED:
        x = (size * unit).requires_grad_()
        exact = torch.func.vjp(_group_norm, x.double())[1](ahead.double())[0]
        backward = torch.autograd.grad(_group_norm(x), x, ahead)[0]
        by_func = torch.func.vjp(_group_norm, x)[1](ahead)[0]
        for how, gradient in (("backward()", backward), ("torch.func", by_func)):
            error = ((gradient.double() - exact).norm() / exact.norm()).item()
            yield f"group norm of {size:g} in float16, error by {how}", error
    yield "subnormal products", COUNT
    for when, first in (("early", "switch"), ("late", "made_zero")):
        asked = [sys.executable, "-c", f"{_SWITCH}\n{first}(); switch(); print(made_zero())"]
        said = subprocess.run(asked, stdout=subprocess.PIPE, text=True, check=True).stdout
        yield f"made 0 by a switch thrown {when}", float(said)


def _group_norm(x):
    from torch.nn import functional as F

    return F.group_norm(x, 1)


_SWITCH = f"""
import torch
torch.set_num_threads(2)
def switch(): assert torch.set_flush_denormal(True), "this processor cannot flush"
def made_zero():
    bits = torch.full(({COUNT},), 71362, dtype=torch.int32)  # of 1e-40
    return int((bits.view(torch.float32) * torch.ones({COUNT}) == 0).sum())
"""


def tensorflow() -> Found:
    import tensorflow as tf

    few = tf.dtypes.experimental
    types = {"e4m3": few.float8_e4m3fn, "e5m2": few.float8_e5m2}
    yield from _casts(lambda kind, x: tf.cast(tf.cast(x, types[kind]), tf.float32))
    tf.random.set_seed(0)
    out = tf.nn.dropout(tf.ones(COUNT, tf.bfloat16), RATE)
    for what, of in (("dropped at", out == 0), ("mean after", out)):
        yield f"{what} rate {RATE:g} in bfloat16", float(tf.reduce_mean(tf.cast(of, "float64")))


def onnxruntime() -> Found:
    import numpy as np
    import onnxruntime as ort
    from onnx import TensorProto, helper

    def run(nodes, x: float) -> float:
        ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1]) for n in ("x", "y")]
        graph = helper.make_graph(nodes, "g", ends[:1], ends[1:])
        opsets = [helper.make_opsetid("", 19)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=9)
        session = ort.InferenceSession(model.SerializeToString())
        return session.run(None, {"x": np.array([x], np.float32)})[0][0]

    types = {"e4m3": TensorProto.FLOAT8E4M3FN, "e5m2": TensorProto.FLOAT8E5M2}

    def there_and_back(kind: str, x: float) -> float:
        return run(
            [
                helper.make_node("Cast", ["x"], ["small"], to=types[kind]),
                helper.make_node("Cast", ["small"], ["y"], to=TensorProto.FLOAT),
            ],
            x,
        )

    yield from _casts(there_and_back)
    for z in (-16.0, -17.0, -18.0):
        yield f"sigmoid({z:g})", float(run([helper.make_node("Sigmoid", ["x"], ["y"])], z))


def mlx() -> Found:
    import mlx.core as mx

    mx.set_default_device(mx.cpu)
    yield from _casts(
        lambda _, x: mx.from_fp8(mx.to_fp8(mx.array([x])), mx.float32).item(), kinds=("e4m3",)
    )


def tinygrad() -> Found:
    from tinygrad import Tensor, dtypes

    types = {"e4m3": dtypes.fp8e4m3, "e5m2": dtypes.fp8e5m2}
    yield from _casts(
        lambda kind, x: Tensor([x]).cast(types[kind]).realize().cast(dtypes.float32).item()
    )


def paddle() -> Found:
    import paddle

    types = {"e4m3": paddle.float8_e4m3fn, "e5m2": paddle.float8_e5m2}
    yield from _casts(
        lambda kind, x: paddle.to_tensor([x]).cast(types[kind]).cast("float32").item()
    )


def vega_lite() -> Found:
    """Vega-Lite 6.4: how high a logarithmic axis of height 100, 1e-8 to 1, draws some numbers."""
    import re

    import vl_convert

    numbers = (1.0, 1e-4, 0.0)
    svg = vl_convert.vegalite_to_svg(
        {
            "data": {"values": [{"x": i, "y": y} for i, y in enumerate(numbers)]},
            "mark": {"type": "point", "tooltip": None},
            "width": 100,
            "height": 100,
            "encoding": {
                "x": {"field": "x", "type": "quantitative"},
                "y": {
                    "field": "y",
                    "type": "quantitative",
                    "scale": {"type": "log", "domain": [1e-8, 1], "nice": False},
                },
            },
        },
        vl_version="6.4",
    )
    points = re.findall(r'aria-roledescription="point" transform="translate\([^,]+,([^)]+)\)', svg)
    for y, below in zip(numbers, points, strict=True):
        yield f"height of {y:g}", 100 - float(below)


JAX = ("jax==0.10.2", "jaxlib==0.10.2")
LIBRARIES = {  # by name: its package first, whose version counts, and what asks it
    "ml_dtypes": (("ml_dtypes==0.6.0", "numpy==2.4.6"), ml_dtypes),
    "JAX": (JAX, jax),
    "Flax": (("flax==0.12.8", *JAX, "numpy==2.4.6"), flax),
    "TensorFlow": (("tensorflow-cpu==2.21.0",), tensorflow),
    "Paddle": (("paddlepaddle==3.3.1", "setuptools<81"), paddle),
    "PyTorch": (("torch==2.13.0", "numpy==2.4.6"), pytorch),
    "ONNX Runtime": (("onnxruntime==1.32.0", "onnx==1.23.2"), onnxruntime),
    "MLX": (("mlx[cpu]==0.32.4", "numpy==2.4.6"), mlx),
    "tinygrad": (("tinygrad==0.14.0", "numpy==2.4.6"), tinygrad),
    "vl-convert": (("vl-convert-python==1.9.0.post1",), vega_lite),
}


def measured(name: str) -> dict:
    """Install the library, run its function there, and return what that says."""
    packages, _ = LIBRARIES[name]
    with TemporaryDirectory(prefix="seldom-") as folder:
        subprocess.run([sys.executable, "-m", "venv", "environment"], cwd=folder, check=True)
        python = str(Path(folder, "environment", "bin", "python"))
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
        alone = {"HOME": folder, "PYTHONNOUSERSITE": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        said = subprocess.run(
            [python, "-P", __file__, HERE, name],
            cwd=folder,
            env=os.environ | alone | {"JAX_PLATFORMS": "cpu"},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    return json.loads(said.stdout.strip().splitlines()[-1])


def here(name: str) -> None:
    """Say what the library that is installed here does, as the last line of the output."""
    packages, ask = LIBRARIES[name]
    package = packages[0].partition("==")[0].partition("[")[0]
    found = {item: f"{value:.6g}" for item, value in ask()}
    print("\n" + json.dumps({"version": version(package).partition("+")[0], "found": found}))


def write(name: str, said: dict) -> None:
    """Put a library's rows into the table, the libraries in the order of LIBRARIES."""
    rows = []
    if FILE.is_file():
        with FILE.open(newline="") as old:
            rows = [row for row in csv.DictReader(old) if row["library"] != name]
    first = {"library": name, "version": said["version"], "date": date.today().isoformat()}
    rows += [first | {"item": item, "value": value} for item, value in said["found"].items()]
    rows.sort(key=lambda row: list(LIBRARIES).index(row["library"]))
    with FILE.open("w", newline="") as new:
        writer = csv.DictWriter(new, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main(names: Sequence[str]) -> None:
    if not names:
        print("\n".join(LIBRARIES))
    elif names[0] == HERE:
        here(names[1])
    else:
        for name in names:
            write(name, measured(name))


if __name__ == "__main__":
    main(sys.argv[1:])
