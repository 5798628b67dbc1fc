"""Measure what frameworks do when nothing is said:

    python -m pages.concepts.frameworks.measure pytorch keras …

For each name: an environment of its own in a temporary folder, the pinned packages, the probe of
that name in `probes/`, and its rows in the tables beside this file, in place of those that stood
there. Without names it lists them. Two of them need an older Python (`python3.8`), tinygrad needs
clang, those of npm Node.js. Readers and tests need none of it: they read the tables.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
PROBES = HERE / "probes"
TABLES = {  # a file each, and what a probe says for it
    "weights": ("layer", "call", "n_in", "n_out", "mean", "std", "smallest", "largest", "kurtosis"),
    "values": ("item", "call", "value"),
    "clips": ("call", "case", "result"),
}
OF = ("framework", "version", "date")  # the first columns of each table
JAX = ("jax==0.10.2", "jaxlib==0.10.2")
NODE = "node"


@dataclass(frozen=True)
class Framework:
    """How it is called, the packages of PyPI that it needs, or of npm, and what runs them."""

    label: str
    packages: tuple[str, ...]
    runs_on: str = "python3.11"
    keras_on: str = "tensorflow"  # Keras's backend, where it comes along


FRAMEWORKS = {
    "pytorch": Framework("PyTorch", ("torch==2.13.0", "numpy==2.4.6")),
    "keras": Framework("Keras", ("keras==3.15.1", *JAX), keras_on="jax"),
    "jax": Framework("JAX + Optax", ("optax==0.2.8", *JAX)),
    "flax": Framework("Flax", ("flax==0.12.8", *JAX)),
    "haiku": Framework("Haiku", ("dm-haiku==0.0.17", *JAX)),
    "equinox": Framework("Equinox", ("equinox==0.13.8", *JAX)),
    "penzai": Framework("Penzai", ("penzai==0.2.5", *JAX)),
    "brainstate": Framework("BrainState", ("brainstate==0.5.4", *JAX)),
    "tensorflow": Framework("TensorFlow", ("tensorflow-cpu==2.21.0", "keras==3.15.1")),
    "sonnet": Framework("Sonnet", ("dm-sonnet==2.0.2", "tensorflow-cpu==2.21.0", "tf-keras")),
    "paddle": Framework("Paddle", ("paddlepaddle==3.3.1", "setuptools<81")),
    "mlx": Framework("MLX", ("mlx[cpu]==0.32.4", "numpy==2.4.6")),
    "tinygrad": Framework("tinygrad", ("tinygrad==0.14.0", "numpy==2.4.6")),
    "mindspore": Framework("MindSpore", ("mindspore==2.10.0", "numpy==1.26.4")),
    "sklearn": Framework("scikit-learn", ("scikit-learn==1.9.1",)),
    "thinc": Framework("thinc", ("thinc==9.1.1",)),
    "mxnet": Framework("MXNet", ("mxnet==1.9.1", "numpy==1.23.5"), "python3.8"),
    "chainer": Framework(
        "Chainer", ("chainer==7.8.1", "numpy==1.23.5", "setuptools<81"), "python3.8"
    ),
    "tfjs": Framework("TensorFlow.js", ("@tensorflow/tfjs@4.22.0",), NODE),
    "brainjs": Framework("Brain.js", ("brain.js@1.6.1",), NODE),
    "synaptic": Framework("Synaptic", ("synaptic@1.1.4",), NODE),
    "convnetjs": Framework("ConvNetJS", ("convnetjs@0.3.0",), NODE),
    "mlfnn": Framework("ml-fnn", ("ml-fnn@5.0.0",), NODE),
}


def measured(name: str) -> dict:
    """Install the framework, run its probe, and return what that says."""
    framework = FRAMEWORKS[name]
    with TemporaryDirectory(prefix=f"{name}-") as folder:
        if framework.runs_on == NODE:
            _run(["npm", "install", "--no-audit", "--no-fund", *framework.packages], folder)
            for file in PROBES.glob("*.js"):
                shutil.copy(file, folder)
            command = [NODE, f"{name}_probe.js"]
        else:
            _run([framework.runs_on, "-m", "venv", "environment"], folder)
            python = str(Path(folder, "environment", "bin", "python"))
            _run([python, "-m", "pip", "install", "--quiet", *framework.packages], folder)
            command = [python, str(PROBES / f"{name}_probe.py")]
        said = _run(command, folder, framework.keras_on)
    return json.loads(said.strip().splitlines()[-1])


def _run(command: Sequence[str], folder: str, keras_on: str = "") -> str:
    """What a command says, run in the folder. Raises CalledProcessError where it fails."""
    quiet = {"KERAS_BACKEND": keras_on, "JAX_PLATFORMS": "cpu", "TF_CPP_MIN_LOG_LEVEL": "3"}
    alone = {"HOME": folder, "PYTHONNOUSERSITE": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    print("$", " ".join(command), file=sys.stderr)
    done = subprocess.run(
        command, cwd=folder, env=os.environ | quiet | alone, stdout=subprocess.PIPE, text=True
    )
    done.check_returncode()
    return done.stdout


def write(name: str, found: dict) -> None:
    """Put a framework's rows into the tables, the frameworks in the order of FRAMEWORKS."""
    label, order = FRAMEWORKS[name].label, [f.label for f in FRAMEWORKS.values()]
    first = {"framework": label, "version": found["version"], "date": date.today().isoformat()}
    for table, columns in TABLES.items():
        file, rows = HERE / f"{table}.csv", []
        if file.is_file():
            with file.open(newline="") as old:
                rows = [row for row in csv.DictReader(old) if row["framework"] != label]
        rows += [first | {c: _written(row[c]) for c in columns} for row in found[table]]
        rows.sort(key=lambda row: order.index(row["framework"]))
        with file.open("w", newline="") as new:
            writer = csv.DictWriter(new, (*OF, *columns), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def _written(cell: str | float) -> str:
    return f"{cell:.6g}" if isinstance(cell, float) else str(cell)


def main(names: Sequence[str]) -> None:
    if not names:
        print("\n".join(FRAMEWORKS))
    for name in names:
        write(name, measured(name))


if __name__ == "__main__":
    main(sys.argv[1:])
