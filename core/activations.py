"""The ten activations: φ, φ′, their TeX, largest slope, kinks and source, one record each.

Each activation is written once, as a function that fills h = φ(z) and slope = φ′(z) together. Every
derivative keeps its digits in the tails, where subtracting from 1 would lose all of them:
σ′(40) = σ(40)·σ(−40) = 4.2e-18, but σ(40)·(1 − σ(40)) is 0 in floating point.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType

import numpy as np

LARGEST = np.finfo(np.float64).max
# Klambauer et al. 2017: the α and λ for which mean 0 and variance 1 are a fixed point.
SELU_ALPHA = 1.6732632423543772
SELU_LAMBDA = 1.0507009873554805
GELU_SCALE = 2 * np.sqrt(2 / np.pi)
GELU_CUBIC = 0.044715


@dataclass(frozen=True)
class Activation:
    """One activation φ, elementwise on float64.

    into(z, h, slope): writes φ(z) into h and φ′(z) into slope, arrays of one shape that share no
        memory with z. It may raise floating-point flags; the caller holds one `np.errstate`.
    max_slope: the largest |φ′(z)| over all z.
    kinks: where φ has no derivative; φ′ there is PyTorch's choice, the slope from the left.
    """

    name: str
    label: str
    into: Callable[[np.ndarray, np.ndarray, np.ndarray], None]
    tex: str
    tex_derivative: str
    max_slope: float
    kinks: tuple[float, ...]
    source: str

    def f(self, z):
        """φ(z), of the shape of z."""
        return self.value_and_slope(z)[0]

    def df(self, z):
        """φ′(z), of the shape of z."""
        return self.value_and_slope(z)[1]

    def value_and_slope(self, z):
        """(φ(z), φ′(z)), each of the shape of z; no floating-point warning."""
        z = np.asarray(z, dtype=np.float64)
        h, slope = np.empty_like(z), np.empty_like(z)
        with np.errstate(all="ignore"):
            self.into(z, h, slope)
        return h[()], slope[()]


def _identity(z, h, slope):
    np.copyto(h, z)
    slope.fill(1.0)


def _sigmoid(z, h, slope):
    e = np.exp(np.negative(z, out=slope), out=slope)
    np.reciprocal(np.add(e, 1, out=h), out=h)
    np.minimum(e, LARGEST, out=e)  # beyond z = −709 e is infinite and σ is 0: 0·∞ would be NaN
    # σ′(z) = σ(z)·σ(−z), and σ(−z) = e·σ(z)
    slope *= h
    slope *= h


def _tanh(z, h, slope):
    np.tanh(z, out=h)
    np.subtract(1, np.multiply(h, h, out=slope), out=slope)
    tail = slope < 1e-4  # 1 − h² cancels from here on: four digits are lost, and soon all
    if tail.any():
        e = np.exp(-2 * np.abs(z[tail]))
        slope[tail] = 4 * e / (1 + e) ** 2


def _relu(z, h, slope):
    np.maximum(z, 0, out=h)
    np.sign(h, out=slope)


def _leaky_relu(z, h, slope, *, negative_slope):
    slope.fill(negative_slope)
    np.copyto(slope, 1.0, where=z > 0)
    np.multiply(z, slope, out=h)


def _elu(z, h, slope):
    negative = np.minimum(z, 0, out=slope)
    np.add(np.maximum(z, 0), np.expm1(negative, out=h), out=h)
    np.exp(negative, out=slope)


def _selu(z, h, slope):
    negative = np.minimum(z, 0, out=slope)
    np.expm1(negative, out=h)
    h *= SELU_ALPHA
    h += np.maximum(z, 0)
    h *= SELU_LAMBDA
    np.exp(negative, out=slope)
    slope *= SELU_LAMBDA * SELU_ALPHA
    np.copyto(slope, SELU_LAMBDA, where=z > 0)


def _softplus(z, h, slope):
    _sigmoid(z, slope, h)
    np.logaddexp(0, z, out=h)


def _silu(z, h, slope):
    near = np.clip(z, -750, 750)
    _gate(z, near, near, 1.0, h, slope)


def _gelu(z, h, slope):
    near = np.clip(z, -22, 22)
    square = near * near
    v = GELU_SCALE * near * (1 + GELU_CUBIC * square)
    _gate(z, near, v, GELU_SCALE * (1 + 3 * GELU_CUBIC * square), h, slope)


def _gate(z, near, v, dv, h, slope):
    """φ(z) = z·σ(v) and φ′(z) = σ(v)·(1 + z·v′·σ(−v)), σ(±v) being 0 or 1 where z is cut to near.

    σ(v) = a/(a + 1/a) with a = exp(v/2): multiplied by the rest before the division, it is right
    also where σ(v) itself is subnormal.
    """
    a = np.exp(0.5 * v)
    total = a + 1 / a
    np.divide(near * a, total, out=h)
    h += np.maximum(z - near, 0)
    np.divide(a + near * dv / total, total, out=slope)


def _records():
    s = r"\sigma(z)"
    yield Activation("identity", "Identity", _identity, "z", "1", 1.0, (), "a linear network")
    yield Activation(
        "sigmoid",
        "Sigmoid",
        _sigmoid,
        r"\sigma(z) = \frac{1}{1 + e^{-z}}",
        r"\sigma(z)\,\sigma(-z)",
        0.25,
        (),
        "Rumelhart, Hinton and Williams 1986",
    )
    yield Activation(
        "tanh", "Tanh", _tanh, r"\tanh z", r"1 - \tanh^2 z", 1.0, (), "LeCun et al. 1998"
    )
    yield Activation(
        "relu", "ReLU", _relu, r"\max(0, z)", r"[z > 0]", 1.0, (0.0,), "Nair and Hinton 2010"
    )
    yield Activation(
        "leaky_relu",
        "Leaky ReLU",
        partial(_leaky_relu, negative_slope=0.01),
        r"\max(0, z) + 0.01 \min(0, z)",
        r"1 \text{ if } z > 0 \text{ else } 0.01",
        1.0,
        (0.0,),
        "Maas, Hannun and Ng 2013",
    )
    yield Activation(
        "elu",
        "ELU",
        _elu,
        r"z \text{ if } z > 0 \text{ else } e^z - 1",
        r"1 \text{ if } z > 0 \text{ else } e^z",
        1.0,
        (),
        "Clevert, Unterthiner and Hochreiter 2016",
    )
    yield Activation(
        "selu",
        "SELU",
        _selu,
        r"\lambda z \text{ if } z > 0 \text{ else } \lambda\alpha(e^z - 1)",
        r"\lambda \text{ if } z > 0 \text{ else } \lambda\alpha e^z",
        SELU_LAMBDA * SELU_ALPHA,
        (0.0,),
        "Klambauer et al. 2017",
    )
    yield Activation(
        "softplus", "Softplus", _softplus, r"\ln(1 + e^z)", s, 1.0, (), "Dugas et al. 2001"
    )
    yield Activation(
        "silu",
        "SiLU (Swish)",
        _silu,
        r"z\,\sigma(z)",
        r"\sigma(z)\,(1 + z\,\sigma(-z))",
        1.09983932012887,
        (),
        "Hendrycks and Gimpel 2016; Ramachandran, Zoph and Le 2017",
    )
    yield Activation(
        "gelu",
        "GELU (tanh form)",
        _gelu,
        r"\tfrac{z}{2}\left(1 + \tanh\left(\sqrt{2/\pi}\,(z + 0.044715 z^3)\right)\right)",
        r"\sigma(v) + z\,v'(z)\,\sigma(v)\,\sigma(-v),\quad v = \sqrt{8/\pi}\,(z + 0.044715 z^3)",
        1.12899306865878,
        (),
        "Hendrycks and Gimpel 2016",
    )


ACTIVATIONS: Mapping[str, Activation] = MappingProxyType({a.name: a for a in _records()})


def activation(name: str, *, negative_slope: float = 0.01) -> Activation:
    """The record of an activation; `negative_slope` matters to leaky_relu alone.

    Raises ValueError for a name that is not in ACTIVATIONS.
    """
    if name not in ACTIVATIONS:
        raise ValueError(f"unknown activation {name!r}; known are {', '.join(ACTIVATIONS)}")
    record = ACTIVATIONS[name]
    if name != "leaky_relu" or negative_slope == 0.01:
        return record
    a = float(negative_slope)
    return replace(
        record,
        into=partial(_leaky_relu, negative_slope=a),
        tex=rf"\max(0, z) + {a:g} \min(0, z)",
        tex_derivative=rf"1 \text{{ if }} z > 0 \text{{ else }} {a:g}",
        max_slope=max(1.0, abs(a)),
        kinks=() if a == 1 else (0.0,),
    )
