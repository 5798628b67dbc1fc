"""The scalar chain against exact rational arithmetic, direct products and central differences."""

from fractions import Fraction

import numpy as np
import pytest

from core.activations import ACTIVATIONS, activation
from core.formats import FORMATS
from core.scalar_chain import chain, power, power_end, running_product, tied, two_layer_chain

# w^n ---------------------------------------------------------------------------------------------


def test_power_has_the_articles_digits():
    p = power([0.6, 0.6, 1.6], [3, 15, 15])
    assert p.exact == pytest.approx([0.216, 4.70184984576e-4, 1152.921504606848], rel=1e-15)
    np.testing.assert_allclose(p.value, p.exact, rtol=1e-13)


def test_power_signs_and_zero():
    p = power([-1.6, -1.6, 0.0, 0.0, -1.0], [3, 4, 0, 5, 61])
    assert p.sign.tolist() == [-1, 1, 1, 0, -1]
    assert p.exact.tolist() == pytest.approx([-4.096, 6.5536, 1, 0, -1])
    assert p.log10[3] == -np.inf and p.log10[2] == 0
    assert p.value.tolist() == pytest.approx(p.exact.tolist())


def test_power_of_whole_numbers_does_not_wrap_around():
    assert power(2, 100).exact == 2.0**100
    assert power(np.array([-3, 10]), 41).exact.tolist() == [-(3.0**41), pytest.approx(1e41)]


def test_power_keeps_counting_where_a_float_ends():
    p = power([0.6, 1.6], 100_000)
    np.testing.assert_allclose(p.log10, 1e5 * np.log10([0.6, 1.6]), rtol=1e-14)
    assert p.exact.tolist() == [0, np.inf] == p.value.tolist()


@pytest.mark.parametrize(
    ("w", "n"),
    [
        (np.nan, 3),
        (np.inf, 3),
        (2, -1),
        (2, 1.5),
        (2, np.nan),
        ([1, np.nan], 3),  # one wrong among right ones
        (2, [3, -1]),
        (2, [3, 1.5]),
    ],
)
def test_power_refuses(w, n):
    with pytest.raises(ValueError, match="must be"):
        power(w, n)


# Where a power ends ------------------------------------------------------------------------------

TYPES = {"float16": np.float16, "float32": np.float32, "float64": np.float64}  # NumPy's own
ENDS = {  # first n at which |w|^n, rounded once, is 0 or infinite in float16, float32, float64
    0.6: (34, 204, 1459),
    1.6: (24, 189, 1511),
    1.5: (28, 219, 1751),
    0.25: (13, 75, 538),
    -1.0: (None, None, None),
}


@pytest.mark.parametrize("w", ENDS)
def test_known_ends(w):
    assert tuple(power_end(w, FORMATS[name]).n for name in TYPES) == ENDS[w]


@pytest.mark.parametrize("w", [0.6, 0.9, 0.5, -0.3, 1.6, 1.5, -2.0, 1.01, 0.0])
def test_ends_agree_with_exact_arithmetic(w):
    # Half the smallest subnormal, and half a step beyond the largest number, as rationals.
    ends = {
        "float16": (Fraction(1, 2**25), Fraction(2**16 - 2**4)),
        "float32": (Fraction(1, 2**150), Fraction(2**128 - 2**103)),
        "float64": (Fraction(1, 2**1075), Fraction(2**1024 - 2**970)),
    }
    for name, (zero, infinity) in ends.items():
        end = power_end(w, FORMATS[name])
        if end.n > 3000:
            continue

        def lost(n, zero=zero, infinity=infinity):
            p = abs(Fraction(w)) ** n
            return p <= zero or p >= infinity

        assert lost(end.n) and not lost(end.n - 1), end
        assert end.once == (0 if abs(w) < 1 else np.inf)


@pytest.mark.parametrize("w", [1.0, -1.0])
def test_a_weight_of_size_one_loses_nothing(w):
    for form in FORMATS.values():
        end = power_end(w, form)
        assert (end.n, end.once, end.steps) == (None, 1.0, 1.0)


def test_infinity_begins_half_a_step_beyond_the_largest_number():
    """In half precision 65,504 is the largest and 65,520 the tie, which rounds to infinity."""
    for w, n in ((65_510, 2), (65_518, 2), (65_522, 1), (65_530, 1)):
        half = power_end(float(w), FORMATS["float16"])
        assert half.n == n and half.steps == np.inf, w


def test_a_tie_that_rounds_down_is_not_lost():
    """Of e4m3 448 is the largest and 464 the tie, which rounds to even: to 448."""
    for w, n in ((448.0, 2), (464.0, 2), (465.0, 1)):
        end = power_end(w, FORMATS["float8_e4m3fn"])
        assert end.n == n and np.isnan(end.once)


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("w", [0.0, 0.6, 0.9, 0.5, -0.3, -0.6, 1.6, -1.6, 0.99, 1.0, 2.0])
def test_steps_agree_with_a_loop_in_numpys_own_formats(w, name):
    end, dtype = power_end(w, FORMATS[name]), TYPES[name]
    p, weight, seen = dtype(1), dtype(w), []
    with np.errstate(all="ignore"):
        for _ in range(2000):
            p = p * weight
            seen.append(abs(float(p)))
    assert end.steps == seen[-1]
    if end.steps_n is None:
        assert 0 < seen[-1] != seen[-2]
    elif end.steps != 1:  # from n on nothing changes any more, and before n it still did
        assert set(seen[end.steps_n - 1 :]) == {seen[-1]}
        assert end.steps_n == 1 or seen[end.steps_n - 2] != seen[-1]


def test_rounding_to_nearest_saves_the_smallest_subnormal():
    ends = [power_end(0.6, FORMATS[name]) for name in TYPES]
    assert [end.steps_n for end in ends] == [32, 202, 1457]
    assert [end.steps for end in ends] == [FORMATS[name].smallest for name in TYPES]
    assert power_end(0.5, FORMATS["float64"]).steps == 0  # exactly half of it is a tie


def test_what_still_changes_after_the_last_step_has_not_ended():
    end = power_end(0.5, FORMATS["float64"], most=3)
    assert (end.steps_n, end.steps) == (None, 0.125)


@pytest.mark.parametrize("w", [np.inf, np.nan])
def test_a_weight_that_is_no_number_is_refused(w):
    with pytest.raises(ValueError, match="must be finite"):
        power_end(w, FORMATS["float16"])


# Running products --------------------------------------------------------------------------------


def test_running_products_match_direct_ones():
    factors = np.random.default_rng(0).normal(size=(3, 7))
    down = running_product(factors).value
    up = running_product(factors, from_the_end=True).value
    for k in range(7):
        np.testing.assert_allclose(down[:, k], np.prod(factors[:, : k + 1], axis=1), rtol=1e-12)
        np.testing.assert_allclose(up[:, k], np.prod(factors[:, k:], axis=1), rtol=1e-12)


def test_running_products_of_zero_and_of_no_number():
    p = running_product([2.0, 0.0, 3.0, np.inf, 1.0])
    assert p.sign[:3].tolist() == [1, 0, 0]
    assert p.value[:3].tolist() == [2, 0, 0]
    assert np.isnan(p.value[3:]).all() and np.isnan(p.sign[3:]).all()


def test_running_products_beyond_the_range_of_a_float():
    p = running_product(np.full(2000, -0.25))
    assert p.log10[-1] == pytest.approx(2000 * np.log10(0.25))
    assert p.sign[-1] == 1 and p.sign[-2] == -1


# The chain ---------------------------------------------------------------------------------------


def reference(weights, x, bias, target, phi):
    """J, z and a of one chain in plain Python."""
    a, z = [float(x)], []
    for w, b in zip(weights, bias, strict=True):
        z.append(w * a[-1] + b)
        a.append(float(phi.f(np.float64(z[-1]))))
    return (a[-1] if target is None else 0.5 * (a[-1] - target) ** 2), z, a


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("target", [None, 0.3])
def test_chain_gradients_match_central_differences(name, target):
    rng = np.random.default_rng(5)
    weights, bias, phi = rng.normal(size=6) * 1.5, rng.normal(size=6) * 0.3, activation(name)
    c = chain(weights, x=0.7, bias=bias, target=target, activation=name)
    _, z, a = reference(weights, 0.7, bias, target, phi)
    np.testing.assert_allclose(c.z, z, rtol=1e-14)
    np.testing.assert_allclose(c.a, a, rtol=1e-14)
    assert np.min(np.abs(z)) > 1e-3  # away from kinks
    step = 1e-6
    for i in range(6):
        for shifted, got in ((weights, c.dw), (bias, c.dz)):  # dJ/db_l is dJ/dz_l
            sides = []
            for sign in (1, -1):
                moved = shifted.copy()
                moved[i] += sign * step
                pair = (moved, bias) if shifted is weights else (weights, moved)
                sides.append(reference(pair[0], 0.7, pair[1], target, phi)[0])
            difference = (sides[0] - sides[1]) / (2 * step)
            assert got.value[i] == pytest.approx(difference, rel=1e-6, abs=1e-10), (name, i)


def test_chain_products_are_what_they_say():
    weights = np.array([[1.5, -0.8, 2.0, 0.4], [0.3, 1.2, -1.1, -2.0]])
    c = chain(weights, x=[0.5, -0.2], bias=0.1, activation="tanh")
    slope = 1 - np.tanh(c.z) ** 2
    for i in range(4):
        np.testing.assert_allclose(c.slope_products.value[:, i], slope[:, i:].prod(1), rtol=1e-12)
        product = (slope * weights)[:, i:].prod(1)
        np.testing.assert_allclose(c.dz.value[:, i] * weights[:, i], product, rtol=1e-12)
    # All of it is the derivative of the output by the input.
    ends = [chain(weights, x=x, bias=0.1, activation="tanh").a[:, -1] for x in (0.5001, 0.4999)]
    by_input = c.dz.value[0, 0] * weights[0, 0]
    assert by_input == pytest.approx((ends[0] - ends[1])[0] / 2e-4, rel=1e-6)


def test_a_sweep_equals_lone_chains():
    w = np.linspace(-12, 12, 7)
    sweep = chain(tied(w, 15), target=0.0)
    for i, value in enumerate(w):
        lone = chain(tied(value, 15), target=0.0)
        np.testing.assert_array_equal(sweep.dw.log10[i], lone.dw.log10)
        np.testing.assert_array_equal(sweep.dw.sign[i], lone.dw.sign)


def test_fifteen_sigmoid_layers():
    """A larger weight saturates what it was to amplify; the best one is negative."""
    c = chain(tied([1.0, 1.6, 4.0, -4.8], 15))
    assert c.dw.value[:, 0] == pytest.approx([1.6e-10, 2.2e-9, 3.9e-18, 5.1e-4], rel=0.02)
    w = np.linspace(0.05, 12, 400)
    best = w[np.argmax(chain(tied(w, 15)).dw.log10[:, 0])]
    assert 1.4 < best < 1.8


def test_relu_at_weight_one_neither_shrinks_nor_grows():
    c = chain(tied(1.0, 60), activation="relu")
    assert (c.dz.value == 1).all() and (c.dw.value == 1).all()


def test_the_products_outlive_the_floats():
    c = chain(tied(0.01, 400), x=1.0, activation="identity")
    np.testing.assert_allclose(c.dz.log10[0], -2 * 399)
    # Where the forward values themselves overflow, too: 10³⁰⁹ is infinite.
    c = chain(tied([2.0, 10.0], 400), activation="identity")
    assert np.isinf(c.a).argmax(axis=-1).tolist() == [0, 309]
    np.testing.assert_allclose(c.dz.log10[:, 0], [399 * np.log10(2), 399])


def test_zero_times_infinity_is_no_number():
    c = chain([1e308, 10.0, -1.0], activation="selu")  # a₂ = ∞, and layer 3 is saturated
    assert c.dz.log10[2] == -np.inf and c.a[2] == np.inf
    assert np.isnan(c.dw.log10[2]) and np.isnan(c.dw.sign[2])


def test_a_chain_of_one_layer():
    c = chain([3.0], x=2.0, bias=1.0, target=5.0, activation="identity")
    assert (c.z.tolist(), c.d_output, c.dz.value.tolist()) == ([7.0], 2.0, pytest.approx([2.0]))
    assert c.dw.value == pytest.approx([4.0])


@pytest.mark.parametrize("depth", [1, 10_000])
def test_a_depth_at_the_bound_is_allowed(depth):
    assert tied([1.0, 2.0], depth).shape == (2, depth)


def test_the_negative_slope_reaches_both_chains():
    c = chain([1.0, 2.0], x=-1.0, activation="leaky_relu", negative_slope=0.5)
    t = two_layer_chain(w1=1.0, w2=2.0, x=-1.0, activation="leaky_relu", negative_slope=0.5)
    assert c.a.tolist() == [-1.0, -0.5, -0.5] and t.y_hat == -0.5
    leaky = {"x": -1.0, "activation": "leaky_relu"}
    assert chain([1.0], **leaky).a[-1] == -0.01 == two_layer_chain(w1=1.0, w2=-1.0, **leaky).a1


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"weights": []}, "at least one layer"),
        ({"weights": np.zeros((2, 0))}, "at least one layer"),
        ({"weights": 2.0}, "at least one layer"),
        ({"weights": [np.nan]}, "must be finite"),
        ({"weights": [1.0, np.nan]}, "must be finite"),
        ({"weights": [1.0], "x": np.inf}, "must be finite"),
        ({"weights": [1.0], "activation": "step"}, "unknown activation"),
    ],
)
def test_the_chain_refuses(bad, message):
    with pytest.raises(ValueError, match=message):
        chain(**bad)
    for depth in (0, 10_001):
        with pytest.raises(ValueError, match="depth"):
            tied(1.0, depth)


# The article's network ---------------------------------------------------------------------------


def test_the_ledger_of_two_layers():
    t = two_layer_chain(w1=2.0, w2=5.6767)
    assert [f.name for f in t.dw1_factors] == ["dJ/dŷ", "φ′(z₂)", "w₂", "φ′(z₁)", "x"]
    assert [float(f.value) for f in t.dw1_factors] == pytest.approx(
        [0.9933, 0.00665, 5.6767, 0.1050, 1], rel=1e-3
    )
    assert t.z2 == pytest.approx(5, abs=1e-4)
    assert t.dw1 == pytest.approx(3.94e-3, rel=2e-3)
    assert t.dw2 == pytest.approx(5.82e-3, rel=2e-3)


def test_the_articles_slope_at_five():
    t = two_layer_chain(w1=0.0, w2=10.0)  # a₁ = ½, z₂ = 5
    assert float(t.dw1_factors[1].value) == pytest.approx(0.00664805667, rel=1e-8)


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "gelu"])
def test_two_layers_match_central_differences_and_the_chain(name):
    w1, w2, x, y, step = 1.3, -0.7, 0.8, 0.4, 1e-6
    t = two_layer_chain(w1=w1, w2=w2, x=x, y=y, activation=name)

    def loss(w1, w2):
        return float(two_layer_chain(w1=w1, w2=w2, x=x, y=y, activation=name).loss)

    assert t.dw1 == pytest.approx((loss(w1 + step, w2) - loss(w1 - step, w2)) / (2 * step))
    assert t.dw2 == pytest.approx((loss(w1, w2 + step) - loss(w1, w2 - step)) / (2 * step))
    c = chain([w1, w2], x=x, target=y, activation=name)
    assert c.dw.value == pytest.approx([t.dw1, t.dw2], rel=1e-12)
    assert t.dw1 == pytest.approx(np.prod([f.value for f in t.dw1_factors]))


def test_a_larger_weight_cannot_outrun_the_slope():
    w2 = np.linspace(-12, 12, 2401)
    t = two_layer_chain(w1=2.0, w2=w2)
    assert w2[np.argmax(t.dw1)] == pytest.approx(2.01, abs=0.02)
    assert t.dw1.max() == pytest.approx(0.0224, abs=1e-4)
    assert t.dw1[w2 == 0] == 0


def test_a_target_is_checked_as_the_input_is():
    with pytest.raises(ValueError, match="finite"):
        chain([0.5, 0.5], target=np.nan)
    for wrong in ({"x": [1, 2, 3]}, {"target": [1, 2, 3]}):
        with pytest.raises(ValueError, match="leading axes"):
            chain([0.5, 0.5], **wrong)


@pytest.mark.parametrize("name", ["w1", "w2", "x", "y"])
def test_two_layers_refuse_what_is_not_finite(name):
    for bad in (np.inf, [0.5, np.nan]):
        with pytest.raises(ValueError, match="must be finite"):
            two_layer_chain(**{"w1": 1.0, "w2": 1.0} | {name: bad})


def test_two_layers_overflow_without_a_warning():
    t = two_layer_chain(w1=1e200, w2=1e200, activation="identity")
    assert t.y_hat == t.loss == t.dw1 == np.inf
