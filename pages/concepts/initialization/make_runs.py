"""Train the networks behind the trainable window: python -m pages.concepts.initialization.make_runs

One row per activation, depth, σ√n and seed: the held-out accuracy after 200 steps on the digits, or
the step at which the run stopped being a number. About three minutes on one core.
"""

import csv

import numpy as np

from core.datasets import digits
from core.network import NetSpec, init, scale_weights
from core.training import TrainSpec, accuracy, start, train
from pages.concepts.initialization.data import RUNS_FILE

WIDTH, SEEDS = 64, (0, 1, 2)
DEPTHS = (2, 4, 8, 16, 32)
# σ√n: for ReLU 0.5 to 1.6 times He's √2, for the others by half octaves
SCALES = {
    "relu": tuple(float(c) * 2**0.5 for c in np.arange(5, 17) / 10),
    "tanh": tuple(float(scale) for scale in 2.0 ** np.arange(-1.5, 4.5, 0.5)),
    "sigmoid": tuple(float(scale) for scale in 2.0 ** np.arange(-0.5, 5.5, 0.5)),
}
RATES = {"relu": 0.03, "tanh": 0.1, "sigmoid": 0.1}


def runs(activation: str, depth: int, scales, seed: int) -> list[dict]:
    """Train one network at each scale, all of them from the same draws on the same batches."""
    data = digits()
    spec = NetSpec(data.x_train.shape[1], WIDTH, depth, 10, activation, initializer="lecun")
    params = scale_weights(init(spec, rng=[np.random.default_rng(seed)]), scales)
    how = TrainSpec(learning_rate=RATES[activation], steps=200, batch_seed=seed)
    state, _ = train(spec, how, data, start(spec, how, params=params))
    shares = accuracy(spec, state.params, data.x_test, data.y_test)
    return [
        {
            "activation": activation,
            "rate": how.learning_rate,
            "depth": depth,
            "scale": round(scale, 6),
            "seed": seed,
            "accuracy": "" if halt else round(float(share), 4),
            "halted": halt.step if halt else "",
        }
        for scale, share, halt in zip(scales, shares, state.halts, strict=True)
    ]


def main() -> None:
    rows = [
        row
        for activation, scales in SCALES.items()
        for depth in DEPTHS
        for seed in SEEDS
        for row in runs(activation, depth, scales, seed)
    ]
    with RUNS_FILE.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
