"""Time rounding to number formats, as ratios within each round.

    python -m benchmarks.formats

- rounding a million numbers, beside `astype(np.float16)` and back;
- forward and backward with every result rounded (depth 20, width 64, batch 32), beside the exact
  passes.
"""

from collections.abc import Callable
from statistics import median
from time import perf_counter

import numpy as np

from core import network
from core.formats import FORMATS, rounded
from core.network import NetSpec
from core.rounded import passes

ROUNDS = 15


def ratios(contestants: dict[str, Callable], base: Callable) -> dict[str, float]:
    """The median over the rounds of each contestant's time over the base's in the same round."""
    found = {name: [] for name in contestants}
    for _ in range(ROUNDS):
        unit = _time(base)
        for name, run in contestants.items():
            found[name].append(_time(run) / unit)
    return {name: median(values) for name, values in found.items()}


def _time(run: Callable) -> float:
    begun = perf_counter()
    run()
    return perf_counter() - begun


def main() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal(1_000_000) * 2.0 ** rng.uniform(-30, 20, 1_000_000)
    with np.errstate(over="ignore"):
        found = ratios(
            {name: lambda form=form: rounded(x, form) for name, form in FORMATS.items()},
            lambda: x.astype(np.float16).astype(np.float64),
        )
    print("rounding 1,000,000 numbers, × astype(float16) and back")
    for name, ratio in found.items():
        print(f"  {name:14} {ratio:5.2f}")

    spec = NetSpec(64, 64, 20, 10, "relu")
    params, batch = network.init(spec, rng=rng), rng.standard_normal((32, 64))
    d_output = rng.standard_normal((1, 32, 10))

    def exact():
        network.backward(spec, params, network.forward(spec, params, batch), d_output)

    found = ratios(
        {
            name: lambda form=form: passes(spec, params, batch, d_output, form)
            for name, form in FORMATS.items()
        },
        exact,
    )
    print("forward and backward, depth 20, width 64, batch 32, × the exact passes")
    for name, ratio in found.items():
        print(f"  {name:14} {ratio:5.2f}")


if __name__ == "__main__":
    main()
