"""A network at every depth at once, against networks of each depth."""

import numpy as np
import pytest

from core import depths, network
from core.activations import ACTIVATIONS, activation
from core.diagnostics import log10_norms, slope_products
from core.network import NetSpec, Params

L, S, N, D = 6, 2, 3, 7


def drawn(name: str, bias: float = 0.3):
    """Weights of L layers, an input, and dJ/dh of the last layer."""
    spec = NetSpec(5, D, L, D, name, bias_std=bias, seeds=S)
    rng = np.random.default_rng(1)
    params = network.init(spec, rng=rng)
    return params, rng.standard_normal((N, 5)), rng.standard_normal((S, N, D))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_each_depth_is_a_network_of_its_own(name):
    params, x, d_last = drawn(name)
    found = depths.by_depth(activation(name), params.W[:L], params.b[:L], x, d_last)
    for depth in range(1, L + 1):
        spec = NetSpec(5, D, depth, D, name, seeds=S)
        through = np.broadcast_to(np.eye(D), (S, D, D))  # an output layer that hands on
        alone = Params((*params.W[:depth], through), (*params.b[:depth], np.zeros((S, 1, D))))
        trace = network.forward(spec, alone, x)
        gradients = network.backward(spec, alone, trace, d_last)
        assert found.dz[:, depth - 1, :depth] == pytest.approx(log10_norms(gradients.dz))
        assert np.isnan(found.dz[:, depth - 1, depth:]).all()
        slopes = slope_products(trace)
        assert found.slopes[:, depth - 1, :depth] == pytest.approx(slopes)


def test_the_last_layer_keeps_all():
    params, x, d_last = drawn("tanh")
    found = depths.by_depth(activation("tanh"), params.W[:L], params.b[:L], x, d_last)
    assert (np.diagonal(found.kept, axis1=1, axis2=2) == 0).all()
    assert (np.diagonal(found.slopes, axis1=1, axis2=2) == 0).all()


def test_a_dead_layer_hands_nothing_on():
    params, x, d_last = drawn("relu", bias=0.0)
    dead = tuple(np.full_like(b, -1e9 if i == 3 else 0.0) for i, b in enumerate(params.b[:L]))
    found = depths.by_depth(activation("relu"), params.W[:L], dead, x, d_last)
    assert np.isneginf(found.dz[:, 4, :4]).all()  # below and in the dead layer
    assert np.isfinite(found.dz[:, 2, :3]).all()  # networks that end before it
