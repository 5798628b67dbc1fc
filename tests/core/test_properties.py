"""What holds for every network, not only for the ones somebody thought of (hypothesis).

The examples are the same in every run: a failure can be repeated, and CI does not depend on luck.
"""

import warnings
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core import clipping, diagnostics, losses, network, sweeps, training
from core.activations import ACTIVATIONS, activation
from core.initializers import INITIALIZERS
from core.network import Gradients, NetSpec, Trace
from core.optimizers import Momentum

repeatable = settings(derandomize=True, deadline=None, max_examples=45, database=None)


finite = st.floats(-1e300, 1e300, allow_subnormal=True)
vectors = hnp.arrays(np.float64, st.integers(1, 6), elements=finite)
limits = st.floats(1e-100, 1e100)


@st.composite
def specs(draw, **fixed):
    """Ordinary networks: sizes and scales at which nothing overflows."""
    choices = {
        "n_in": st.integers(1, 5),
        "width": st.integers(1, 7),
        "depth": st.integers(0, 5),
        "n_out": st.integers(1, 4),
        "activation": st.sampled_from(sorted(ACTIVATIONS)),
        "negative_slope": st.floats(-0.5, 1.5),
        "initializer": st.sampled_from(sorted(INITIALIZERS)),
        "weight_scale": st.floats(0.1, 3.0),
        "bias_mean": st.sampled_from([0.0, -0.5]),
        "bias_std": st.sampled_from([0.0, 0.3]),
        "residual": st.sampled_from([0.0, 1.0, -0.4]),
        "norm": st.sampled_from(network.NORMS),
        "seeds": st.integers(1, 3),
    }
    return NetSpec(**{name: draw(choice) for name, choice in choices.items()} | fixed)


@st.composite
def extreme_specs(draw):
    """Networks that nobody should train: very deep, of width 1, of weights 0 or 1e308."""
    ordinary = draw(specs())
    return replace(
        ordinary,
        width=draw(st.sampled_from([1, 2, 6])),
        depth=draw(st.sampled_from([0, 1, 3, 40, 300, 1000])),
        weight_scale=draw(st.sampled_from([0.0, 5e-324, 1e-200, 0.3, 1.0, 4.0, 1e3, 1e160, 1e308])),
        bias_mean=draw(st.sampled_from([0.0, 0.0, -1e5, 1e308])),
        residual=draw(st.sampled_from([0.0, 0.0, 1.0, 1e200])),
        negative_slope=draw(st.sampled_from([0.01, 0.0, -3.0, 1e100])),
        seeds=draw(st.integers(1, 2)),
    )


def batch(spec, examples=4, *, scale=1.0):
    rng = np.random.default_rng(spec.depth * 100 + spec.width)
    x = scale * rng.standard_normal((examples, spec.n_in))
    return x, rng.standard_normal((spec.seeds, examples, spec.n_out))


def generators(seeds):
    return [np.random.default_rng(s) for s in range(seeds)]


def run(spec, params=None, scale=1.0):
    """(params, trace, gradients) of a spec, with random data and dJ/d(output)."""
    x, d_output = batch(spec, scale=scale)
    params = network.init(spec, rng=generators(spec.seeds)) if params is None else params
    trace = network.forward(spec, params, x)
    return params, trace, network.backward(spec, params, trace, d_output)


def named_arrays(result):
    for name, value in vars(result).items():
        arrays = value if isinstance(value, tuple) else (value,)
        yield from ((name, layer, a) for layer, a in enumerate(arrays))


# Activations ----------------------------------------------------------------------------------


@given(hnp.arrays(np.float64, 50, elements=finite), st.floats(-10.0, 10.0), st.data())
@repeatable
def test_no_slope_exceeds_the_largest(z, negative_slope, data):
    record = activation(
        data.draw(st.sampled_from(sorted(ACTIVATIONS))), negative_slope=negative_slope
    )
    z = np.concatenate([z, np.linspace(-8.0, 8.0, 401)])
    assert np.abs(record.df(z)).max() <= record.max_slope * (1.0 + 1e-9)


# Networks -------------------------------------------------------------------------------------


@given(specs())
@repeatable
def test_a_member_of_an_ensemble_equals_a_lone_network(spec):
    together, alone = run(spec), replace(spec, seeds=1)
    x, d_output = batch(spec)
    for s in range(spec.seeds):
        params = network.init(alone, rng=[generators(spec.seeds)[s]])
        trace = network.forward(alone, params, x)
        gradients = network.backward(alone, params, trace, d_output[s : s + 1])
        for ours, theirs in zip(together, (params, trace, gradients), strict=True):
            for (name, layer, a), (_, _, b) in zip(
                named_arrays(diagnostics.member(ours, s)), named_arrays(theirs), strict=True
            ):
                assert np.array_equal(a, b), (name, layer)


@given(specs(), st.floats(-1e6, 1e6))
@repeatable
def test_scaling_the_output_gradient_scales_every_gradient(spec, c):
    params, trace, gradients = run(spec)
    scaled = network.backward(spec, params, trace, c * batch(spec)[1])
    for (name, layer, a), (_, _, b) in zip(
        named_arrays(gradients), named_arrays(scaled), strict=True
    ):
        # What a normalizer takes away is a difference: its rounding is of the size of its terms.
        size = max([1.0, *(np.abs(dz).max() for dz in (*gradients.dz, *gradients.dh))])
        assert np.allclose(c * a, b, rtol=1e-9, atol=1e-11 * abs(c) * size), (name, layer)


@given(
    specs(bias_mean=0.0, bias_std=0.0, residual=0.0, norm="none"),
    st.sampled_from([a.name for a in ACTIVATIONS.values() if a.homogeneous]),
    st.integers(-40, 40),
)
@repeatable
def test_scaling_the_weights_scales_the_trace_exactly(spec, phi, power):
    """By a power of two no digit changes: h_l grows by c^l, dz_l by c^(L+1−l), dW by c^L."""
    spec, c = replace(spec, activation=phi), 2.0**power
    params, trace, gradients = run(spec)
    scaled = network.scale_weights(params, np.full(spec.seeds, c))
    _, scaled_trace, scaled_gradients = run(spec, scaled)
    for layer in range(1, spec.depth + 1):
        assert np.array_equal(scaled_trace.h[layer - 1], c**layer * trace.h[layer - 1])
        back = c ** (spec.depth + 1 - layer)
        assert np.array_equal(scaled_gradients.dz[layer - 1], back * gradients.dz[layer - 1])
    for ours, theirs in zip(scaled_gradients.dW, gradients.dW, strict=True):
        assert np.array_equal(ours, c**spec.depth * theirs)


@given(extreme_specs(), st.sampled_from([0.0, 1e-300, 1.0, 1e200]))
@repeatable
def test_an_extreme_network_never_raises_and_says_where_it_broke(spec, scale):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _, trace, gradients = run(spec, scale=scale)
    for result in (trace, gradients):
        broken = [
            (name, layer + 1) for name, layer, a in named_arrays(result) if not np.isfinite(a).all()
        ]
        broken = [(name, layer) for name, layer in broken if name not in ("x_hat", "inv_std")]
        first = network.first_non_finite(result)
        assert (first is None) == (not broken), (first, broken[:3])
        if first is None:
            continue
        assert not np.isfinite(first.value)
        depth_of = {"output": spec.depth + 1, "x": 0}
        layers = [depth_of.get(name, layer) for name, layer in broken]
        assert first.layer == (min(layers) if isinstance(result, Trace) else max(layers))
        if isinstance(result, Gradients):
            assert (first.operation, first.layer) in broken


@given(extreme_specs())
@repeatable
def test_an_extreme_sweep_never_raises(spec):
    x, _ = batch(spec)
    scales = [0.0, 1e-300, 1.0, 1e300]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        profile = sweeps.profile(spec, x, weight_scales=scales, rng=generators(spec.seeds))
        sizes = profile.products, profile.log10_h, profile.slopes, profile.weights
    assert {size.shape for size in sizes} == {(4, spec.seeds, spec.depth)}


@given(extreme_specs(), st.sampled_from([0.0, 1e-3, 1e10, 1e300]), st.sampled_from(training.CLIPS))
@repeatable
def test_extreme_training_never_raises_and_says_where_it_broke(spec, learning_rate, clip):
    spec = replace(spec, depth=min(spec.depth, 40))
    x, _ = batch(spec)
    data = SimpleNamespace(x_train=x, y_train=np.arange(4) % spec.n_out)
    train_spec = training.TrainSpec(
        learning_rate, steps=3, batch_size=2, clip=clip, rule=Momentum(0.5)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        state = training.start(spec, train_spec, rng=generators(spec.seeds))
        started_sound = all(np.isfinite(a).all() for _, _, a in named_arrays(state.params))
        state, steps = training.train(spec, train_spec, data, state)
    for s in range(spec.seeds):
        halt, params = state.halts[s], diagnostics.member(state.params, s)
        if started_sound:
            assert all(np.isfinite(a).all() for _, _, a in named_arrays(params))
        if halt is None:
            assert np.isfinite(steps[-1].loss[s])
        else:
            assert halt.operation in training.OPERATIONS
            assert 1 <= halt.layer <= spec.depth + 1 and not np.isfinite(halt.value)


# Losses and clipping --------------------------------------------------------------------------


@given(hnp.arrays(np.float64, (2, 3, 4), elements=st.floats(-1e4, 1e4)))
@repeatable
def test_a_cross_entropy_gradient_sums_to_zero_and_its_value_is_not_negative(logits):
    value, d_logits = losses.softmax_cross_entropy(logits, np.array([0, 3, 1]))
    assert (value >= 0).all() and np.isfinite(value).all()
    assert np.allclose(d_logits.sum(axis=2), 0.0, atol=1e-15)
    assert (np.abs(d_logits) <= 1 / 3 + 1e-15).all()


@given(vectors, limits, st.sampled_from([clipping.clip_by_value, clipping.clip_by_global_norm]))
@repeatable
def test_clipping_never_raises_a_norm(g, limit, clip):
    clipped = clip(g, limit).gradients
    before, after = diagnostics.log10_norm(g, 0), diagnostics.log10_norm(clipped, 0)
    assert after <= before + 1e-12
    if clip is clipping.clip_by_value:
        assert np.abs(clipped).max() <= limit
    else:
        assert after <= np.log10(limit) + 1e-12
    if before < np.log10(limit) - 1e-12:
        assert np.array_equal(clipped, g)


@given(vectors, limits)
@repeatable
def test_norm_clipping_keeps_the_direction(g, limit):
    clipped = clipping.clip_by_global_norm(g, limit).gradients
    assert np.array_equal(np.sign(clipped)[np.abs(clipped) > 0], np.sign(g)[np.abs(clipped) > 0])
    before, after = np.abs(g).max(), np.abs(clipped).max()
    if after > 1e-290:  # subnormal numbers have too few digits to have a direction
        assert np.allclose(clipped / after, g / before, rtol=1e-12, atol=1e-15)


@given(specs(), limits)
@repeatable
def test_a_zero_gradient_stays_zero(spec, limit):
    params, trace, _ = run(spec)
    zero = network.backward(spec, params, trace, np.zeros(trace.output.shape))
    for clip in (clipping.clip_by_value, clipping.clip_by_global_norm):
        clipped = clip(zero, limit)
        assert not any(a.any() for _, _, a in named_arrays(clipped.gradients))
        assert (clipped.norm == 0).all() and (clipped.factor == 1).all()
