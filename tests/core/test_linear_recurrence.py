"""The linear recurrence: central differences, closed forms, and the curse of memory measured."""

import numpy as np
import pytest

from core import linear_recurrence as linear


@pytest.mark.parametrize("scaled", [False, True])
def test_gradients_match_central_differences(scaled):
    lam = np.array([-0.7, 0.2, 0.95])
    x = np.random.default_rng(0).standard_normal((12, 3))
    trace = linear.forward(lam, x, scaled=scaled)
    gradients = linear.backward(lam, trace, np.ones(3), scaled=scaled)
    up, down = (linear.forward(lam + e, x, scaled=scaled).h[-1] for e in (1e-6, -1e-6))
    np.testing.assert_allclose(gradients.dlam, (up - down) / 2e-6, rtol=1e-7)
    powers = np.arange(11, -1, -1)[:, None]
    np.testing.assert_allclose(gradients.dh, lam**powers, rtol=1e-12)


@pytest.mark.parametrize("scaled", [False, True])
def test_forward_and_backward_sensitivity_are_the_same_number(scaled):
    """∂h_T/∂λ carried along with the state, and dJ/dλ of J = h_T: over the same inputs."""
    lam, steps, draws = 0.9, 60, 50
    rng = np.random.default_rng(3)
    x = np.array([rng.standard_normal(draws) for _ in range(steps)])
    trace = linear.forward(lam, x, scaled=scaled)
    back = linear.backward(lam, trace, np.ones(draws), scaled=scaled).dlam
    along = linear.sensitivity(lam, steps, np.random.default_rng(3), draws=draws, scaled=scaled)
    assert along == pytest.approx(np.sqrt(np.mean(back**2)), rel=1e-12)


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
    x = np.random.default_rng(0).standard_normal((400, 20_000))
    assert linear.forward(0.95, x, scaled=True).h[-1].std() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("lam", [1.0, -1.0, 1.5, np.nan])
def test_a_memory_without_end_is_refused(lam):
    with pytest.raises(ValueError, match="below 1"):
        linear.forward(lam, np.zeros((3, 1)))


def test_lists_are_taken():
    lam, x = [0.5, 0.2], np.ones((3, 2))
    trace = linear.forward(lam, x)
    np.testing.assert_array_equal(trace.h, linear.forward(np.array(lam), x).h)
    dlam = linear.backward(lam, trace, np.ones(2)).dlam
    np.testing.assert_array_equal(dlam, linear.backward(np.array(lam), trace, np.ones(2)).dlam)
