"""Number formats: every number of the small ones, every halfway case, against ml_dtypes."""

import numpy as np
import pytest

from core.formats import FORMATS, rounded, stochastic

ml_dtypes = pytest.importorskip("ml_dtypes", reason="the reference for small formats")
SMALL = ("float16", "bfloat16", "float8_e5m2", "float8_e4m3fn")


def dtype(name):
    return np.dtype(getattr(ml_dtypes, name, None) or name)


def numbers(name):
    """Every number of a format, NaN aside, in order, as float64."""
    kind = dtype(name)
    bits = np.arange(2 ** (8 * kind.itemsize), dtype=f"uint{8 * kind.itemsize}")
    with np.errstate(invalid="ignore"):
        found = bits.view(kind).astype(np.float64)
    return np.unique(found[~np.isnan(found)])


def by_reference(x, name):
    """As ml_dtypes rounds numbers of float32: a float64 it rounds to float32 first."""
    assert name == "float32" or (x[np.isfinite(x)] == x[np.isfinite(x)].astype(np.float32)).all()
    with np.errstate(over="ignore", invalid="ignore"):
        return x.astype(dtype(name)).astype(np.float64)


def same(a, b):
    np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(np.signbit(a)[~np.isnan(a)], np.signbit(b)[~np.isnan(b)])


@pytest.mark.parametrize("name", SMALL)
def test_every_number_of_a_format_stays_and_so_do_its_bounds(name):
    form, found = FORMATS[name], numbers(name)
    same(rounded(found, form), found)
    finite = found[np.isfinite(found)]
    assert finite.max() == form.largest and finite[finite > 0].min() == form.smallest
    assert found[found > 1].min() == 1 + form.epsilon
    assert np.isinf(found).any() == np.isinf(form.overflow)


@pytest.mark.parametrize("name", SMALL)
def test_halfway_cases_and_their_neighbors(name):
    found = numbers(name)
    finite = found[np.isfinite(found)]
    half = np.concatenate([(finite[1:] + finite[:-1]) / 2, [1.5 * finite[-1] - finite[-2] / 2]])
    single = half.astype(np.float32)
    above, below = (np.nextafter(single, np.float32(way)) for way in (np.inf, -np.inf))
    for x in (half, above.astype(float), below.astype(float), -half):
        same(rounded(x, FORMATS[name]), by_reference(x, name))


@pytest.mark.parametrize("name", SMALL)
def test_a_number_just_beyond_halfway_is_not_rounded_twice(name):
    """Where rounding to float32 first would make it a halfway case, and the even one the wrong."""
    found = numbers(name)
    finite = found[np.isfinite(found) & (found > 0)]
    half = (finite[1:] + finite[:-1]) / 2
    half = half[half > 1e-36]  # float64 is precise enough there to be nearer than float32
    above, below = half * (1 + 2e-12), half * (1 - 2e-12)
    up, down = (finite[np.searchsorted(finite, half) + i] for i in (0, -1))
    same(rounded(above, FORMATS[name]), up)
    same(rounded(below, FORMATS[name]), down)


@pytest.mark.parametrize("name", (*SMALL, "float32"))
def test_random_numbers_of_all_sizes(name):
    rng = np.random.default_rng(0)
    x = rng.standard_normal(200_000) * 2.0 ** rng.uniform(-180, 140, 200_000)
    with np.errstate(over="ignore"):
        x = x.astype(np.float32).astype(np.float64)
    x = np.concatenate([x, [0.0, -0.0, np.inf, -np.inf, np.nan, 1.401298464324817e-45]])
    same(rounded(x, FORMATS[name]), by_reference(x, name))


def test_what_is_too_large_as_the_format_says_or_saturated():
    e4m3, e5m2 = FORMATS["float8_e4m3fn"], FORMATS["float8_e5m2"]
    assert np.isnan(rounded([464.1, 500, np.inf], e4m3)).all()
    assert rounded(464.0, e4m3) == 448  # halfway, to the even one
    same(rounded([61440.0, -1e9], e5m2), np.array([np.inf, -np.inf]))
    same(rounded([500.0, -np.inf, 3.0], e4m3, saturate=True), np.array([448.0, -448.0, 3.0]))
    assert np.isnan(rounded(np.nan, e4m3, saturate=True))
    assert rounded(np.inf, e5m2, saturate=True) == 57344


def test_without_subnormals_small_numbers_are_zero_and_keep_their_sign():
    half = FORMATS["float16"]
    same(rounded([6e-8, -6e-5, 6.2e-5], half, subnormals=False), [0, -0.0, rounded(6.2e-5, half)])


@pytest.mark.parametrize("name", SMALL)
def test_stochastic_rounding_hits_a_neighbor_and_the_mean(name):
    form, rng = FORMATS[name], np.random.default_rng(1)
    for x in (1 + 0.3 * form.epsilon, -0.77, form.smallest * 0.25):
        drawn = stochastic(np.full(40_000, x), form, rng)
        assert len(np.unique(drawn)) <= 2
        same(rounded(drawn, form), drawn)
        gap = np.ptp(drawn) or form.epsilon
        assert abs(drawn.mean() - x) < 0.02 * gap


def test_float64_has_nothing_to_round_by_chance():
    x = np.array([1 / 3, -1e-310, 0.0])
    same(stochastic(x, FORMATS["float64"], np.random.default_rng(0)), x)
