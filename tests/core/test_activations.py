"""Each activation against 80 digits in the tails, central differences and PyTorch's conventions."""

import numpy as np
import pytest

from core.activations import ACTIVATIONS, activation
from core.initializers import INITIALIZERS

NAMES = "identity sigmoid tanh relu leaky_relu elu selu softplus silu gelu"
EVERY = pytest.mark.parametrize("phi", ACTIVATIONS.values(), ids=ACTIVATIONS.keys())

# (name, z, φ(z), φ′(z)), evaluated with 80 digits (mpmath) and rounded to float64.
EXACT = [
    ("sigmoid", -700, 9.85967654375977e-305, 9.85967654375977e-305),
    ("sigmoid", -40, 4.248354255291589e-18, 4.248354255291589e-18),
    ("sigmoid", -5, 0.0066928509242848554, 0.006648056670790155),
    ("sigmoid", 0.3, 0.574442516811659, 0.24445831169074586),
    ("sigmoid", 5, 0.9933071490757152, 0.006648056670790155),
    ("sigmoid", 40, 1.0, 4.248354255291589e-18),
    ("sigmoid", 700, 1.0, 9.85967654375977e-305),
    ("tanh", -300, -1.0, 1.0601586212017243e-260),
    ("tanh", -6, -0.9999877116507956, 2.4576547405332702e-05),
    ("tanh", -1e-09, -1e-09, 1.0),
    ("tanh", 0.3, 0.2913126124515909, 0.9151369618266292),
    ("tanh", 5.2, 0.9999391368861988, 0.00012172252328363975),
    ("tanh", 20, 1.0, 1.6993417021166355e-17),
    ("tanh", 300, 1.0, 1.0601586212017243e-260),
    ("elu", -700, -1.0, 9.85967654375977e-305),
    ("elu", -1e-09, -9.999999995e-10, 0.999999999),
    ("elu", -0.3, -0.2591817793182821, 0.7408182206817179),
    ("elu", 700, 700.0, 1.0),
    ("selu", -700, -1.7580993408473766, 1.7334290832552394e-304),
    ("selu", -1e-09, -1.7580993399683272e-09, 1.7580993390892774),
    ("selu", -0.3, -0.45566731537912203, 1.3024320254682547),
    ("selu", 0.3, 0.31521029620664415, 1.0507009873554805),
    ("selu", 700, 735.4906911488363, 1.0507009873554805),
    ("softplus", -700, 9.85967654375977e-305, 9.85967654375977e-305),
    ("softplus", -40, 4.248354255291589e-18, 4.248354255291589e-18),
    ("softplus", 0.3, 0.8543552444685271, 0.574442516811659),
    ("softplus", 700, 700.0, 1.0),
    ("silu", -700, -6.90177358063184e-302, -6.891913904088079e-302),
    ("silu", -40, -1.6993417021166355e-16, -1.6568581595637197e-16),
    ("silu", -3, -0.14227761953270035, -0.08810410601516962),
    ("silu", 0.3, 0.17233275504349768, 0.6477800103188828),
    ("silu", 2.4, 2.200385528414586, 1.099839301230523),
    ("silu", 700, 700.0, 1.0),
    ("gelu", -21, -6.01664848763168e-301, -5.773008639270594e-299),
    ("gelu", -20, -3.375450956311062e-261, -2.9424328724945853e-259),
    ("gelu", -5, -2.291796196629507e-07, -1.5463619875325953e-06),
    ("gelu", 0.3, 0.18537092354275925, 0.7322954516388018),
    ("gelu", 1.4, 1.2867080671611943, 1.1289220415535934),
    ("gelu", 5, 4.999999770820381, 1.0000015463619876),
    ("gelu", 700, 700.0, 1.0),
]


def test_the_names_in_order_and_read_only():
    assert " ".join(ACTIVATIONS) == NAMES
    with pytest.raises(TypeError):
        ACTIVATIONS["relu"] = ACTIVATIONS["tanh"]


@pytest.mark.parametrize(("name", "z", "value", "slope"), EXACT)
def test_digits_in_the_tails(name, z, value, slope):
    np.testing.assert_allclose(ACTIVATIONS[name].f(z), value, rtol=1e-11)
    np.testing.assert_allclose(ACTIVATIONS[name].df(z), slope, rtol=1e-11)


def test_a_slope_survives_where_its_sigmoid_is_subnormal():
    # σ(v) is 1e-310 here and z·v′·σ(v) a normal number again.
    np.testing.assert_allclose(ACTIVATIONS["gelu"].df(-21.2), -2.275019711540775e-307, rtol=1e-9)


@EVERY
def test_identities_hold_from_minus_700_to_700(phi):
    z = np.arange(-7000, 7001) / 10  # symmetric: z[::-1] is −z
    sigmoid = 1 / (1 + np.exp(-z))  # relatively exact on this interval for every sign of z
    value, slope = phi.f(z), phi.df(z)
    assert np.isfinite(value).all() and np.isfinite(slope).all()
    if phi.name == "sigmoid":
        np.testing.assert_allclose(value, sigmoid, rtol=1e-13)
        np.testing.assert_allclose(slope, sigmoid * sigmoid[::-1], rtol=1e-13)
    elif phi.name == "tanh":
        near = np.abs(z) < 350
        np.testing.assert_allclose(slope[near], np.cosh(z[near]) ** -2.0, rtol=1e-11)
    elif phi.name == "softplus":
        np.testing.assert_allclose(value, np.logaddexp(0, z), rtol=1e-13)
        np.testing.assert_allclose(slope, sigmoid, rtol=1e-13)
    elif phi.name == "silu":
        np.testing.assert_allclose(value, z * sigmoid, rtol=1e-13)
    elif phi.name == "gelu":
        v = np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)
        np.testing.assert_allclose(value, z / 2 * (1 + np.tanh(v)), rtol=1e-12, atol=1e-14)
    elif phi.name in ("elu", "selu"):
        scale = 1.0 if phi.name == "elu" else slope[-1]
        alpha = 1.0 if phi.name == "elu" else 1.6732632423543772
        expected = np.where(z > 0, scale, scale * alpha * np.exp(z))
        np.testing.assert_allclose(slope, expected, rtol=1e-13)
        expected = np.where(z > 0, scale * z, scale * alpha * np.expm1(z))
        np.testing.assert_allclose(value, expected, rtol=1e-13)
    else:
        np.testing.assert_array_equal(value, z * slope)


@EVERY
def test_slope_is_the_derivative(phi):
    z = np.linspace(-6, 6, 401) + 0.0037  # no grid point near 0, the only kink
    step = 1e-5
    numeric = (phi.f(z + step) - phi.f(z - step)) / (2 * step)
    worst = np.argmax(np.abs(numeric - phi.df(z)))
    assert np.abs(numeric - phi.df(z)).max() < 1e-9, (
        f"{phi.name}′({z[worst]}) = {phi.df(z[worst])!r}, central differences {numeric[worst]!r}"
    )


@EVERY
def test_the_largest_slope_is_reached_and_never_exceeded(phi):
    z = np.concatenate([np.linspace(-8, 8, 160_001), [1.41850400879, 2.39935728052, -1e-12, 50]])
    largest = np.abs(phi.df(z)).max()
    assert largest <= phi.max_slope
    assert largest == pytest.approx(phi.max_slope, rel=1e-9)


def test_slopes_at_a_kink_are_those_of_pytorch():
    at_zero = {name: phi.df(0.0) for name, phi in ACTIVATIONS.items() if phi.kinks}
    assert at_zero == {"relu": 0.0, "leaky_relu": 0.01, "selu": pytest.approx(1.7580993408473766)}
    assert all(phi.kinks in ((), (0.0,)) for phi in ACTIVATIONS.values())


@EVERY
def test_a_kink_is_where_the_slope_jumps(phi):
    jump = abs(phi.df(1e-300) - phi.df(-1e-300))
    assert (jump > 1e-6) == (phi.kinks == (0.0,))


@EVERY
def test_limits_and_nan(phi):
    value, slope = phi.value_and_slope([-np.inf, -1e308, 1e308, np.inf, np.nan])
    assert np.isnan(value[4])
    assert np.isfinite(slope[:4]).all()
    if phi.name in ("sigmoid", "tanh"):
        assert slope[:4].tolist() == [0.0] * 4
        assert value[3] == 1.0
    else:
        assert value[3] == np.inf
        assert slope[3] == slope[2] == pytest.approx(phi.df(800.0))
    if phi.name in ("silu", "gelu", "softplus", "relu"):
        assert abs(value[0]) < 1e-300


def test_the_sigmoid_saturates_exactly():
    assert ACTIVATIONS["sigmoid"].f([-750, 750]).tolist() == [0.0, 1.0]
    assert ACTIVATIONS["sigmoid"].df([-750, 750]).tolist() == [0.0, 0.0]


@EVERY
def test_shapes_and_the_argument_are_kept(phi):
    z = np.linspace(-3, 3, 24).reshape(2, 3, 4)
    before = z.copy()
    value, slope = phi.value_and_slope(z)
    assert value.shape == slope.shape == z.shape
    np.testing.assert_array_equal(z, before)
    np.testing.assert_array_equal(phi.f(z[:, ::2, ::-1]), value[:, ::2, ::-1])
    assert np.ndim(phi.f(2)) == np.ndim(phi.df(2)) == 0
    assert phi.f(list(before[0, 0])).shape == (4,)


@EVERY
def test_a_record_says_what_it_is(phi):
    assert phi.label and phi.source


def test_negative_slope():
    phi = activation("leaky_relu", negative_slope=0.2)
    assert (phi.f(-3.0), phi.df(-3.0), phi.df(0.0)) == pytest.approx((-0.6, 0.2, 0.2))
    assert activation("leaky_relu", negative_slope=-3).max_slope == 3
    assert activation("leaky_relu", negative_slope=1).kinks == ()
    assert activation("relu", negative_slope=0.2) is ACTIVATIONS["relu"]


@pytest.mark.parametrize("slope", [0.0, 0.01, 0.1, 0.25, 1 / 3, 0.7, 1.0])
def test_the_positive_side_of_leaky_relu_is_exactly_the_identity(slope):
    z = np.array([1e-300, 0.1, 1 / 3, 7e300])
    phi = activation("leaky_relu", negative_slope=slope)
    np.testing.assert_array_equal(phi.f(z), z)
    np.testing.assert_array_equal(phi.df(z), 1.0)


@pytest.mark.parametrize("slope", [0.005, 0.01, 0.02, -0.01])
def test_leaky_relu_has_the_slope_that_was_asked_for(slope):
    phi = activation("leaky_relu", negative_slope=slope)
    assert phi.name == "leaky_relu" and phi.kinks == (0.0,) and phi.max_slope == 1.0
    assert (phi.f(-2.0), phi.df(-2.0)) == (-2 * slope, slope)


def test_bad_names_and_slopes_are_refused():
    with pytest.raises(ValueError, match=r"unknown activation 'swish'.*silu"):
        activation("swish")
    with pytest.raises(ValueError, match="negative_slope must be finite"):
        activation("leaky_relu", negative_slope=float("nan"))


def test_the_slope_of_an_active_leaky_unit_is_exactly_one():
    slopes = np.linspace(-2, 2, 401)
    assert all(activation("leaky_relu", negative_slope=a).df(1.0) == 1.0 for a in slopes)


def test_a_silu_far_below_zero_is_off():
    assert activation("silu").df(-1e6) == 0.0 == -activation("silu").f(-1e6)


def test_a_gelu_far_below_zero_is_off():
    assert activation("gelu").df(-1e6) == 0.0 == -activation("gelu").f(-1e6)


@EVERY
def test_a_record_says_whether_it_scales_with_its_argument(phi):
    z = np.linspace(-3, 3, 61)
    assert np.allclose(phi.f(2 * z), 2 * phi.f(z)) == phi.homogeneous


@EVERY
def test_a_record_names_its_usual_initializer(phi):
    assert phi.usual_initializer in INITIALIZERS
    if phi.name == "selu":  # what keeps mean 0 and variance 1 there, a fixed point
        assert phi.usual_initializer == "lecun"
        return
    cuts_half = phi.f(-3.0) > -2 and phi.df(3.0) > 0.9  # flat on the left, steep on the right
    assert phi.usual_initializer == ("he" if cuts_half else "xavier")
