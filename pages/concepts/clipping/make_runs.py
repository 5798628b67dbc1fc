"""Make runs.csv, the trained runs of the page on clipping.

    python -m pages.concepts.clipping.make_runs

Every network of the page, 200 steps on the digits, at every threshold and by both kinds of
clipping, without clipping, and with the weights that cure it; and one network with small entries
lifted to the threshold, as a wrong answer has it. About six minutes.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from core import datasets, optimizers, training
from pages.concepts.clipping.data import RUNS_FILE
from pages.concepts.clipping.networks import CURES, NETWORKS, RUNS, SLOW, Network
from pages.concepts.clipping.panel import LIMIT
from pages.kit import frames

# Steps whose loss is kept: all where it all happens, every fifth later.
KEPT = np.array([*range(1, 11), *range(15, 201, 5)])
GUESSING = 0.1


def runs(network: Network, clip: str, log10_limit: float | None = None) -> dict:
    """One row: what became of RUNS networks that differ in their seeds."""
    limit = 1.0 if log10_limit is None else 10**log10_limit
    data, rngs = datasets.digits(), [np.random.default_rng(seed) for seed in range(RUNS)]
    how = replace(network.training, clip=clip, clip_limit=limit)
    begun = training.start(network.spec, how, rng=rngs)
    state, steps = training.train(network.spec, how, data, begun)
    history = training.record(steps)

    lost = np.array([halt is not None for halt in state.halts])
    accuracy = training.accuracy(network.spec, state.params, data.x_test, data.y_test)
    accuracy = np.where(lost, GUESSING, accuracy)  # what is not a number cannot but guess
    taken = np.isfinite(history.clip_factor)
    clipped = ((history.clip_factor < 1) & taken).sum(axis=0) / taken.sum(axis=0)
    loss = np.full((how.steps, RUNS), np.inf)
    loss[: len(steps)] = np.where(np.isnan(history.loss), np.inf, history.loss)
    with np.errstate(divide="ignore"):
        low, middle, high = np.quantile(
            np.log10(loss[KEPT - 1]), [0.25, 0.5, 0.75], axis=1, method="nearest"
        )
    return {
        "network": network.name,
        "clip": clip,
        "limit": log10_limit,
        "accuracy": np.median(accuracy),
        "accuracy_low": np.quantile(accuracy, 0.25),
        "accuracy_high": np.quantile(accuracy, 0.75),
        "clipped": np.median(clipped),
        "most_clipped": clipped.max(),
        "lost": lost.sum(),
        "last_loss": middle[-1],
        "loss": frames.pack([middle], ".2f")[0],
        "loss_low": frames.pack([low], ".2f")[0],
        "loss_high": frames.pack([high], ".2f")[0],
        "steps": " ".join(map(str, KEPT)),
    }


def swept(network: Network, clip: str) -> list[dict]:
    """The rows of all thresholds, from the smallest up."""
    rows: list[dict] = []
    for limit in LIMIT.values():
        untouched = rows and rows[-1]["most_clipped"] == 0  # then a larger one changes nothing
        rows.append(rows[-1] | {"limit": limit} if untouched else runs(network, clip, limit))
    return rows


def lifted(network: Network) -> list[dict]:
    """The rows of all thresholds if every entry of the gradient became −c or c: sign descent."""
    rows = []
    for limit in LIMIT.values():
        rate = network.training.learning_rate * 10**limit
        how = replace(network.training, learning_rate=rate, rule=optimizers.Sign())
        row = runs(replace(network, training=how), "none")
        rows.append(row | {"clip": "lift", "limit": limit})
    return rows


def main() -> None:
    rows: list[dict] = []
    for network in NETWORKS.values():
        rows.append(runs(network, "none"))
        rows.append(runs(CURES[network.name], "none") | {"network": network.name, "clip": "cure"})
        rows += swept(network, "norm") + swept(network, "value")
        print(network.name, len(rows), "rows", flush=True)
    rows += lifted(NETWORKS["small"])
    rows.append(runs(SLOW, "none"))
    table = pd.DataFrame(rows)
    table.to_csv(RUNS_FILE, index=False, float_format="%.4g")
    print(f"{RUNS_FILE.name}: {len(table)} rows, {RUNS_FILE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
