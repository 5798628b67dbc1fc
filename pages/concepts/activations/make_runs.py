"""Make runs.csv: does a leak help a ReLU network to train?

    python -m pages.concepts.activations.make_runs

For each learning rate and each slope for z < 0 (0 is ReLU itself), twenty networks on the digits:
depth 10, width 64, He's weights, zero biases, plain SGD with batches of 32, 200 steps. A row per
network: its held-out accuracy, its share of dead units on 256 training digits, and the step at
which it broke (became not a number), if it did. Takes about a minute.
"""

import numpy as np
import pandas as pd

from core import diagnostics, network, training
from core.datasets import digits
from core.network import NetSpec
from core.training import TrainSpec
from pages.concepts.activations.data import RUNS_FILE
from pages.concepts.activations.panel import LEAK_SLOPES

RATES = (0.03, 0.1, 0.3)
NETWORKS, DEPTH, STEPS, EXAMPLES = 20, 10, 200, 256


def runs(rate: float, slope: float, seeds=range(NETWORKS), steps: int = STEPS) -> pd.DataFrame:
    """One row per seed; each network is what it would be if trained alone."""
    spec = NetSpec(
        64,
        64,
        DEPTH,
        10,
        activation="leaky_relu" if slope else "relu",
        negative_slope=slope or 0.01,
        seeds=len(seeds),
    )
    data, how = digits(), TrainSpec(rate, steps=steps)
    begun = training.start(spec, how, rng=[np.random.default_rng(seed) for seed in seeds])
    state, _ = training.train(spec, how, data, begun)
    slopes = network.forward(spec, state.params, data.x_train[:EXAMPLES]).slope
    frame = pd.DataFrame({"rate": rate, "slope": slope, "seed": list(seeds)})
    frame["broke_at"] = pd.array([h and h.step for h in state.halts], dtype="Int64")
    whole = frame["broke_at"].isna()
    accuracy = training.accuracy(spec, state.params, data.x_test, data.y_test)
    frame["accuracy"] = pd.Series(accuracy.round(4)).where(whole)
    frame["dead"] = pd.Series(diagnostics.dead_share(slopes).mean(axis=1).round(4)).where(whole)
    return frame


def main() -> None:
    frame = pd.concat([runs(rate, slope) for rate in RATES for slope in LEAK_SLOPES])
    frame.to_csv(RUNS_FILE, index=False)
    print(f"{RUNS_FILE.name}: {len(frame)} networks, {RUNS_FILE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
