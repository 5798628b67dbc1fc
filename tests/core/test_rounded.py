"""Passes in a small format: exact in a large one, and made of numbers that the format has."""

import numpy as np
import pytest

from core import network
from core.formats import FORMATS, rounded
from core.network import NetSpec
from core.rounded import passes, unscaled

SPEC = NetSpec(8, 16, 6, 4, "tanh", initializer="xavier", seeds=2, bias_std=0.1)
X = np.random.default_rng(1).standard_normal((5, 8))
D_OUTPUT = np.random.default_rng(2).standard_normal((2, 5, 4))
PARAMS = network.init(SPEC, rng=np.random.default_rng(0))


def arrays(result):
    return [
        a for field in vars(result).values() for a in (field if type(field) is tuple else [field])
    ]


def test_in_float64_they_are_the_networks_own():
    trace, gradients = passes(SPEC, PARAMS, X, D_OUTPUT, FORMATS["float64"])
    own = network.forward(SPEC, PARAMS, X)
    for a, b in zip(
        arrays(gradients), arrays(network.backward(SPEC, PARAMS, own, D_OUTPUT)), strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(trace.output, own.output, rtol=1e-12)


@pytest.mark.parametrize("name", ["float32", "float16", "bfloat16", "float8_e5m2"])
def test_every_number_is_one_of_the_format_and_near_the_exact_one(name):
    form = FORMATS[name]
    trace, gradients = passes(SPEC, PARAMS, X, D_OUTPUT, form)
    for a in (*arrays(trace), *arrays(gradients)):
        np.testing.assert_array_equal(a, rounded(a, form))
    own = network.backward(SPEC, PARAMS, network.forward(SPEC, PARAMS, X), D_OUTPUT)
    apart = np.linalg.norm(gradients.dz[0] - own.dz[0]) / np.linalg.norm(own.dz[0])
    assert 0 < apart < 20 * form.epsilon


def test_a_loss_scale_saves_what_float16_would_lose():
    form, small = FORMATS["float16"], 1e-9 * D_OUTPUT
    _, lost = passes(SPEC, PARAMS, X, small, form)
    assert not np.any(lost.dz[0])
    scale = 2.0**16
    saved = unscaled(passes(SPEC, PARAMS, X, small, form, scale=scale)[1], scale)
    own = network.backward(SPEC, PARAMS, network.forward(SPEC, PARAMS, X), small)
    assert np.linalg.norm(saved.dz[0] - own.dz[0]) < 0.02 * np.linalg.norm(own.dz[0])


def test_shortcuts_and_norms_are_refused():
    with pytest.raises(ValueError, match="plain layers"):
        passes(NetSpec(8, 8, 2, 4, residual=1.0), PARAMS, X, D_OUTPUT, FORMATS["float16"])


def test_saturated_passes_are_finite_where_the_others_end():
    form, large = FORMATS["float8_e4m3fn"], 1e6 * D_OUTPUT
    _, lost = passes(SPEC, PARAMS, X, large, form)
    _, cut = passes(SPEC, PARAMS, X, large, form, saturate=True)
    assert np.isnan(lost.dz[-1]).any()
    for a in arrays(cut):
        assert np.abs(a).max() <= form.largest
        np.testing.assert_array_equal(a, rounded(a, form))
