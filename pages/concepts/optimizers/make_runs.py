"""Train the networks of the page on optimizers and write what came of it.

    python -m pages.concepts.optimizers.make_runs

About half an hour on two cores. It writes

    rates.csv    by network, rule and learning rate: the median of the held-out digits right after
                 the last step (a run that has halted gets none), and how many halted
    runs.csv     by network, rule and draw, at the best of these rates: held-out digits right after
                 each of `networks.STEPS`, `x` once halted
    epsilon.csv  by network and Adam's ε: the best of its rates, and the digits right by draw
    width.csv    by parametrization, width, layer and draw: log₁₀ of how far a number of the layer's
                 output has moved (rms) after `networks.MOVES` steps of Adam
"""

from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import chain, product
from pathlib import Path

import numpy as np
import pandas as pd

from core import datasets, network, optimizers, training
from core.diagnostics import log10_rms
from core.losses import LOSSES
from core.network import NetSpec, Params
from core.optimizers import Adam, Rule
from core.training import TrainSpec
from core.untrained import generators
from pages.concepts.optimizers import data, networks
from pages.concepts.optimizers.networks import (
    DRAWS,
    EXPONENTS,
    MOVES,
    NETWORKS,
    RATES,
    STEPS,
    WIDE_RATE,
)
from pages.kit import frames

HERE = Path(__file__).parent


def curves(name: str, rule: Rule, rate: float) -> np.ndarray:
    """Held-out digits right after each of STEPS, (draws, tests); NaN once halted."""
    spec, digits = NETWORKS[name], datasets.digits()
    how = TrainSpec(rate, steps=STEPS[-1], rule=rule)
    run = training.Run(spec, how, digits, training.start(spec, how, rng=generators(0, DRAWS)))
    found = [_right(spec, run.params, run.halts)]
    while run.number < STEPS[-1]:
        if not all(run.halts):
            run.step()
        else:
            found += [np.full(DRAWS, np.nan)] * (len(STEPS) - len(found))
            break
        if run.number in STEPS:
            found.append(_right(spec, run.params, run.halts))
    return np.array(found).T


def _right(spec: NetSpec, params: Params, halts) -> np.ndarray:
    digits = datasets.digits()
    output = network.output(spec, params, digits.x_test)
    right = (output.argmax(axis=2) == digits.y_test).sum(axis=1)
    return np.where([halt is not None for halt in halts], np.nan, right)


def _score(found: np.ndarray) -> tuple[float, float]:
    """What a rate is chosen by: the median at the end, then over all tests."""
    named = np.nan_to_num(found)
    return float(np.median(named[:, -1])), float(named.mean())


def by_rate(task: tuple[str, str]) -> tuple[list[dict], list[dict]]:
    """Rows of rates.csv and runs.csv of one network and rule."""
    name, rule = task
    found = {rate: curves(name, networks.rule(rule), rate) for rate in RATES[rule]}
    best = max(found, key=lambda rate: _score(found[rate]))
    shared = {"network": name, "rule": rule}
    rates = [
        shared
        | {"rate": rate, "right": _score(rows)[0], "halted": int(np.isnan(rows[:, -1]).sum())}
        for rate, rows in found.items()
    ]
    runs = [
        shared | {"rate": best, "draw": i, "right": right}
        for i, right in enumerate(frames.pack(found[best], ".0f"))
    ]
    return rates, runs


def by_epsilon(task: tuple[str, int]) -> list[dict]:
    """The row of epsilon.csv of one network and power of ε."""
    name, exponent = task
    rule = networks.rule("adam", exponent)
    found = {rate: curves(name, rule, rate) for rate in RATES["adam"]}
    best = max(found, key=lambda rate: _score(found[rate]))
    (right,) = frames.pack(found[best][:, -1:].T, ".0f")
    return [{"network": name, "exponent": exponent, "rate": best, "right": right}]


# Width -------------------------------------------------------------------------------------------


def by_width(task: tuple[str, int]) -> list[dict]:
    """Rows of width.csv of one parametrization and width.

    Standard: He's weights and one rate for all. µP (Yang et al. 2022, for Adam): the same hidden
    weights, output weights smaller by the root of the width's growth, and rates of the hidden and
    the output weights, not of the biases, divided by that growth.
    """
    how, width = task
    growth = width / NETWORKS["one"].width
    spec, rows = NetSpec(64, width, 4, 10, "relu", initializer="he"), []
    for draw, rng in enumerate(generators(0, DRAWS)):
        params = network.init(spec, rng=[rng])
        rates = [WIDE_RATE] * 5
        if how == "mup":
            params = replace(params, W=(*params.W[:-1], params.W[-1] / np.sqrt(growth)))
            rates = [WIDE_RATE, *[WIDE_RATE / growth] * 4]
        for layer, moved in enumerate(_moved(spec, params, rates), 1):
            row = {"how": how, "width": width, "layer": layer, "draw": draw}
            rows.append(row | {"moved": round(float(moved), 3)})
    return rows


def _moved(spec: NetSpec, params: Params, rates: list[float]) -> list[float]:
    """log₁₀ rms of h − h₀ of each hidden layer and the output after MOVES steps on one batch.

    rates: of the weights of each layer.
    """
    digits = datasets.digits()
    x, y = digits.x_train[:32], digits.y_train[:32]
    memory, first = optimizers.begin(Adam(), params), _signals(spec, params, x)
    for _ in range(MOVES):
        trace = network.forward(spec, params, x)
        _, d_output = LOSSES["softmax_cross_entropy"](trace.output, y)
        gradients = network.backward(spec, params, trace, d_output)
        moves, memory = optimizers.move(params, gradients, memory)
        W = tuple(p - rate * m for p, m, rate in zip(params.W, moves.W, rates, strict=True))
        b = tuple(p - WIDE_RATE * m for p, m in zip(params.b, moves.b, strict=True))
        params = Params(W, b)
    last = _signals(spec, params, x)
    return [float(log10_rms((b - a,))[0, 0]) for a, b in zip(first, last, strict=True)]


def _signals(spec: NetSpec, params: Params, x) -> list[np.ndarray]:
    trace = network.forward(spec, params, x)
    return [*trace.h, trace.output]


def _write(name: str, rows: Iterable[list[dict]]) -> None:
    pd.DataFrame(chain.from_iterable(rows)).to_csv(HERE / f"{name}.csv", index=False)


def main() -> None:
    with ProcessPoolExecutor() as pool:
        _write("width", pool.map(by_width, product(("standard", "mup"), networks.WIDTHS)))
        rates, runs = zip(*pool.map(by_rate, product(NETWORKS, RATES)), strict=True)
        _write("rates", rates)
        _write("runs", runs)
        _write("epsilon", pool.map(by_epsilon, product(data.SWEPT, EXPONENTS[::2])))


if __name__ == "__main__":
    main()
