"""The activations, one record each: φ, φ′, largest slope, kinks, source and scripts.

Each activation is written once, as a function that fills h = φ(z) and slope = φ′(z) together. Every
derivative keeps its digits in the tails, where subtracting from 1 would lose all of them:
σ′(40) = σ(40)·σ(−40) = 4.2e-18, but σ(40)·(1 − σ(40)) is 0 in floating point.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import pi, sqrt
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from core.checks import is_finite
from core.formats import as_floats

# Klambauer et al. 2017: the α and λ for which mean 0 and variance 1 are a fixed point.
SELU_ALPHA = 1.6732632423543772
SELU_LAMBDA = 1.0507009873554805
GELU_SCALE = 2 * sqrt(2 / pi)
GELU_CUBIC = 0.044715


@dataclass(frozen=True)
class Activation:
    """One activation φ, elementwise on float64 or float32.

    into(z, h, slope): writes φ(z) into h and φ′(z) into slope, arrays of one shape and type that
        share no memory with z. It may raise floating-point flags; the caller holds one
        `np.errstate`. What it needs besides is little: fresh memory takes longer than the
        arithmetic.
    max_slope: the largest |φ′(z)| over all z.
    kinks: where φ has no derivative; φ′ there is PyTorch's choice, the slope from the left.
    usual_initializer: its name in INITIALIZERS: Xavier where φ is about z near 0 (Glorot and Bengio
        2010) and, by custom, where it is S-shaped, He where it cuts about half of z off (He et al.
        2015), LeCun for SELU, whose two constants are made for it (Klambauer et al. 2017).
    numpy, torch, keras: φ in the scripts of core/recipes.py. For NumPy the text of phi(z) and
        phi_prime(z), which may call sigma(z), the logistic function, with the margins of that file
        where float32 wants another line; for the others a term in z, $far for what exp takes.
    homogeneous: whether φ(cz) = cφ(z) for every c > 0.
    """

    name: str
    label: str
    into: Callable[[np.ndarray, np.ndarray, np.ndarray], None]
    max_slope: float
    kinks: tuple[float, ...]
    source: str
    usual_initializer: str
    numpy: str
    torch: str
    keras: str
    homogeneous: bool = False

    def f(self, z: npt.ArrayLike) -> np.ndarray:
        """φ(z), of the shape of z."""
        return self.value_and_slope(z)[0]

    def df(self, z: npt.ArrayLike) -> np.ndarray:
        """φ′(z), of the shape of z."""
        return self.value_and_slope(z)[1]

    def value_and_slope(self, z: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray]:
        """(φ(z), φ′(z)), each of the shape of z; no floating-point warning."""
        z = as_floats(z)
        at = np.atleast_1d(z)
        h, slope = np.empty_like(at), np.empty_like(at)
        with np.errstate(all="ignore"):
            self.into(at, h, slope)
        return h.reshape(z.shape)[()], slope.reshape(z.shape)[()]


def _identity(z: np.ndarray, h: np.ndarray, slope: np.ndarray) -> None:
    np.copyto(h, z)
    slope.fill(1.0)


def _sigmoid(z: np.ndarray, h: np.ndarray, slope: np.ndarray) -> None:
    e = np.exp(np.negative(z, out=slope), out=slope)
    np.reciprocal(np.add(e, 1, out=h), out=h)
    # Beyond z = −709 (in float32 −88) e is infinite and σ is 0: 0·∞ would be NaN.
    np.minimum(e, np.finfo(e.dtype).max, out=e)
    # σ′(z) = σ(z)·σ(−z), and σ(−z) = e·σ(z)
    slope *= h
    slope *= h


def _tanh(z: np.ndarray, h: np.ndarray, slope: np.ndarray) -> None:
    np.tanh(z, out=h)
    np.reciprocal(np.cosh(z, out=slope), out=slope)  # φ′ = 1/cosh² z; its square may overflow
    slope *= slope


def _relu(z: np.ndarray, h: np.ndarray, slope: np.ndarray) -> None:
    np.maximum(z, 0.0, out=h)
    slope[...] = z > 0.0


def _leaky_relu(z: np.ndarray, h: np.ndarray, slope: np.ndarray, *, negative_slope: float) -> None:
    on = (z > 0).view(np.int8)  # looked up, at a fifth of what np.where takes
    np.take(np.array([negative_slope, 1.0], z.dtype), on, out=slope, mode="clip")
    np.multiply(z, slope, out=h)


def _elu(z: np.ndarray, h: np.ndarray, slope: np.ndarray) -> None:
    part = np.minimum(z, 0)
    np.expm1(part, out=h)
    np.exp(part, out=slope)
    h += np.maximum(z, 0, out=part)


def _selu(z: np.ndarray, h: np.ndarray, slope: np.ndarray) -> None:
    # h = λ(max(z, 0) + α(e^min(z, 0) − 1)); slope = λ(α·e^min(z, 0) + (1 − α)[z > 0])
    part = np.minimum(z, 0)
    np.expm1(part, out=h)
    np.exp(part, out=slope)
    h *= SELU_ALPHA
    h += np.maximum(z, 0, out=part)
    h *= SELU_LAMBDA
    slope *= SELU_ALPHA
    slope += np.multiply(z > 0, 1 - SELU_ALPHA, out=part)
    slope *= SELU_LAMBDA


def _softplus(z: np.ndarray, h: np.ndarray, slope: np.ndarray) -> None:
    _sigmoid(z, slope, h)
    np.exp(np.negative(np.abs(z, out=h), out=h), out=h)
    np.log1p(h, out=h)
    h += np.maximum(z, 0)


def _silu(z: np.ndarray, h: np.ndarray, slope: np.ndarray) -> None:
    far = 112 if z.dtype == np.float32 else 760
    near = np.clip(z, -far, far)
    slope.fill(1.0)
    _gate(z, near, near.copy(), h, slope)


def _gelu(z: np.ndarray, h: np.ndarray, slope: np.ndarray) -> None:
    far = 11 if z.dtype == np.float32 else 22
    near = np.clip(z, -far, far)
    square = np.multiply(near, near, out=h)
    v = near * GELU_SCALE
    v *= np.add(np.multiply(square, GELU_CUBIC, out=slope), 1, out=slope)
    square *= 3 * GELU_CUBIC
    square += 1
    np.multiply(square, GELU_SCALE, out=slope)
    _gate(z, near, v, h, slope)


def _gate(z: np.ndarray, near: np.ndarray, v: np.ndarray, h: np.ndarray, slope: np.ndarray) -> None:
    """φ(z) = z·σ(v) and φ′(z) = σ(v)·(1 + z·v′·σ(−v)), σ(±v) being 0 or 1 where z is cut to near.

    slope comes as v′; near and v are written over. σ(v) = a/(a + 1/a) with a = exp(v/2): multiplied
    by the rest before the division, it is right also where σ(v) itself is subnormal.
    """
    v *= 0.5
    a = np.exp(v, out=v)
    total = np.reciprocal(a, out=h)
    total += a
    slope *= near
    slope /= total
    slope += a
    slope /= total
    a *= near
    np.divide(a, total, out=h)
    h += np.maximum(np.subtract(z, near, out=near), 0, out=near)


def _leaky_relu_record(a: float) -> Activation:
    return Activation(
        name="leaky_relu",
        label="Leaky ReLU",
        into=partial(_leaky_relu, negative_slope=a),
        max_slope=max(1.0, abs(a)),
        kinks=() if a == 1 else (0.0,),
        source="Maas, Hannun and Ng 2013",
        usual_initializer="he",
        homogeneous=True,
        numpy='''
def phi(z):
    """Leaky ReLU: z if z > 0 else a z."""
    return z * phi_prime(z)


def phi_prime(z):
    """1 if z > 0 else a."""
no-float32 |     return np.where(z > 0, 1.0, NEGATIVE_SLOPE)
float32    |     return np.where(z > 0, 1.0, NEGATIVE_SLOPE).astype(np.float32)
''',
        torch="F.leaky_relu(z, NEGATIVE_SLOPE)",
        keras="keras.ops.leaky_relu(z, negative_slope=NEGATIVE_SLOPE)",
    )


ALL = (
    Activation(
        name="identity",
        label="Identity",
        into=_identity,
        max_slope=1.0,
        kinks=(),
        source="Saxe, McClelland and Ganguli 2014, on deep linear networks",
        usual_initializer="xavier",
        homogeneous=True,
        numpy='''
def phi(z):
    """Identity: z."""
    return z


def phi_prime(z):
    """1."""
    return np.ones_like(z)
''',
        torch="z",
        keras="z",
    ),
    Activation(
        name="sigmoid",
        label="Sigmoid",
        into=_sigmoid,
        max_slope=0.25,
        kinks=(),
        source="Rumelhart, Hinton and Williams 1986",
        usual_initializer="xavier",
        numpy='''
def phi(z):
    """Sigmoid: sigma(z)."""
    return sigma(z)


def phi_prime(z):
    """sigma(z) (1 - sigma(z)), without the subtraction, which loses the digits of a small slope."""
    return sigma(z) * sigma(-z)
''',
        torch="torch.sigmoid(z)",
        keras="keras.ops.sigmoid(z)",
    ),
    Activation(
        name="tanh",
        label="Tanh",
        into=_tanh,
        max_slope=1.0,
        kinks=(),
        source="LeCun, Bottou, Orr and Müller 1998",
        usual_initializer="xavier",
        numpy='''
def phi(z):
    """Tanh."""
    return np.tanh(z)


def phi_prime(z):
    """1 - tanh(z)^2, without the subtraction, which loses the digits of a small slope."""
    return 1 / np.cosh(z) ** 2
''',
        torch="torch.tanh(z)",
        keras="keras.ops.tanh(z)",
    ),
    Activation(
        name="relu",
        label="ReLU",
        into=_relu,
        max_slope=1.0,
        kinks=(0.0,),
        source="Nair and Hinton 2010",
        usual_initializer="he",
        homogeneous=True,
        numpy='''
def phi(z):
    """ReLU: z if z > 0 else 0."""
    return np.maximum(z, 0)


def phi_prime(z):
    """1 if z > 0 else 0."""
no-float32 |     return np.where(z > 0, 1.0, 0.0)
float32    |     return np.where(z > 0, 1.0, 0.0).astype(np.float32)
''',
        torch="F.relu(z)",
        keras="keras.ops.relu(z)",
    ),
    _leaky_relu_record(0.01),
    Activation(
        name="elu",
        label="ELU",
        into=_elu,
        max_slope=1.0,
        kinks=(),
        source="Clevert, Unterthiner and Hochreiter 2016",
        usual_initializer="he",
        numpy='''
def phi(z):
    """ELU: z if z > 0 else e^z - 1."""
    return np.maximum(z, 0) + np.expm1(np.minimum(z, 0))


def phi_prime(z):
    """1 if z > 0 else e^z."""
    return np.exp(np.minimum(z, 0))
''',
        torch="F.elu(z, alpha=1.0)",
        keras="keras.ops.elu(z, alpha=1.0)",
    ),
    Activation(
        name="selu",
        label="SELU",
        into=_selu,
        max_slope=SELU_LAMBDA * SELU_ALPHA,
        kinks=(0.0,),
        source="Klambauer et al. 2017",
        usual_initializer="lecun",
        numpy='''
# The values for which mean 0 and variance 1 are a fixed point: Klambauer et al. 2017.
SELU_ALPHA = 1.6732632423543772
SELU_LAMBDA = 1.0507009873554805


def phi(z):
    """SELU: lambda z if z > 0 else lambda alpha (e^z - 1)."""
    return SELU_LAMBDA * (np.maximum(z, 0) + SELU_ALPHA * np.expm1(np.minimum(z, 0)))


def phi_prime(z):
    """lambda if z > 0 else lambda alpha e^z."""
    return SELU_LAMBDA * np.where(z > 0, 1.0, SELU_ALPHA * np.exp(np.minimum(z, 0)))
''',
        torch="F.selu(z)",
        keras="keras.ops.selu(z)",
    ),
    Activation(
        name="softplus",
        label="Softplus",
        into=_softplus,
        max_slope=1.0,
        kinks=(),
        source="Dugas et al. 2001",
        usual_initializer="he",
        numpy='''
def phi(z):
    """Softplus: ln(1 + e^z)."""
    return np.logaddexp(0, z)


def phi_prime(z):
    """The logistic function. Where exp(-z) is infinite, 1 / inf is 0, as it should be."""
    return 1 / (1 + np.exp(-z))
''',
        torch="F.softplus(z, beta=1.0, threshold=$far)  # by default it is z itself from 20 on",
        keras="keras.ops.logaddexp(z, 0.0)  # softplus(z) may be z itself from 20 on",
    ),
    Activation(
        name="silu",
        label="SiLU (Swish)",
        into=_silu,
        max_slope=1.09983932012887,  # at z = 2.39936
        kinks=(),
        source="Hendrycks and Gimpel 2016; Ramachandran, Zoph and Le 2017",
        usual_initializer="he",
        numpy='''
def phi(z):
    """SiLU (Swish): z sigma(z)."""
    return z * sigma(z)


def phi_prime(z):
    """sigma(z) (1 + z sigma(-z)): the product rule, with sigma(-z) for 1 - sigma(z)."""
    return sigma(z) * (1 + z * sigma(-z))
''',
        torch="F.silu(z)",
        keras="keras.ops.silu(z)",
    ),
    Activation(
        name="gelu",
        label="GELU (tanh form)",
        into=_gelu,
        max_slope=1.12899306865878,  # at z = 1.41850
        kinks=(),
        source="Hendrycks and Gimpel 2016",
        usual_initializer="he",
        numpy='''
no-float32 | C = 2 * np.sqrt(2 / np.pi)
float32    | C = float(2 * np.sqrt(2 / np.pi))  # a NumPy float64 would make all it meets float64


def phi(z):
    """GELU in its tanh form: z sigma(v) with v = C (z + 0.044715 z^3)."""
    return z * sigma(C * (z + 0.044715 * z**3))


def phi_prime(z):
    """sigma(v) (1 + z v' sigma(-v)), v' = C (1 + 0.134145 z^2)."""
    z = np.clip(z, -22, 22)  # sigma(v) is 0 or 1 beyond, and z^3 cannot overflow
    v = C * (z + 0.044715 * z**3)
    dv = C * (1 + 0.134145 * z**2)
    return sigma(v) * (1 + z * dv * sigma(-v))
''',
        torch='F.gelu(z, approximate="tanh")',
        keras="keras.ops.gelu(z, approximate=True)",
    ),
)

ACTIVATIONS: Mapping[str, Activation] = MappingProxyType({a.name: a for a in ALL})


def activation(name: str, *, negative_slope: float = 0.01) -> Activation:
    """The record of an activation; `negative_slope` matters to leaky_relu alone.

    Raises ValueError for a name that is not in ACTIVATIONS and for a slope that is not finite.
    """
    if name not in ACTIVATIONS:
        raise ValueError(f"unknown activation {name!r}; known are {', '.join(ACTIVATIONS)}")
    if not is_finite(negative_slope):
        raise ValueError(f"negative_slope must be finite, not {negative_slope!r}")
    if name == "leaky_relu" and negative_slope != 0.01:
        return _leaky_relu_record(float(negative_slope))
    return ACTIVATIONS[name]
