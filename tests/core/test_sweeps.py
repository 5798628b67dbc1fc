"""A sweep: the same numbers as one network at a time, exact scaling, and its bounds."""

from dataclasses import replace

import numpy as np
import pytest

from core import diagnostics, losses, network, sweeps
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
            expected = {
                "log10_h": diagnostics.log10_norms(trace.h),
                "log10_dz": diagnostics.log10_norms(gradients.dz),
                "log10_dW": diagnostics.log10_norms(gradients.dW),
                "slopes": diagnostics.slope_products(trace),
                "weights": diagnostics.weight_products(params),
                "products": diagnostics.jacobian_products(gradients),
                "forward_gains": np.log10(diagnostics.forward_gains(trace)),
                "backward_gains": np.log10(diagnostics.backward_gains(gradients)),
            }
            for field, values in expected.items():
                ours = getattr(profile, field)[k, s]
                assert ours == pytest.approx(values.reshape(ours.shape), abs=1e-10), field
            assert profile.overflow[k, s] is None


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


def test_a_loss_gives_the_gradient_at_each_scale():
    spec, labels = SPECS["relu"], np.array([0, 1, 2, 0, 1, 2])
    profile = sweeps.profile(
        spec,
        X,
        weight_scales=SCALES,
        rng=generators(2),
        loss="softmax_cross_entropy",
        targets=labels,
    )
    for k, scale in enumerate(SCALES):
        scaled = replace(spec, weight_scale=scale)
        params = network.init(scaled, rng=generators(2))
        trace = network.forward(scaled, params, X)
        _, d_output = losses.softmax_cross_entropy(trace.output, labels)
        gradients = network.backward(scaled, params, trace, d_output)
        expected = diagnostics.log10_norms(gradients.dz)
        assert profile.log10_dz[k] == pytest.approx(expected, abs=1e-11)


def test_a_given_gradient_starts_all_members_or_each_its_own():
    spec = SPECS["tanh"]
    each = np.random.default_rng(3).standard_normal((2, 6, 3))

    def swept(d_output):
        profile = sweeps.profile(
            spec, X, weight_scales=SCALES, rng=generators(2), d_output=d_output
        )
        return profile.log10_dz

    assert swept(each)[:, 0] == pytest.approx(swept(each[0])[:, 0])
    assert swept(each)[:, 1] == pytest.approx(swept(each[1])[:, 1])
    assert swept(10.0 * each) == pytest.approx(swept(each) + 1.0)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("examples", [3, 6])  # dJ/dW is made, or its norm is found without it
@pytest.mark.parametrize("bias_std", [0.0, 0.4])
def test_scales_that_share_a_product_measure_what_each_alone_does(activation, examples, bias_std):
    spec = NetSpec(4, 9, 6, 3, activation, initializer="lecun", bias_std=bias_std, seeds=2)
    x, d_output = X[:examples], np.random.default_rng(5).standard_normal((2, examples, 3))
    params, scales = network.init(spec, rng=generators(2)), np.geomspace(0.2, 5, 5)
    given = {"weight_scales": scales, "rng": generators(2), "d_output": d_output}
    found = sweeps.profile(spec, x, **given, exact=False)
    for s in range(2):
        each = network.scale_weights(diagnostics.member(params, s), scales)
        many = replace(spec, seeds=len(scales))
        trace = network.forward(many, each, x)
        gradients = network.backward(many, each, trace, np.stack([d_output[s]] * len(scales)))
        expected = {
            "log10_h": diagnostics.log10_norms(trace.h),
            "log10_dz": diagnostics.log10_norms(gradients.dz),
            "log10_dW": diagnostics.log10_norms(gradients.dW),
            "slopes": diagnostics.slope_products(trace),
            "weights": diagnostics.weight_products(each),
        }
        for field, values in expected.items():
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
    assert profile.backward_gains == pytest.approx(2.0 * sign, abs=1e-9)
    assert profile.products[0, 0, 0] == pytest.approx(1998.0 * sign, abs=1e-6)
    overflow = profile.overflow[0, 0]
    assert (overflow is None) == (sign < 0)
    if overflow:  # 10^308.25 at 2 decades a layer, from a largest entry near 3
        assert (overflow.operation, overflow.layer) == ("u", 154)


@pytest.mark.parametrize("activation, scale", [("identity", 30.0), ("relu", 20.0), ("relu", 1e200)])
def test_the_predicted_overflow_is_where_float64_overflows(activation, scale):
    spec = NetSpec(6, 20, 300, 4, activation, seeds=3)
    x = np.random.default_rng(0).standard_normal((5, 6))
    short, long = (
        sweeps.profile(spec, x, weight_scales=[scale], rng=np.random.default_rng(0), exact=exact)
        for exact in (True, False)
    )
    for ours, theirs in zip(short.overflow[0], long.overflow[0], strict=True):
        assert (ours.operation, ours.layer) == (theirs.operation, theirs.layer)


def test_every_kind_of_overflow_is_predicted():
    """Inputs, gradients and scales over hundreds of decades; a steep φ′ lets h and dz be first."""
    operations = set()
    for activation, slope in (("identity", 0.01), ("leaky_relu", 1e9)):
        spec = NetSpec(4, 5, 3, 2, activation, negative_slope=slope, bias_std=0.0)
        d_output = np.random.default_rng(1).standard_normal((6, 2))
        for x_size, d_size in ((-200, 0), (-200, 200), (0, -200), (0, 0), (0, 200), (200, -200)):
            short, long = (
                sweeps.profile(
                    spec,
                    X * 10.0**x_size,
                    weight_scales=10.0 ** np.arange(2, 280, 7),
                    rng=generators(1),
                    d_output=d_output * 10.0**d_size,
                    exact=exact,
                )
                for exact in (True, False)
            )
            for ours, theirs in zip(short.overflow[:, 0], long.overflow[:, 0], strict=True):
                assert (ours is None) == (theirs is None)
                if ours:
                    assert (ours.operation, ours.layer) == (theirs.operation, theirs.layer)
                    operations.add(ours.operation)
    assert operations == {"u", "h", "output", "dh", "dz", "dW"}


def test_a_sum_over_examples_that_overflows_is_predicted():
    """Every dz is still finite where db, the sum of 600 alike, is not."""
    spec, x = NetSpec(4, 5, 3, 2, "identity"), np.full((600, 4), 1e-200)
    given = {"weight_scales": 10.0 ** np.linspace(100, 104, 9), "d_output": np.ones((600, 2))}
    short, long = (
        sweeps.profile(spec, x, rng=generators(1), exact=exact, **given) for exact in (True, False)
    )
    found = [[o and (o.operation, o.layer) for o in p.overflow[:, 0]] for p in (short, long)]
    assert found[0] == found[1]
    assert ("db", 1) in found[0]


def test_where_the_one_run_of_an_exact_sweep_overflows_each_scale_is_run():
    given = {"weight_scales": [1e-100], "d_output": np.full((6, 3), 1e200)}
    short, long = (
        sweeps.profile(SPECS["relu"], X * 1e200, rng=generators(2), exact=exact, **given)
        for exact in (True, False)
    )
    assert np.array_equal(short.log10_dW, long.log10_dW, equal_nan=True)


def test_a_steep_rectifier_keeps_its_exact_norms_at_depth_1000():
    """Its one run has gain 1, although a unit below zero multiplies by 30."""
    spec = NetSpec(20, 20, 1000, 4, "leaky_relu", negative_slope=30.0)
    x = np.random.default_rng(0).standard_normal((3, 20))
    profile = sweeps.profile(spec, x, weight_scales=[100.0], rng=np.random.default_rng(0))
    assert np.isfinite(profile.log10_h).all() and profile.log10_h[0, 0, -1] > 1000


def test_an_exact_sweep_of_nothing_is_nothing_without_a_warning():
    profile = sweeps.profile(SPECS["relu"], 0 * X, weight_scales=[1.0, 2.0], rng=generators(2))
    assert np.isneginf(profile.log10_h).all() and (profile.overflow == None).all()  # noqa: E711


def test_an_exploding_backward_pass_is_found_too():
    """tanh bounds the activations, and N(0, 9) weights explode backward all the same."""
    spec = NetSpec(50, 50, 1000, 4, "tanh", initializer="normal")
    x = np.random.default_rng(0).standard_normal((5, 50))
    profile = sweeps.profile(spec, x, weight_scales=[3.0], rng=np.random.default_rng(0))
    overflow = profile.overflow[0, 0]
    assert overflow.operation in ("dh", "dz")
    assert np.isfinite(profile.log10_h).all()
    assert not np.isfinite(profile.log10_dz[0, 0, : overflow.layer - 1]).any()
    assert np.isfinite(profile.log10_dz[0, 0, overflow.layer :]).all()
    assert profile.log10_dz[0, 0, overflow.layer] > 300


def test_an_underflow_is_a_zero_and_not_a_number():
    spec = NetSpec(8, 8, 1000, 4, "sigmoid", initializer="xavier")
    profile = sweeps.profile(spec, X[:, :4].repeat(2, 1), weight_scales=[1.0], rng=generators(1))
    log10_dz = profile.log10_dz[0, 0]
    gone = np.isneginf(log10_dz)
    assert gone.any() and not np.isnan(log10_dz).any()
    assert np.array_equal(gone, np.sort(gone)[::-1])  # from some layer on down to the input
    assert log10_dz[~gone].min() > -324
    assert profile.overflow[0, 0] is None


def test_a_sweep_is_refused_before_it_starts():
    spec, x = NetSpec(64, 64, 1000, 10, "tanh", seeds=20), np.zeros((32, 64))
    price = sweeps.cost(spec, scales=40, examples=32)
    with pytest.raises(sweeps.TooCostly, match="multiply-adds") as refused:
        sweeps.profile(spec, x, weight_scales=np.ones(40), rng=np.random.default_rng(0))
    assert refused.value.cost == price > sweeps.MAX_COST


def test_an_exact_sweep_costs_one_scale_and_any_other_all_of_them():
    spec, labels = SPECS["relu"], np.zeros(6, int)
    one, three = (sweeps.cost(spec, scales=n, examples=6) for n in (1, 3))

    def swept(limit, weight_scales=SCALES, **given):
        given = {"weight_scales": weight_scales, "rng": generators(2), "limit": limit} | given
        return sweeps.profile(spec, X, **given).log10_h.shape

    assert swept(one) == (3, 2, 5)
    for longer in (
        {"exact": False},
        {"loss": "softmax_cross_entropy", "targets": labels},
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
    # −inf − (−inf), and no warning.
    assert np.isneginf(profile.products[0]).all() and np.isnan(profile.backward_gains[0]).all()
    assert np.isneginf(profile.forward_gains[0, :, 0]).all()
    assert np.isnan(profile.forward_gains[0, :, 1:]).all()


def test_lists_are_taken():
    d_output = np.random.default_rng(3).standard_normal((6, 3))
    given = {"weight_scales": SCALES, "d_output": d_output}
    listed = {"weight_scales": list(SCALES), "d_output": d_output.tolist()}
    ours = sweeps.profile(SPECS["tanh"], X.tolist(), rng=generators(2), **listed)
    theirs = sweeps.profile(SPECS["tanh"], X, rng=generators(2), **given)
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
        ({"loss": "softmax_cross_entropy"}, "and its targets"),
        ({"targets": np.zeros(6, int)}, "and its targets"),
        ({"loss": "hinge", "targets": np.zeros(6, int)}, "and its targets"),
        ({"d_output": np.ones((6, 3)), "loss": "mean_squared_error"}, "give either"),
        ({"d_output": np.ones((6, 3)), "targets": np.ones((6, 3))}, "give either"),
        (
            {"d_output": np.ones((6, 3)), "loss": "mean_squared_error", "targets": np.ones((6, 3))},
            "give either",
        ),
        ({"d_output": np.ones((6, 4))}, "d_output must be"),
        ({"d_output": np.ones((1, 6, 3))}, "d_output must be"),
        ({"rng": generators(3)}, "3 generators were given for 2 seeds"),
        ({"x": X[None]}, "one batch for all members"),
    ],
)
def test_bad_input_is_refused(bad, message):
    given = {"x": X, "weight_scales": SCALES, "rng": generators(2)} | bad
    with pytest.raises(ValueError, match=message):
        sweeps.profile(SPECS["relu"], given.pop("x"), **given)
