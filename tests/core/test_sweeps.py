"""A sweep: the same numbers as one network at a time, exact scaling, and its bounds."""

from dataclasses import replace

import numpy as np
import pytest

from core import diagnostics, network, sweeps
from core.activations import ACTIVATIONS
from core.network import NetSpec

SCALES = (0.3, 1.0, 1.7)
X = np.random.default_rng(7).standard_normal((6, 4))


def generators(seeds):
    return [np.random.default_rng(100 + s) for s in range(seeds)]


SPECS = {
    "tanh": NetSpec(4, 9, 5, 3, "tanh", initializer="lecun", bias_std=0.3, seeds=2),
    "relu": NetSpec(4, 9, 5, 3, seeds=2),
    "leaky relu": NetSpec(4, 9, 5, 3, "leaky_relu", negative_slope=0.4, seeds=2),
    "identity": NetSpec(4, 9, 5, 3, "identity", seeds=2),
    "residual": NetSpec(4, 9, 5, 3, residual=0.5, seeds=2),
    "layer norm": NetSpec(4, 9, 5, 3, norm="layer", seeds=2),
    "batch norm": NetSpec(4, 9, 5, 3, "selu", norm="batch", residual=0.5, seeds=2),
    "depth 1": NetSpec(4, 9, 1, 3, seeds=2),
    "linear model": NetSpec(4, 9, 0, 3, seeds=2),
}


def expected(params, trace, gradients):
    """The fields of a profile, by the functions that measure one pass."""
    return {
        "log10_h": diagnostics.log10_norms(trace.h),
        "log10_dz": diagnostics.log10_norms(gradients.dz),
        "log10_dW": diagnostics.log10_norms(gradients.dW),
        "slopes": diagnostics.slope_products(trace),
        "weights": diagnostics.weight_products(params),
        "products": diagnostics.jacobian_products(gradients),
    }


@pytest.mark.parametrize("name", SPECS)
def test_a_sweep_is_one_network_at_a_time(name):
    spec = SPECS[name]
    profile = sweeps.profile(spec, X, weight_scales=SCALES, rng=generators(2))
    for k, scale in enumerate(SCALES):
        for s in range(2):
            rng = generators(2)[s]
            alone = replace(spec, seeds=1, weight_scale=scale)
            params = network.init(alone, rng=[rng])
            trace = network.forward(alone, params, X)
            gradients = network.backward(alone, params, trace, rng.standard_normal((6, 3)))
            for field, values in expected(params, trace, gradients).items():
                ours = getattr(profile, field)[k, s]
                assert ours == pytest.approx(values.reshape(ours.shape), abs=1e-10), field


@pytest.mark.parametrize("name", ["relu", "leaky relu", "identity", "linear model"])
def test_exact_scaling_equals_the_long_way(name):
    spec, scales = SPECS[name], np.geomspace(1e-3, 1e3, 7)
    assert sweeps.is_exact(spec)
    short, long = (
        sweeps.profile(spec, X, weight_scales=scales, rng=generators(2), exact=exact)
        for exact in (True, False)
    )
    for field in ("log10_h", "log10_dz", "log10_dW", "slopes", "weights", "products"):
        assert getattr(short, field) == pytest.approx(getattr(long, field), abs=1e-11), field


@pytest.mark.parametrize(
    "change",
    [{"bias_std": 0.1}, {"bias_mean": 0.1}, {"residual": 0.1}, {"norm": "layer"},
     {"activation": "elu"}],
)  # fmt: skip
def test_what_scaling_is_not_exact_for(change):
    assert not sweeps.is_exact(replace(SPECS["relu"], **change))


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("examples", [3, 6])  # dJ/dW is made, or its norm is found without it
@pytest.mark.parametrize("bias_std", [0.0, 0.4])
def test_scales_that_share_a_product_measure_what_each_alone_does(activation, examples, bias_std):
    spec = NetSpec(4, 9, 6, 3, activation, initializer="lecun", bias_std=bias_std, seeds=2)
    x, scales, own = X[:examples], np.geomspace(0.2, 5, 5), generators(2)
    found = sweeps.profile(spec, x, weight_scales=scales, rng=generators(2), exact=False)
    params = network.init(spec, rng=own)
    d_output = [rng.standard_normal((examples, 3)) for rng in own]
    for s in range(2):
        each = network.scale_weights(diagnostics.member(params, s), scales)
        many = replace(spec, seeds=len(scales))
        trace = network.forward(many, each, x)
        gradients = network.backward(many, each, trace, np.stack([d_output[s]] * len(scales)))
        for field, values in expected(each, trace, gradients).items():
            assert getattr(found, field)[:, s] == pytest.approx(values, abs=1e-10), field


def test_member_s_equals_a_lone_sweep():
    spec = SPECS["tanh"]
    together = sweeps.profile(spec, X, weight_scales=SCALES, rng=generators(2))
    for s in range(2):
        alone = sweeps.profile(
            replace(spec, seeds=1), X, weight_scales=SCALES, rng=[generators(2)[s]]
        )
        assert np.array_equal(together.log10_dz[:, s], alone.log10_dz[:, 0])


def test_chunks_do_not_change_the_result(monkeypatch):
    spec, scales = SPECS["batch norm"], np.linspace(0.5, 2, 7)
    whole = sweeps.profile(spec, X, weight_scales=scales, rng=generators(2))
    monkeypatch.setattr(sweeps, "CHUNK_BYTES", 1)
    pieces = sweeps.profile(spec, X, weight_scales=scales, rng=generators(2))
    assert np.array_equal(whole.log10_dW, pieces.log10_dW)
    spec = SPECS["tanh"]
    whole = sweeps.profile(spec, X, weight_scales=scales, rng=generators(2))
    monkeypatch.setattr(sweeps, "CHUNK_BYTES_PER_LAYER", 1)
    pieces = sweeps.profile(spec, X, weight_scales=scales, rng=generators(2))
    assert pieces.log10_dW == pytest.approx(whole.log10_dW, abs=1e-12)


@pytest.mark.parametrize("scale, sign", [(1e-2, -1), (1e2, 1)])
def test_exact_norms_go_where_float64_does_not(scale, sign):
    """1,000 linear layers at gain 100 or 1/100: 2,000 decades either way, each layer 2 of them."""
    spec = NetSpec(20, 20, 1000, 4, "identity", initializer="orthogonal")
    x = np.random.default_rng(0).standard_normal((3, 20))
    profile = sweeps.profile(spec, x, weight_scales=[scale], rng=np.random.default_rng(0))
    assert -np.diff(profile.log10_dz) == pytest.approx(2.0 * sign, abs=1e-9)
    assert profile.products[0, 0, 0] == pytest.approx(1998.0 * sign, abs=1e-6)


def test_where_the_one_run_of_an_exact_sweep_overflows_each_scale_is_run():
    """So what is no number with each scale by itself is none in the exact sweep either."""
    short, long = (
        sweeps.profile(
            *(SPECS["relu"], X / np.abs(X).max() * 1.7e308),
            **{"weight_scales": [1e-3, 1.0, 1e3], "rng": generators(2), "exact": exact},
        )
        for exact in (True, False)
    )
    assert np.isfinite(long.log10_h[0]).all() and not np.isfinite(long.log10_h[2]).all()
    assert short.log10_h == pytest.approx(long.log10_h, abs=1e-11, nan_ok=True)


def test_a_steep_rectifier_keeps_its_exact_norms_at_depth_1000():
    """Its one run has gain 1, although a unit below zero multiplies by 30."""
    spec = NetSpec(20, 20, 1000, 4, "leaky_relu", negative_slope=30.0)
    x = np.random.default_rng(0).standard_normal((3, 20))
    profile = sweeps.profile(spec, x, weight_scales=[100.0], rng=np.random.default_rng(0))
    assert np.isfinite(profile.log10_h).all() and profile.log10_h[0, 0, -1] > 1000


def test_an_exact_sweep_of_nothing_is_nothing_without_a_warning():
    profile = sweeps.profile(SPECS["relu"], 0 * X, weight_scales=[1.0, 2.0], rng=generators(2))
    assert np.isneginf(profile.log10_h).all() and np.isneginf(profile.log10_dz).all()


def test_an_exploding_backward_pass_is_found_too():
    """tanh bounds the activations, and N(0, 9) weights explode backward all the same."""
    spec = NetSpec(50, 50, 1000, 4, "tanh", initializer="normal")
    x = np.random.default_rng(0).standard_normal((5, 50))
    profile = sweeps.profile(spec, x, weight_scales=[3.0], rng=np.random.default_rng(0))
    finite = np.isfinite(profile.log10_dz[0, 0])
    assert np.isfinite(profile.log10_h).all()
    assert finite.any() and not finite.all()
    assert np.array_equal(finite, np.sort(finite))  # lost from some layer on down to the input
    assert profile.log10_dz[0, 0, finite].max() > 300


def test_an_underflow_is_a_zero_and_not_a_number():
    spec = NetSpec(8, 8, 1000, 4, "sigmoid", initializer="xavier")
    profile = sweeps.profile(spec, X[:, :4].repeat(2, 1), weight_scales=[1.0], rng=generators(1))
    log10_dz = profile.log10_dz[0, 0]
    gone = np.isneginf(log10_dz)
    assert gone.any() and not np.isnan(log10_dz).any()
    assert np.array_equal(gone, np.sort(gone)[::-1])  # from some layer on down to the input
    assert log10_dz[~gone].min() > -324


def test_a_sweep_is_refused_before_it_starts():
    spec, x = NetSpec(64, 64, 1000, 10, "tanh", seeds=20), np.zeros((32, 64))
    price = sweeps.cost(spec, scales=40, examples=32)
    with pytest.raises(sweeps.TooCostly, match="multiply-adds") as refused:
        sweeps.profile(spec, x, weight_scales=np.ones(40), rng=np.random.default_rng(0))
    assert refused.value.cost == price > sweeps.MAX_COST


def test_an_exact_sweep_costs_one_scale_and_any_other_all_of_them():
    spec = SPECS["relu"]
    one, three = (sweeps.cost(spec, scales=n, examples=6) for n in (1, 3))

    def swept(limit, weight_scales=SCALES, **given):
        given = {"weight_scales": weight_scales, "rng": generators(2), "limit": limit} | given
        return sweeps.profile(spec, X, **given).log10_h.shape

    assert swept(one) == (3, 2, 5)
    for longer in (
        {"exact": False},
        {"weight_scales": (0.0, 1.0, 2.0)},  # zero has no logarithm to scale with
    ):
        assert swept(three, **longer) == (3, 2, 5)
        with pytest.raises(sweeps.TooCostly) as refused:
            swept(three - 1, **longer)
        assert (refused.value.cost, refused.value.limit) == (three, three - 1)
    with pytest.raises(sweeps.TooCostly):
        swept(one - 1)


def test_a_scale_of_zero_gives_zeros_and_leaves_the_other_scales_alone():
    spec, scales = SPECS["relu"], (0.0, 0.7)
    profile = sweeps.profile(spec, X, weight_scales=scales, rng=generators(2))
    alone = sweeps.profile(spec, X, weight_scales=[0.7], rng=generators(2))
    for field in ("log10_h", "log10_dz", "log10_dW", "slopes", "weights"):
        ours, theirs = getattr(profile, field)[1], getattr(alone, field)[0]
        assert ours == pytest.approx(theirs, abs=1e-11), field
    assert np.isneginf(profile.log10_h[0]).all() and np.isneginf(profile.log10_dz[0]).all()
    assert np.isneginf(profile.products[0]).all()  # −inf − (−inf), and no warning


def test_lists_are_taken():
    given = {"weight_scales": SCALES, "rng": generators(2)}
    theirs = sweeps.profile(SPECS["tanh"], X, **given)
    given = {"weight_scales": list(SCALES), "rng": generators(2)}
    ours = sweeps.profile(SPECS["tanh"], X.tolist(), **given)
    assert np.array_equal(ours.log10_dW, theirs.log10_dW)


def test_cost_counts_multiply_adds():
    spec = NetSpec(7, 5, 3, 2, seeds=4)
    assert sweeps.cost(replace(spec, seeds=8), scales=10, examples=6) == 2 * sweeps.cost(
        spec, scales=10, examples=6
    )
    products = 3 * (7 * 5 + 5 * 5 + 5 * 5 + 5 * 2)
    elements = sweeps.ELEMENTWISE * 5 * 3
    assert sweeps.cost(spec, scales=10, examples=6) == 4 * 10 * 6 * (products + elements)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"weight_scales": []}, "finite and not negative"),
        ({"weight_scales": [1.0, np.nan]}, "finite and not negative"),
        ({"weight_scales": [1.0, np.inf]}, "finite and not negative"),
        ({"weight_scales": [1.0, -1.0]}, "finite and not negative"),
        ({"weight_scales": [[1.0]]}, "finite and not negative"),
        ({"rng": generators(3)}, "3 generators were given for 2 seeds"),
        ({"x": X[None]}, "one batch for all members"),
    ],
)
def test_bad_input_is_refused(bad, message):
    given = {"x": X, "weight_scales": SCALES, "rng": generators(2)} | bad
    with pytest.raises(ValueError, match=message):
        sweeps.profile(SPECS["relu"], given.pop("x"), **given)
