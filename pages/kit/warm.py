"""What readers ask for first, computed before they do.

A class that opens a link together, or tries the first slider of a page together, would otherwise
make the server compute the same results, and many of them, at one time. One thread of the process
does it once, a little at a time, from the first visit on.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from time import perf_counter, sleep

import streamlit as st
from streamlit import runtime

from pages.kit import charts, specs
from pages.kit.frames import activations, chain_rule, clipping, home, initialization, products
from pages.kit.frames import training as lab

PAUSE = 2.0  # seconds before it begins: the first reader's own page comes first
REST = 1.0  # times as long as a call took: half a core at the most


def first_charts() -> Iterator[Callable]:
    """The charts of a page that has just been opened, without their data."""
    for builder in (
        *(charts.home.gradients, charts.home.ledger),
        *(charts.products.powers, charts.products.random_products, charts.products.matrix_products),
        *(charts.chain_rule.ledger, charts.chain_rule.depth, charts.chain_rule.split),
        *(charts.activations.slopes, charts.activations.by_layer, charts.activations.shares),
        *(charts.initialization.gradients, charts.initialization.gauge),
        charts.initialization.window,
        *(charts.clipping.thresholds, charts.clipping.first_step, charts.clipping.plane),
        *(charts.training.run, charts.training.gradient_map),
    ):
        yield partial(specs.built, builder)


def first_visits() -> Iterator[Callable]:
    """What the pages show at their defaults."""
    yield partial(home.gradients, "relu_he", None)
    yield home.landmarks
    yield partial(lab.finished, lab.FIRST, lab.FIRST_STEPS)
    yield from _initialization(20)
    yield partial(initialization.named, "sigmoid", 64, 20, "lecun", 0.0, 0)
    yield partial(products.powers, "identity")
    yield partial(products.random_products, 15, 1.0, 0)
    yield partial(products.matrix_products, "64", "one", 0)
    yield partial(chain_rule.depth, "sigmoid", 15)
    yield partial(chain_rule.split, "64", "tanh", "normal", 0)
    yield partial(activations.slopes, *_CURVES, 0.01, ("sigmoid", "xavier"), 0)
    for quantity in ("slopes", "gradient"):
        yield partial(activations.by_layer, *_CURVES, "usual", 15, 0.01, 0, quantity)
    yield partial(activations.shares, "relu", "usual", 15, 0.01, 0.0, 0.0, 0)
    yield activations.leak_sentence
    yield partial(clipping.first_step, "large", "norm", 1.0, 0)
    yield partial(clipping.best, "large", "norm")
    yield lab.normalized


def first_sliders() -> Iterator[Callable]:
    """What the first slider of a page asks for, where that takes long, at each of its values."""
    for name in home.NETWORKS:
        yield partial(home.gradients, name, None)
    for depth in sorted(range(2, 31), key=lambda depth: abs(depth - 20)):
        yield from _initialization(depth)
    for depth in sorted(range(1, 51), key=lambda depth: abs(depth - lab.FIRST.a.depth)):
        yield partial(_lab, depth)


_CURVES = (("sigmoid", "tanh", "relu"),)


def _initialization(depth: int) -> Iterator[Callable]:
    networks = ("relu", 64, depth, "lecun", 0.0, 0)
    yield partial(initialization.gradients, *networks, "dz", "median", "slopes")
    yield partial(initialization.table, *networks)
    yield partial(initialization.gauge, *networks, "median", 3.0)
    yield partial(initialization.window, "relu", depth, 3.0)
    for name in ("tanh", "sigmoid"):
        yield partial(initialization.scale_of_gain_one, name, depth, 0.0)


def _lab(depth: int) -> dict:
    return lab.pair(replace(lab.FIRST, a=replace(lab.FIRST.a, depth=depth))).first


def compute(calls: Iterable[Callable], rest: float = REST) -> None:
    """Make the calls one after another, resting after each."""
    for call in calls:
        start = perf_counter()
        call()
        sleep(rest * (perf_counter() - start))


def _in_turn() -> None:
    sleep(PAUSE)
    compute(first_charts())
    compute(first_visits())
    compute(first_sliders())


@st.cache_resource(show_spinner=False)
def _thread() -> threading.Thread:
    thread = threading.Thread(target=_in_turn, name="warm", daemon=True)
    thread.start()
    return thread


def begin() -> None:
    """Start, once in a process that serves."""
    if runtime.exists():
        _thread()
