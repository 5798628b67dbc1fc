"""The scalar chain against exact rational arithmetic, direct products and central differences."""

from fractions import Fraction

import numpy as np
import pytest

from core.activations import ACTIVATIONS, activation
from core.scalar_chain import (
    chain,
    power,
    precision_ladder,
    running_product,
    tied,
    two_layer_chain,
)

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


def test_power_keeps_counting_where_a_float_ends():
    p = power([0.6, 1.6], 100_000)
    np.testing.assert_allclose(p.log10, 1e5 * np.log10([0.6, 1.6]), rtol=1e-14)
    assert p.exact.tolist() == [0, np.inf] == p.value.tolist()


@pytest.mark.parametrize(("w", "n"), [(np.nan, 3), (np.inf, 3), (2, -1), (2, 1.5), (2, np.nan)])
def test_power_refuses(w, n):
    with pytest.raises(ValueError, match="must be"):
        power(w, n)


# The precision ladder ----------------------------------------------------------------------------

LADDER = {  # first n at which w^n, rounded once, is 0 or infinite in fp16, fp32, fp64
    0.6: (34, 204, 1459),
    1.6: (24, 189, 1511),
    1.5: (28, 219, 1751),
    0.25: (13, 75, 538),
    -1.0: (None, None, None),
}


@pytest.mark.parametrize("w", LADDER)
def test_known_rungs(w):
    assert tuple(limit.n for limit in precision_ladder(w)) == LADDER[w]


@pytest.mark.parametrize("w", [0.6, 0.9, 0.5, -0.3, 1.6, 1.5, -2.0, 1.01, 0.0])
def test_rungs_agree_with_exact_arithmetic(w):
    # Half the smallest subnormal, and half a step beyond the largest number, as rationals.
    ends = {
        "fp16": (Fraction(1, 2**25), Fraction(2**16 - 2**4)),
        "fp32": (Fraction(1, 2**150), Fraction(2**128 - 2**103)),
        "fp64": (Fraction(1, 2**1075), Fraction(2**1024 - 2**970)),
    }
    for limit in precision_ladder(w):
        zero, infinity = ends[limit.precision]
        if limit.n > 3000:
            continue

        def lost(n, zero=zero, infinity=infinity):
            p = abs(Fraction(w)) ** n
            return p <= zero or p >= infinity

        assert lost(limit.n) and not lost(limit.n - 1), limit
        assert limit.outcome == ("zero" if abs(w) < 1 else "infinity")


@pytest.mark.parametrize("w", [0.6, 0.9, 0.5, -0.3, 1.6, 0.99])
def test_repeated_multiplication_agrees_with_a_loop(w):
    for limit, dtype in zip(precision_ladder(w), (np.float16, np.float32, np.float64), strict=True):
        p, weight, seen = dtype(1), dtype(w), []
        with np.errstate(all="ignore"):
            for _ in range(2000):
                p = p * weight
                seen.append(abs(float(p)))
        assert limit.weight == float(weight)
        assert limit.repeated_value == seen[-1]
        if limit.repeated_outcome == "none":
            assert limit.repeated_n is None and 0 < seen[-1] != seen[-2]
        else:
            # From n on nothing changes any more, and before n it still did.
            assert set(seen[limit.repeated_n - 1 :]) == {seen[-1]}
            assert seen[limit.repeated_n - 2] != seen[-1]
            assert (seen[-1] == 0) == (limit.repeated_outcome == "zero")
            assert np.isinf(seen[-1]) == (limit.repeated_outcome == "infinity")


def test_rounding_to_nearest_saves_the_smallest_subnormal():
    half, single, double = precision_ladder(0.6)
    assert [limit.repeated_outcome for limit in (half, single, double)] == ["stuck"] * 3
    assert [limit.repeated_n for limit in (half, single, double)] == [32, 202, 1457]
    assert double.repeated_value == 5e-324
    assert precision_ladder(0.5)[2].repeated_outcome == "zero"  # exactly half of it is a tie


def test_subnormals_begin_where_the_format_says():
    for limit, smallest in zip(
        precision_ladder(0.25), (2.0**-14, 2.0**-126, 2.0**-1022), strict=True
    ):
        assert 0.25**limit.subnormal_n < smallest <= 0.25 ** (limit.subnormal_n - 1)


@pytest.mark.parametrize("bad", [{"w": np.inf}, {"w": 2.0, "n_max": 0}])
def test_the_ladder_refuses(bad):
    with pytest.raises(ValueError, match="must be"):
        precision_ladder(**bad)


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
        np.testing.assert_allclose(
            c.weight_products.value[:, i], weights[:, i:].prod(1), rtol=1e-12
        )
        np.testing.assert_allclose(
            c.products.value[:, i], (slope * weights)[:, i:].prod(1), rtol=1e-12
        )
    # The last product is the derivative of the output by the input.
    ends = [chain(weights, x=x, bias=0.1, activation="tanh").a[:, -1] for x in (0.5001, 0.4999)]
    assert c.products.value[0, 0] == pytest.approx((ends[0] - ends[1])[0] / 2e-4, rel=1e-6)


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
    assert (c.products.value == 1).all() and (c.dw.value == 1).all()


def test_the_products_outlive_the_floats():
    c = chain(tied(0.01, 400), x=1.0, activation="identity")
    np.testing.assert_allclose(c.products.log10[0], -800)
    np.testing.assert_allclose(c.dz.log10[0], -2 * 399)
    assert c.first_non_finite == 0


def test_an_overflow_is_located():
    c = chain(tied([2.0, 10.0], 400), activation="identity")
    assert c.first_non_finite.tolist() == [0, 309]
    np.testing.assert_allclose(c.products.log10[1, 0], 400)


@pytest.mark.parametrize(
    "bad",
    [
        {"weights": []},
        {"weights": 2.0},
        {"weights": [np.nan]},
        {"weights": [1.0], "x": np.inf},
        {"weights": [1.0], "activation": "step"},
    ],
)
def test_the_chain_refuses(bad):
    with pytest.raises(ValueError):
        chain(**bad)
    with pytest.raises(ValueError, match="depth"):
        tied(1.0, 0)


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
