"""Initializers: their spread, their shared draws, their sources' claims."""

from math import sqrt

import numpy as np
import pytest

from core.initializers import INITIALIZERS

EVERY = pytest.mark.parametrize("scheme", INITIALIZERS.values(), ids=INITIALIZERS.keys())
GAUSSIAN = ["normal", "he", "lecun", "xavier"]
UNIFORM = ["he_uniform", "lecun_uniform", "xavier_uniform", "uniform_classic"]


def sample(name, fan_in=30, fan_out=50, seed=0):
    return INITIALIZERS[name].sample(np.random.default_rng(seed), fan_in, fan_out)


def test_names():
    assert list(INITIALIZERS) == [*GAUSSIAN, *UNIFORM, "orthogonal"]


@pytest.mark.parametrize(
    ("name", "std"),
    [
        ("normal", 1.0),
        ("he", sqrt(2 / 30)),
        ("lecun", sqrt(1 / 30)),
        ("xavier", sqrt(2 / 80)),
        ("he_uniform", sqrt(2 / 30)),
        ("lecun_uniform", sqrt(1 / 30)),
        ("xavier_uniform", sqrt(2 / 80)),
        ("uniform_classic", sqrt(1 / 90)),
        ("orthogonal", sqrt(1 / 50)),
    ],
)
def test_std_of_fan_in_30_and_fan_out_50(name, std):
    assert INITIALIZERS[name].std(30, 50) == pytest.approx(std, rel=1e-15)


@EVERY
def test_samples_have_the_stated_spread_and_shape(scheme):
    W = sample(scheme.name, 300, 200)
    assert W.shape == (300, 200) and W.dtype == np.float64
    # 60,000 draws: the sampled deviation is within 5 · 1/√(2 · 60000) = 1.5 % of the true one.
    assert W.std() == pytest.approx(scheme.std(300, 200), rel=0.015)
    assert abs(W.mean()) < 5 * W.std() / sqrt(W.size)


@pytest.mark.parametrize("family", [GAUSSIAN, UNIFORM])
def test_a_family_multiplies_the_same_draws(family):
    unit = sample(family[0]) / INITIALIZERS[family[0]].std(30, 50)
    for name in family:
        expected = unit * INITIALIZERS[name].std(30, 50)
        np.testing.assert_allclose(sample(name), expected, rtol=1e-14)


@pytest.mark.parametrize(
    ("name", "bound"),
    [
        ("he_uniform", sqrt(6 / 30)),
        ("lecun_uniform", sqrt(3 / 30)),
        ("xavier_uniform", sqrt(6 / 80)),
        ("uniform_classic", sqrt(1 / 30)),
    ],
)
def test_uniform_bounds_are_those_of_the_papers(name, bound):
    largest = np.abs(sample(name)).max()
    assert 0.99 * bound < largest < bound


def test_the_classic_scheme_has_a_third_of_lecuns_variance():
    # Glorot and Bengio 2010: n·Var[W] = 1/3
    assert 40 * INITIALIZERS["uniform_classic"].std(40, 7) ** 2 == pytest.approx(1 / 3)


@pytest.mark.parametrize("fans", [(6, 6), (9, 4), (4, 9), (1, 5), (1, 1)])
def test_orthogonal_rows_or_columns(fans):
    W = sample("orthogonal", *fans)
    gram = W.T @ W if fans[0] >= fans[1] else W @ W.T
    np.testing.assert_allclose(gram, np.eye(min(fans)), atol=1e-14)


@pytest.mark.parametrize("fans", [(6, 6), (9, 4), (4, 9), (1, 5), (1, 1)])
def test_orthogonal_is_the_q_of_its_draws_with_a_positive_diagonal_of_r(fans):
    """With that sign QR has one answer, so that the draws alone decide, and no library."""
    for seed in range(5):
        q = sample("orthogonal", *fans, seed)
        q = q if fans[0] >= fans[1] else q.T  # (largest, smallest)
        r = q.T @ np.random.default_rng(seed).standard_normal(q.shape)
        np.testing.assert_allclose(np.tril(r, -1), 0, atol=1e-13)
        assert (np.diag(r) > 0).all()


def test_orthogonal_has_no_preferred_sign():
    signs = [np.sign(np.linalg.det(sample("orthogonal", 3, 3, seed))) for seed in range(40)]
    assert 8 < signs.count(1.0) < 32
    diagonal = [sample("orthogonal", 2, 2, seed)[0, 0] for seed in range(200)]
    assert abs(np.mean(diagonal)) < 5 * sqrt(1 / 2 / 200)


@EVERY
def test_a_generator_decides_everything(scheme):
    np.testing.assert_array_equal(sample(scheme.name), sample(scheme.name))
    assert not np.array_equal(sample(scheme.name), sample(scheme.name, seed=1))


@EVERY
def test_a_record_says_what_it_is(scheme):
    assert scheme.label and scheme.source
