"""What has no meaning is refused with a sentence, and nothing else is raised."""

from dataclasses import replace

import numpy as np
import pytest

from core import clipping, datasets, network, products, recording, residual, theory
from core.activations import activation
from core.datasets import Dataset
from core.gates import GateSpec
from core.network import NetSpec
from core.optimizers import Muon
from core.recurrent import RnnSpec
from core.residual import StackSpec
from core.training import TrainSpec

INF, NAN = float("inf"), float("nan")
SPEC = NetSpec(2, 4, 2, 2, "relu", norm="layer")
PLAIN = network.init(NetSpec(2, 4, 2, 2, "relu"), rng=np.random.default_rng(0))
DATA = datasets.spirals(40, turns=1.0, noise=0.0, rng=np.random.default_rng(0))


def rng():
    return np.random.default_rng(0)


def recorded():
    return recording.begin(NetSpec(2, 4, 2, 2, "relu"), TrainSpec(0.1, steps=2), DATA, rng=rng())


def stacked(x):
    spec = StackSpec(2, 4, 2, 2)
    return residual.forward(spec, residual.init(spec, rng=rng()), x)


REFUSED = {
    "gamma is missing": lambda: network.forward(SPEC, PLAIN, np.ones((3, 2))),
    "steps are true": lambda: TrainSpec(0.1, steps=True),
    "steps are half": lambda: TrainSpec(0.1, steps=2.5),
    "batch size is true": lambda: TrainSpec(0.1, steps=2, batch_size=True),
    "steps are text": lambda: TrainSpec(0.1, steps="2"),
    "products of 2.0": lambda: products.scalar_products(2.0, trials=3, rng=rng()),
    "true products": lambda: products.scalar_products(True, trials=3, rng=rng()),
    "matrices of 2.0": lambda: products.matrix_products(2.0, width=2, trials=3, rng=rng()),
    "no trials": lambda: products.matrix_products(2, width=2, trials=0, rng=rng()),
    "infinite spirals": lambda: datasets.spirals(INF, turns=1.0, noise=0.0, rng=rng()),
    "spirals of NaN": lambda: datasets.spirals(NAN, turns=1.0, noise=0.0, rng=rng()),
    "variance NaN": lambda: theory.depth_profile(activation("relu"), depth=3, sigma_w2=NAN),
    "variance infinite": lambda: theory.depth_profile(activation("relu"), depth=3, sigma_w2=INF),
    "depth true": lambda: theory.depth_profile(activation("relu"), depth=True, sigma_w2=2.0),
    "no examples": lambda: Dataset(
        np.empty((0, 2)), np.empty(0, int), np.ones((1, 2)), np.zeros(1)
    ),
    "none held out": lambda: Dataset(np.ones((1, 2)), np.zeros(1), np.empty((0, 2)), np.empty(0)),
    "an example NaN": lambda: Dataset(np.full((1, 2), NAN), [0], np.ones((1, 2)), [0]),
    "a state before the first": lambda: recording.state_at(recorded(), DATA, -1),
    "a state after the last": lambda: recording.state_at(recorded(), DATA, 1),
    "a batch of 32.0": lambda: TrainSpec(0.1, batch_size=32.0),
    "a batch seed of 0.0": lambda: TrainSpec(0.1, batch_seed=0.0),
    "half an iteration": lambda: Muon(iterations=2.5),
    "iterations NaN": lambda: Muon(iterations=NAN),
    "fewer iterations than none": lambda: Muon(iterations=-1),
    "infinite products": lambda: theory.log10_product_cdf(0.0, INF),
    "a weight scale beyond float64": lambda: NetSpec(2, 4, 2, 2, weight_scale=10**400),
    "other batches than networks": lambda: stacked(np.ones((3, 5, 2))),
    "a batch of nothing": lambda: stacked(np.ones((0, 2))),
    "a limit of few digits": lambda: clipping.clip_by_value(np.ones(3), 1e-310),
    "a limit of none": lambda: clipping.clip_by_global_norm(np.ones(3), 5e-324),
    "a training limit of few digits": lambda: TrainSpec(0.1, steps=1, clip_limit=1e-310),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_has_no_meaning_is_refused_with_a_sentence(what):
    with pytest.raises(ValueError, match=r"^\S+ .+ \S+"):
        REFUSED[what]()


@pytest.mark.parametrize("clip", [clipping.clip_by_value, clipping.clip_by_global_norm])
def test_an_empty_gradient_is_a_gradient(clip):
    found = clip(np.empty((0, 3)), 1.0)
    assert found.gradients.shape == (0, 3) and found.norm == 0 and found.factor == 1
    assert clipping.global_norm(np.empty(0)) == 0


def test_numpy_integers_are_whole_numbers():
    assert TrainSpec(0.1, steps=np.int64(3)).steps == 3
    assert len(datasets.spirals(np.int64(40), turns=1.0, noise=0.0, rng=rng()).x_train) == 40


@pytest.mark.parametrize("name", ["n_in", "width", "n_out", "seeds"])
@pytest.mark.parametrize("wrong", [0, -1, 2.0, True, "2", None])
@pytest.mark.parametrize(
    "spec",
    [
        NetSpec(3, 4, 2, 5),
        RnnSpec(3, 4, 2, 5),
        GateSpec("lstm", 3, 4, 2, 5),
        StackSpec(3, 4, 2, 5),
    ],
    ids=lambda spec: type(spec).__name__,
)
def test_what_is_used_as_a_size_is_a_whole_number(spec, name, wrong):
    with pytest.raises(ValueError, match=f"{name} must be a whole number of at least 1"):
        replace(spec, **{name: wrong})
