"""How the core's time grows: depth, width, seeds and frames doubled in turn.

    python -m benchmarks.cost [--short]

Prints, for each call that pages make, the slope of log(time) against log(size) by least squares:
1 is linear, 2 quadratic. Nothing should be worse than linear, in width quadratic. The sizes of a
call take turns within a round and the best time of each counts, so that a busy machine shows as
little as it can.
"""

import argparse
import math
from dataclasses import replace
from time import perf_counter

import numpy as np

from core import network, sweeps, training
from core.datasets import digits
from core.network import NetSpec
from core.training import TrainSpec

BASE = NetSpec(64, 64, 16, 10, activation="tanh", seeds=4)
FRAMES, EXAMPLES = 8, 64
ALLOWED = {"depth": 1, "width": 2, "seeds": 1, "frames": 1}
NOISE = 0.15  # of a slope measured on a machine that does other things too


def profile(spec: NetSpec, frames: int):
    x = digits().x_train[:EXAMPLES]
    scales = np.linspace(0.5, 1.5, frames)
    limit = 1 << 62  # the pages' own limit is not what is measured
    return lambda: sweeps.profile(
        spec, x, weight_scales=scales, rng=np.random.default_rng(0), exact=False, limit=limit
    )


def forward_backward(spec: NetSpec, frames: int):
    rng = np.random.default_rng(0)
    params, x = network.init(spec, rng=rng), digits().x_train[:EXAMPLES]
    d_output = rng.standard_normal((spec.seeds, EXAMPLES, spec.n_out))

    def run():
        network.backward(spec, params, network.forward(spec, params, x), d_output)

    return run


def advance(spec: NetSpec, frames: int):
    how = TrainSpec(0.01, steps=4)
    state = training.start(spec, how, rng=np.random.default_rng(0))
    return lambda: training.advance(spec, how, digits(), state)


CALLS = {
    "sweeps.profile": (profile, ("depth", "width", "seeds", "frames")),
    "forward, backward": (forward_backward, ("depth", "width", "seeds")),
    "training.advance": (advance, ("depth", "width", "seeds")),
}


def slope(make, what: str, doublings: int, rounds: int) -> float:
    sizes = [2**i for i in range(doublings + 1)]
    runs = []
    for times in sizes:
        spec, frames = BASE, FRAMES
        if what == "frames":
            frames *= times
        else:
            spec = replace(BASE, **{what: getattr(BASE, what) * times})
        runs.append(make(spec, frames))
    best = [math.inf] * len(runs)
    for _ in range(rounds):
        for i, run in enumerate(runs):
            start = perf_counter()
            run()
            best[i] = min(best[i], perf_counter() - start)
    return float(np.polyfit(np.log(sizes), np.log(best), 1)[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="fewer rounds, for a first look")
    doublings, rounds = (2, 3) if parser.parse_args().short else (3, 7)
    begun, over = perf_counter(), []
    print("slope of log(time)  | " + " | ".join(f"{what:>7}" for what in ALLOWED))
    for name, (make, sizes) in CALLS.items():
        found = {what: slope(make, what, doublings, rounds) for what in sizes}
        over += [f"{name} in {w}" for w, s in found.items() if s > ALLOWED[w] + NOISE]
        cells = (f"{found[w]:7.2f}" if w in found else " " * 7 for w in ALLOWED)
        print(f"{name:19} | " + " | ".join(cells), flush=True)
    print(
        f"worse than allowed: {', '.join(over) or 'nothing'}; took {perf_counter() - begun:.0f} s"
    )


if __name__ == "__main__":
    main()
