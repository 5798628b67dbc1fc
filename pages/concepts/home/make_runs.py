"""Train the networks of the home page and write runs.csv.

    python -m pages.concepts.home.make_runs

About four minutes on one core. One row per network, factor c and draw:

    grew, update  log₁₀ of ‖dJ/dz₁‖/‖dJ/dz_L‖ and of ‖ΔW₁‖/‖W₁‖ at the first step
    halted        the step that met the first number that is not finite, or nothing
    right, loss   held-out digits right and held-out loss after each of `data.STEPS`,
                  `x` once the network has halted
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from core import datasets, network, training
from core.losses import LOSSES
from pages.concepts.home import data
from pages.concepts.home.panel import DRAWS
from pages.kit import frames


def runs(name: str, c: float, draws: Sequence[int], steps: int) -> pd.DataFrame:
    """Train these draws of one network at one factor for up to `steps` steps."""
    kind, digits = data.NETWORKS[name], datasets.digits()
    spec = replace(kind.spec, weight_scale=c, seeds=len(draws))
    state = training.start(spec, kind.training, rng=data.generators(*draws))
    tests = [_test(spec, state, digits)]
    _, first = training.advance(spec, kind.training, digits, state)
    while state.step < steps:
        if not state.halted:
            state, _ = training.advance(spec, kind.training, digits, state)
        if state.halted or state.step in data.STEPS:
            tests.append(_test(spec, state, digits))
        if state.halted:
            break
    missing = sum(t <= steps for t in data.STEPS) - len(tests)
    tests += [(np.full(len(draws), np.nan),) * 2] * missing
    right, loss = (np.array(column).T for column in zip(*tests, strict=True))  # (draws, tests)
    return pd.DataFrame(
        {
            "network": name,
            "c": c,
            "draw": draws,
            "grew": np.round(first.log10_dz[:, 0] - first.log10_dz[:, -1], 3),
            "update": np.round(first.log10_update[:, 0], 3),
            "halted": pd.array([halt and halt.step for halt in state.halts], dtype="Int64"),
            "right": frames.pack(right, ".0f"),
            "loss": frames.pack(loss, ".3g"),
        }
    )


def _test(spec, state, digits) -> tuple[np.ndarray, np.ndarray]:
    """Held-out digits right, and the loss on them; NaN for a network that has halted."""
    with np.errstate(all="ignore"):
        output = network.forward(spec, state.params, digits.x_test).output
        loss, _ = LOSSES["softmax_cross_entropy"](output, digits.y_test)
    right = (output.argmax(axis=2) == digits.y_test).sum(axis=1)
    halted = np.array([halt is not None for halt in state.halts])
    return np.where(halted, np.nan, right), np.where(halted, np.nan, loss)


def main() -> None:
    everything = []
    for name in data.NETWORKS:
        for c in data.FACTORS:
            everything.append(runs(name, c, range(DRAWS), data.STEPS[-1]))
            final = everything[-1]["right"].str.split().str[-1].replace("x", "0").astype(int)
            print(f"{name} ×{c}: {np.median(final) / 3.6:.0f} % right", flush=True)
    pd.concat(everything).to_csv(data.RUNS_FILE, index=False)
    print(f"{data.RUNS_FILE.name}: {data.RUNS_FILE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
