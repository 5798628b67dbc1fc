"""The linear recurrence: central differences, closed forms, and the curse of memory measured."""

import numpy as np
import pytest

from core import linear_recurrence as linear
from tests.core.test_reference import differences
from tests.golden import recipe


def states(lam, x, scaled=False):
    """h_1 … h_T of the recurrence, (T, …), from h₀ = 0; x: (T, …)."""
    s, _ = linear.input_scale(lam, scaled=scaled)
    h = [np.zeros(x.shape[1:])]
    for x_t in x:
        h.append(lam * h[-1] + s * x_t)
    return np.array(h[1:])


def carried_back(lam, x, scaled=False):
    """∂h_T/∂λ by backpropagation through time."""
    _, ds = linear.input_scale(lam, scaled=scaled)
    before = np.concatenate([np.zeros_like(x[:1]), states(lam, x, scaled)[:-1]])
    dh, dlam = 1.0, 0.0
    for h_t, x_t in zip(before[::-1], x[::-1], strict=True):
        dlam = dlam + dh * (h_t + ds * x_t)
        dh = lam * dh
    return dlam


def root_mean_square(a):
    return np.sqrt(np.mean(a * a, axis=-1))


def white(steps, draws, seed=3):
    """The inputs that `sensitivity` draws from this seed, (steps, draws)."""
    return np.random.default_rng(seed).standard_normal((steps, draws))


class Given:
    """In place of a generator: these inputs, a step at a time."""

    def __init__(self, x):
        self.left = iter(x)

    def standard_normal(self, draws):
        x = next(self.left)
        assert len(x) == draws
        return x


@pytest.mark.parametrize("case", recipe.LINEAR_CASES, ids=lambda case: case.name)
def test_sensitivities_are_those_of_pytorch(case):
    lam, x = np.array(case.lam), recipe.linear_inputs(case)
    ours = {
        "sensitivity": linear.sensitivity(
            lam, case.steps, Given(x), draws=case.draws, scaled=case.scaled
        ),
        "of_nu": linear.of_nu(lam[lam > 0]),
    }
    for kind, array in ours.items():
        assert not differences(f"linear {case.name}", kind, [array])


@pytest.mark.parametrize("scaled", [False, True])
def test_sensitivity_matches_central_differences(scaled):
    lam, x = np.array([-0.7, 0.2, 0.95]), white(12, 5)
    up, down = ([states(at, x, scaled)[-1] for at in lam + e] for e in (1e-6, -1e-6))
    difference = root_mean_square((np.array(up) - down) / 2e-6)
    rng = np.random.default_rng(3)
    found = linear.sensitivity(lam, 12, rng, draws=5, scaled=scaled)
    np.testing.assert_allclose(found, difference, rtol=1e-7)


@pytest.mark.parametrize("scaled", [False, True])
def test_forward_and_backward_sensitivity_are_the_same_number(scaled):
    """∂h_T/∂λ carried along with the state, and carried back from h_T: over the same inputs."""
    lam, steps, draws = 0.9, 60, 50
    back = carried_back(lam, white(steps, draws), scaled)
    along = linear.sensitivity(lam, steps, np.random.default_rng(3), draws=draws, scaled=scaled)
    assert along == pytest.approx(root_mean_square(back), rel=1e-12)


@pytest.mark.parametrize("lam,square", [(0.5, 2.96), (0.9, 264), (0.99, 2.5e5)])
def test_the_curse_of_memory(lam, square):
    """E(∂h/∂λ)² = (1 + λ²)/(1 − λ²)³ (Zucchet and Orvieto 2024), and what is measured."""
    theory = linear.sensitivity_theory(lam)
    assert theory**2 == pytest.approx(square, rel=0.01)
    steps = int(12 / (1 - lam))
    measured = linear.sensitivity(lam, steps, np.random.default_rng(0), draws=4000)
    assert measured / theory == pytest.approx(1, abs=0.04)


def test_scaled_inputs_make_it_milder_and_nu_cures_it():
    lam = np.array([0.5, 0.9, 0.99, 0.999])
    scaled = linear.sensitivity_theory(lam, scaled=True)
    np.testing.assert_allclose(scaled, 1 / (1 - lam**2))
    assert (scaled < linear.sensitivity_theory(lam)).all()
    measured = linear.sensitivity(lam[:3], 1200, np.random.default_rng(0), draws=4000, scaled=True)
    np.testing.assert_allclose(measured, scaled[:3], rtol=0.04)
    by_nu = np.abs(linear.of_nu(lam)) * scaled
    assert (by_nu < 0.5).all() and by_nu[-1] == pytest.approx(0.5, abs=1e-3)


def test_of_nu_is_the_derivative_of_its_formula():
    nu = np.log(-np.log(np.array([0.3, 0.9, 0.999])))

    def lam(nu):
        return np.exp(-np.exp(nu))

    difference = (lam(nu + 1e-6) - lam(nu - 1e-6)) / 2e-6
    np.testing.assert_allclose(linear.of_nu(lam(nu)), difference, rtol=1e-7)


def test_a_scaled_state_keeps_the_variance_of_its_input():
    assert states(0.95, white(400, 20_000), scaled=True)[-1].std() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("lam", [1.0, -1.0, 1.5, np.nan])
def test_a_memory_without_end_is_refused(lam):
    with pytest.raises(ValueError, match="below 1"):
        linear.sensitivity(lam, 3, np.random.default_rng(0), draws=1)


@pytest.mark.parametrize("scaled", [False, True])
def test_lists_are_taken(scaled):
    def found(lam):
        yield linear.sensitivity(lam, 3, np.random.default_rng(0), draws=2, scaled=scaled)
        yield linear.sensitivity_theory(lam, scaled=scaled)
        yield linear.of_nu(lam)

    for ours, theirs in zip(found([0.5, 0.2]), found(np.array([0.5, 0.2])), strict=True):
        np.testing.assert_array_equal(ours, theirs)
