"""Numbers at the ends of float64: nothing raises or warns, and where a network breaks is named.

What `test_properties` holds of networks is held here of everything that computes, with shortcuts of
±1e300 and inputs of 1e300, and one thing more: all that was computed before the named place is
finite.
"""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from core import network, products, recurrent, scalar_chain, training
from core.activations import ACTIVATIONS
from core.formats import FORMATS
from core.initializers import INITIALIZERS
from core.network import NetSpec
from core.optimizers import SGD, Momentum
from core.recurrent import RnnSpec
from tests.core.test_properties import extreme_specs, generators, repeatable, specs

SCALES = st.sampled_from([0.0, 5e-324, 1e-300, 1e-8, 0.5, 1.0, 3.0, 1e8, 1e160, 1e300, 1e308])
SIGNED = st.tuples(st.sampled_from([-1.0, 1.0]), SCALES).map(lambda pair: pair[0] * pair[1])


@st.composite
def wild_specs(draw):
    """Networks with shortcuts and inputs that nobody would give them."""
    return replace(
        draw(extreme_specs()),
        residual=draw(st.sampled_from([0.0, 1.0, -1e300, 1e300])),
        weight_scale=draw(SCALES),
        bias_std=draw(st.sampled_from([0.0, 1.0, 1e308])),
    )


def inputs(spec, scale, examples=3):
    rng = np.random.default_rng(spec.width)
    with np.errstate(over="ignore"):  # 1e308 times a draw above 1 is an infinite input
        return scale * rng.standard_normal((examples, spec.n_in))


def in_order(result, forward, backward):
    """(operation, place, array) in the order of computation, for places numbered from 1."""
    going_back = hasattr(result, backward[0])
    operations = backward if going_back else forward
    places = range(len(getattr(result, operations[-1])))
    for i in reversed(places) if going_back else places:
        for operation in operations:
            arrays = getattr(result, operation)
            if i < len(arrays):
                yield operation, i + 1, arrays[i]


def check_named(first, computed):
    """What is named is not finite, what came before it is, and nothing is hidden."""
    computed = list(computed)
    broken = [not np.isfinite(array).all() for _, _, array in computed]
    if first is None:
        assert not any(broken)
        return
    operation, place, _ = computed[broken.index(True)]
    assert not np.isfinite(first.value)
    assert first.operation == operation
    assert place is None or first.layer == place


@given(wild_specs(), SCALES)
@repeatable
def test_a_network_names_the_first_thing_that_broke(spec, scale):
    params = network.init(spec, rng=generators(spec.seeds))
    trace = network.forward(spec, params, inputs(spec, scale))
    forward = [("x", 0, trace.x), *in_order(trace, ("u", "z", "h", "slope"), ("dW",))]
    check_named(network.first_non_finite(trace), [*forward, ("output", None, trace.output)])
    gradients = network.backward(spec, params, trace, np.ones(trace.output.shape))
    order = ("dh", "dz", "dgamma", "dbeta", "dW", "db")
    computed = list(in_order(gradients, (), order))
    check_named(network.first_non_finite(gradients), computed)


@given(
    st.one_of(specs(), wild_specs()),  # ordinary ones break by their rate alone
    st.sampled_from([0.0, 1.0, 1e300, 1.7e308]),
    st.sampled_from(training.CLIPS),
    st.sampled_from([SGD(), Momentum(0.9)]),
    st.sampled_from([0.0, 1.0, 1e3, 1e300]),
)
@example(NetSpec(3, 4, 2, 3), 1.7e308, "none", SGD(), 1e3)  # its first update overflows
@repeatable
def test_training_says_when_and_where_it_broke(spec, learning_rate, clip, rule, scale):
    spec = replace(spec, depth=min(spec.depth, 40))
    x = inputs(spec, scale, examples=4)
    data = SimpleNamespace(x_train=x, y_train=np.arange(4) % spec.n_out)
    how = training.TrainSpec(learning_rate, steps=4, batch_size=2, clip=clip, rule=rule)
    state, before = training.start(spec, how, rng=generators(spec.seeds)), None
    drawn = state.params.W
    while state.step < how.steps and not state.halted:
        before = state
        state, step = training.advance(spec, how, data, state)
        for s, halt in enumerate(state.halts):
            if halt is None:
                assert np.isfinite(step.loss[s])
                continue
            assert 1 <= halt.step <= step.step
            assert halt.operation in training.OPERATIONS and not np.isfinite(halt.value)
            assert 0 <= halt.layer <= spec.depth + 1
            for now, was, first in zip(state.params.W, before.params.W, drawn, strict=True):
                assert np.array_equal(now[s], was[s], equal_nan=True), "moved on what broke"
                assert np.isfinite(now[s]).all() or not np.isfinite(first[s]).all()


@st.composite
def rnn_specs(draw):
    return RnnSpec(
        n_in=draw(st.integers(1, 3)),
        width=draw(st.sampled_from([1, 2, 5])),
        steps=draw(st.sampled_from([1, 2, 30, 1000])),
        n_out=draw(st.integers(1, 2)),
        activation=draw(st.sampled_from(sorted(ACTIVATIONS))),
        negative_slope=draw(st.sampled_from([0.01, -3.0, 1e100])),
        initializer=draw(st.sampled_from(sorted(INITIALIZERS))),
        weight_scale=draw(SCALES),
        recurrent=draw(st.sampled_from(recurrent.RECURRENT)),
        recurrent_scale=draw(SCALES),
        bias_mean=draw(st.sampled_from([0.0, -1e5, 1e308])),
        bias_std=draw(st.sampled_from([0.0, 1.0, 1e308])),
        read_out=draw(st.sampled_from(recurrent.READ_OUTS)),
        seeds=draw(st.integers(1, 2)),
    )


@given(rnn_specs(), SCALES)
@repeatable
def test_gradients_through_time_that_are_numbers_have_logarithms(spec, scale):
    with np.errstate(over="ignore"):
        x = scale * np.random.default_rng(0).standard_normal((2, spec.steps, spec.n_in))
    params = recurrent.init(spec, rng=generators(spec.seeds))
    trace = recurrent.forward(spec, params, x)
    gradients = recurrent.backward(spec, params, trace, np.ones(trace.output.shape))
    norms, slopes = recurrent.step_norms(gradients), recurrent.slope_products(trace)
    for arrays, log10 in ((gradients.dh, norms), (trace.slope, slopes)):
        if np.isfinite(arrays).all():
            assert (log10 < np.inf).all(), "zero is −∞; nothing else leaves the numbers"


@given(
    st.lists(SIGNED, min_size=1, max_size=12),
    st.sampled_from([1, 3, 100]),
    st.sampled_from(sorted(ACTIVATIONS)),
    SIGNED.filter(np.isfinite),
    SIGNED,
)
@repeatable
def test_the_products_of_a_chain_of_numbers_are_numbers(weights, repeats, activation, x, bias):
    chain = scalar_chain.chain(weights * repeats, x=x, bias=bias, activation=activation)
    if np.isfinite(chain.z).all() and np.isfinite(chain.a).all():
        for product in (chain.slope_products, chain.dz, chain.dw):
            assert (product.log10 < np.inf).all(), "zero is −∞; nothing else leaves the numbers"
            assert np.array_equal(product.sign == 0, product.log10 == -np.inf)


@given(SIGNED, st.integers(0, 100_000))
@repeatable
def test_a_power_has_a_logarithm_wherever_float64_ends(w, n):
    power = scalar_chain.power(w, n)
    assert power.log10 < np.inf and (power.log10 > -np.inf or (w == 0 and n > 0))
    for form in FORMATS.values():
        end = scalar_chain.power_end(w, form, most=50)
        assert end.once in (0.0, 1.0) or not np.isfinite(end.once)


@given(st.sampled_from([1, 2, 1000]), st.sampled_from([5e-324, 1e-300, 1.0, 1e300, 1.7e308]))
@repeatable
def test_random_products_have_logarithms_at_any_spread(n, sigma):
    drawn = products.scalar_products(n, trials=50, rng=np.random.default_rng(n), sigma=sigma)
    assert all(np.isfinite(values).all() for values in vars(drawn).values())
    for width in (1, 3):
        drawn = products.matrix_products(
            min(n, 100), width=width, trials=2, rng=np.random.default_rng(n), sigma=sigma
        )
        assert all(np.isfinite(values).all() for values in vars(drawn).values())
