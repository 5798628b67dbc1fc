"""A fully connected network and its backpropagation, written by hand.

Axis order everywhere: S networks (seeds, or a sweep) at once, N examples, D features. Layer
l = 1 … depth, with h₀ = x:

    u_l = h_{l−1} @ W_l + b_l          z_l = u_l, or γ·x̂ + β with x̂ the normalized u_l
    h_l = φ(z_l), or h_{l−1} + r·φ(z_l) where a shortcut of branch factor r is possible

and output = h_L @ W_{L+1} + b_{L+1}. A network computes in the format of its parameters, float64 or
float32: see `in_format`. Tuples hold layer l at index l − 1. A gradient is named d +
variable and is dJ/d(variable). Rumelhart, Hinton and Williams 1986 for the backward pass.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from core import checks
from core.activations import Activation, activation
from core.blas import Product, empty, empty_like, prepared
from core.formats import as_floats
from core.initializers import INITIALIZERS

MAX_DEPTH = 1000
NORMS = ("none", "layer", "batch")
EPSILON = 1e-5  # added to the variance by both normalizers, PyTorch's default


@dataclass(frozen=True)
class NetSpec:
    """What a network is, in primitives only. Raises ValueError for values without meaning.

    depth: hidden layers of `width` units; a linear output layer of n_out units follows.
    weight_scale: multiplies the weights that the initializer draws, those of the output too.
    weight_mean: weight_mean / D_in is added to what the initializer draws, before weight_scale: a
        unit gets that many times the mean of its inputs, whatever their number.
    bias_mean, bias_std: biases are drawn from N(bias_mean, bias_std²), those of the output too.
    residual: 0 for none, else the branch factor r of h + r·φ(z).
    norm: "none", "layer" (over D; Ba, Kiros and Hinton 2016) or "batch" (over N, with the batch's
        own statistics; Ioffe and Szegedy 2015), before the activation.
    seeds: the number S of independent networks that are computed at once.
    """

    n_in: int
    width: int
    depth: int
    n_out: int
    activation: str = "relu"
    negative_slope: float = 0.01
    initializer: str = "he"
    weight_scale: float = 1.0
    bias_mean: float = 0.0
    bias_std: float = 0.0
    residual: float = 0.0
    norm: str = "none"
    seeds: int = 1
    weight_mean: float = 0.0

    def __post_init__(self) -> None:
        checks.counts(self, "n_in", "width", "n_out", "seeds")
        checks.counts(self, "depth", least=0)
        if self.depth > MAX_DEPTH:
            raise ValueError(f"depth must be at most {MAX_DEPTH}, not {self.depth}")
        checks.finite(self, "negative_slope", "weight_scale", "weight_mean")
        checks.finite(self, "bias_mean", "bias_std", "residual")
        if self.weight_scale < 0 or self.bias_std < 0:
            raise ValueError("weight_scale and bias_std are spreads and cannot be negative")
        activation(self.activation)
        if self.initializer not in INITIALIZERS:
            known = ", ".join(INITIALIZERS)
            raise ValueError(f"unknown initializer {self.initializer!r}; known are {known}")
        checks.one_of(self, norm=NORMS)

    @property
    def widths(self) -> tuple[int, ...]:
        """Units per layer from the input to the output, length depth + 2."""
        return (self.n_in, *[self.width] * self.depth, self.n_out)

    @property
    def phi(self) -> Activation:
        """The record of the activation."""
        return activation(self.activation, negative_slope=self.negative_slope)

    def shortcut(self, i: int) -> bool:
        """Whether the hidden layer at index i adds its input to its output."""
        return self.residual != 0 and (i > 0 or self.n_in == self.width)


@dataclass(frozen=True)
class Params:
    """W (S, D_in, D_out) and b (S, 1, D_out) of the depth + 1 layers; gamma and beta (S, 1, D) of
    the hidden layers' normalizer, or empty."""

    W: tuple[np.ndarray, ...]
    b: tuple[np.ndarray, ...]
    gamma: tuple[np.ndarray, ...] = ()
    beta: tuple[np.ndarray, ...] = ()


@dataclass(frozen=True)
class Trace:
    """Everything a forward pass computed. x (1 or S, N, n_in) and output (S, N, n_out); the tuples
    hold one (S, N, D) array per hidden layer: h, u, z, and slope = φ′(z).

    Without a normalizer z is u. With one, x_hat (S, N, D) is the normalized u and inv_std
    1/√(variance + ε), of shape (S, N, 1) for layer norm and (S, 1, D) for batch norm.

    The hidden layers' arrays are views of a few blocks (see core/blas.py), as are those of
    Gradients: who keeps one of them for long keeps a copy, or the whole block stays in memory.
    """

    x: np.ndarray
    h: tuple[np.ndarray, ...]
    u: tuple[np.ndarray, ...]
    z: tuple[np.ndarray, ...]
    slope: tuple[np.ndarray, ...]
    output: np.ndarray
    x_hat: tuple[np.ndarray, ...] = ()
    inv_std: tuple[np.ndarray, ...] = ()


@dataclass(frozen=True)
class Gradients:
    """dJ/d(variable), of the variable's shape: dW, db of the depth + 1 layers; dz, dh, and with a
    normalizer dgamma, dbeta, of the hidden layers."""

    dW: tuple[np.ndarray, ...]
    db: tuple[np.ndarray, ...]
    dz: tuple[np.ndarray, ...]
    dh: tuple[np.ndarray, ...]
    dgamma: tuple[np.ndarray, ...] = ()
    dbeta: tuple[np.ndarray, ...] = ()


def init(spec: NetSpec, *, rng: checks.Generators) -> Params:
    """Draw the weights and biases of S networks.

    rng: one Generator, of which member s gets the child `rng.spawn(S)[s]`, or a sequence of S
    Generators that are used as they are: member s then equals a lone network of that generator.
    All weights are drawn before all biases, from the first layer to the last.
    """
    members = checks.generators(rng, spec.seeds)
    scheme, fans = INITIALIZERS[spec.initializer], tuple(pairwise(spec.widths))
    W, b = empty(
        [(spec.seeds, d_in, d_out) for d_in, d_out in fans],
        [(spec.seeds, 1, d_out) for _, d_out in fans],
    )
    with np.errstate(all="ignore"):
        for s, member in enumerate(members):
            for W_l, (d_in, d_out) in zip(W, fans, strict=True):
                drawn = scheme.draw(member, d_in, d_out)
                np.multiply(scheme.std(d_in, d_out), drawn, out=W_l[s])
                if spec.weight_mean:
                    W_l[s] += spec.weight_mean / d_in
            for b_l, (_, d_out) in zip(b, fans, strict=True):
                b_l[s] = spec.bias_mean + spec.bias_std * member.standard_normal((1, d_out))
        if spec.weight_scale != 1:
            for W_l in W:
                W_l *= spec.weight_scale
    normalized = range(spec.depth if spec.norm != "none" else 0)
    hidden = (spec.seeds, 1, spec.width)
    return Params(
        tuple(W),
        tuple(b),
        gamma=tuple(np.ones(hidden) for _ in normalized),
        beta=tuple(np.zeros(hidden) for _ in normalized),
    )


def in_format(params: Params, dtype: npt.DTypeLike) -> Params:
    """The parameters in float64 or float32, each rounded to the nearest number; what is in it
    already is returned as it is."""

    def held(arrays: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
        with np.errstate(over="ignore"):  # what is too large is infinite
            return tuple(np.asarray(a, dtype=dtype) for a in arrays)

    return Params(*map(held, vars(params).values()))


def scale_weights(params: Params, factors: npt.ArrayLike) -> Params:
    """Multiply all weights of member s by factors[s]; biases and normalizers stay.

    factors: (S,). Params of a single member are repeated for every factor: a sweep.
    """
    factors = np.asarray(factors, dtype=as_floats(params.W[0]).dtype)
    members = len(params.W[0])
    if factors.ndim != 1 or members not in (1, len(factors)):
        raise ValueError(f"factors of shape {factors.shape} do not fit {members} networks")

    def repeated(arrays: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
        return tuple(np.broadcast_to(a, (len(factors), *a.shape[1:])) for a in arrays)

    return Params(
        W=tuple(W * factors[:, None, None] for W in params.W),
        b=repeated(params.b),
        gamma=repeated(params.gamma),
        beta=repeated(params.beta),
    )


def forward(spec: NetSpec, params: Params, x: npt.ArrayLike) -> Trace:
    """Compute every layer from the input to the output.

    x: (N, n_in), one batch for all members, or (S, N, n_in).
    Raises ValueError where shapes do not fit. Infinity and NaN pass through: see first_non_finite.
    """
    x = batch(spec, params, x)
    S, N, dtype = len(params.W[0]), x.shape[1], x.dtype
    hidden = [(S, N, spec.width)] * spec.depth
    normalized = hidden if spec.norm != "none" else []
    statistics = [(S, N, 1) if spec.norm == "layer" else (S, 1, spec.width)] * len(normalized)
    groups = empty(hidden, hidden, hidden, normalized, normalized, statistics, dtype=dtype)
    u, h, slope, z, x_hat, inv_std = map(tuple, groups)
    output = np.empty((S, N, spec.n_out), dtype)
    trace = Trace(x, h, u, z or u, slope, output, x_hat, inv_std)
    forward_into(spec, params, trace, forward_products(params, trace))
    return trace


def forward_products(params: Params, trace: Trace) -> list[Product]:
    """The product h_{l−1} @ W_l of each layer and of the output, for np.matmul(*product).

    They serve as long as the arrays stay where they are, whatever is written into them.
    """
    layers = zip((trace.x, *trace.h), params.W, (*trace.u, trace.output), strict=True)
    return [prepared(h_below, W, u) for h_below, W, u in layers]


def forward_into(spec: NetSpec, params: Params, trace: Trace, products: list[Product]) -> None:
    """Write the hidden layers and the output of a trace, from its x, by its `forward_products`.

    Layers may share an array: every second one that of h, and all of them any of the others.
    """
    phi, h_below = spec.phi, trace.x
    with np.errstate(all="ignore"):
        for i in range(spec.depth):
            h, u, z = trace.h[i], trace.u[i], trace.z[i]
            np.matmul(*products[i])  # u = h_below @ W
            u += params.b[i]
            if spec.norm != "none":
                _normalize(spec.norm, u, trace.x_hat[i], trace.inv_std[i])
                np.multiply(trace.x_hat[i], params.gamma[i], out=z)
                z += params.beta[i]
            phi.into(z, h, trace.slope[i])
            if spec.shortcut(i):
                h *= spec.residual
                h += h_below
            h_below = h
        np.matmul(*products[-1])  # output = h_L @ W
        np.add(trace.output, params.b[-1], out=trace.output)


def output(spec: NetSpec, params: Params, x: npt.ArrayLike) -> np.ndarray:
    """The output alone, (S, N, n_out), as `forward` computes it, in the memory of two layers."""
    x = batch(spec, params, x)
    S, N, L, dtype = len(params.W[0]), x.shape[1], spec.depth, x.dtype
    h, h_above, u, slope, z, x_hat = np.empty((6, S, N, spec.width), dtype)
    inv_std = np.empty((S, N, 1) if spec.norm == "layer" else (S, 1, spec.width), dtype)
    z = u if spec.norm == "none" else z
    alternating = tuple((h, h_above)[i % 2] for i in range(L))
    trace = Trace(
        x,
        alternating,
        (u,) * L,
        (z,) * L,
        (slope,) * L,
        np.empty((S, N, spec.n_out), dtype),
        (x_hat,) * L,
        (inv_std,) * L,
    )
    forward_into(spec, params, trace, forward_products(params, trace))
    return trace.output


def folded(spec: NetSpec, params: Params, x: npt.ArrayLike) -> tuple[NetSpec, Params]:
    """A network whose batch normalization keeps the statistics of the batch x, for any other input.

    x̂ = (u − mean)·inv_std is a line in u then: weights and biases take it in, and no normalizer is
    left. On x the two networks agree. Raises ValueError where there is no batch normalization.
    """
    if spec.norm != "batch":
        raise ValueError(f"there is no batch normalization to fold, norm is {spec.norm!r}")
    trace = forward(spec, params, x)
    W, b = list(params.W), list(params.b)
    with np.errstate(all="ignore"):
        for i, u in enumerate(trace.u):
            scale = params.gamma[i] * trace.inv_std[i]
            W[i] = W[i] * scale  # (S, D_in, D_out)
            b[i] = (b[i] - u.mean(axis=1, keepdims=True)) * scale + params.beta[i]
    return replace(spec, norm="none"), Params(tuple(W), tuple(b))


def backward(spec: NetSpec, params: Params, trace: Trace, d_output: npt.ArrayLike) -> Gradients:
    """Backpropagate d_output = dJ/d(output), of shape (S, N, n_out), to every variable."""
    dtype = trace.output.dtype
    d_output = np.broadcast_to(np.asarray(d_output, dtype=dtype), trace.output.shape)
    groups = empty_like(
        trace.z, trace.h, params.W, params.b, params.gamma, params.beta, dtype=dtype
    )
    dz, dh, dW, db, dgamma, dbeta = map(tuple, groups)
    into = Gradients(dW, db, dz, dh, dgamma, dbeta)
    products = backward_products(spec, params, trace, d_output, into)
    backward_into(spec, params, trace, products, into)
    return into


LayerBackward: TypeAlias = tuple[np.ndarray, Product, Product, Product]


def backward_products(
    spec: NetSpec, params: Params, trace: Trace, d_output: np.ndarray, into: Gradients
) -> list[LayerBackward]:
    """Of each layer du = dJ/d(u), and the products that write its dW and db and dh of the layer
    below, as `forward_products`. du is dz, or with a normalizer an array that all layers share."""
    (S, N), dtype = d_output.shape[:2], d_output.dtype
    shared = () if spec.norm == "none" else (np.empty((S, N, spec.width), dtype),) * spec.depth
    layers = zip((trace.x, *trace.h), (*(shared or into.dz), d_output), params.W, strict=True)
    ones = np.ones((1, N), dtype)  # ones @ a sums a over the examples
    return [
        (
            du,
            prepared(h_below.mT, du, into.dW[i]),  # (S, D_in, D_out)
            (ones, du, into.db[i]),  # (S, 1, D_out)
            prepared(du, W.mT, into.dh[i - 1]) if i > 0 else (),
        )
        for i, (h_below, du, W) in enumerate(layers)
    ]


def backward_into(
    spec: NetSpec, params: Params, trace: Trace, products: list[LayerBackward], into: Gradients
) -> None:
    """Write the gradients of a trace, by its `backward_products`. Every second layer may share an
    array of dh."""
    ones = np.ones((1, trace.output.shape[1]), trace.output.dtype)
    with np.errstate(all="ignore"):
        for i in reversed(range(spec.depth + 1)):
            du, to_dW, to_db, to_dh = products[i]
            if i < spec.depth:
                dz = into.dz[i]
                np.multiply(into.dh[i], trace.slope[i], out=dz)
                if spec.shortcut(i):
                    dz *= spec.residual
                if spec.norm != "none":
                    np.matmul(ones, dz * trace.x_hat[i], out=into.dgamma[i])
                    np.matmul(ones, dz, out=into.dbeta[i])
                    dx_hat = dz * params.gamma[i]
                    _normalize_backward(spec.norm, dx_hat, trace.x_hat[i], trace.inv_std[i], du)
            np.matmul(*to_dW)  # dW = h_below.mT @ du
            np.matmul(*to_db)  # db = du, summed over the examples
            if i > 0:
                np.matmul(*to_dh)  # dh = du @ W.mT, of the layer below
                if i < spec.depth and spec.shortcut(i):
                    np.add(into.dh[i - 1], into.dh[i], out=into.dh[i - 1])


@dataclass(frozen=True)
class NonFinite:
    """Where the first infinity or NaN appeared: in `operation` ("u", "z", "h", "slope", "output",
    "dh", "dz", "dW", "db", "dgamma", "dbeta", "x") of `layer` (1 … depth, depth + 1 the output
    layer, 0 the input), and the first such `value`."""

    operation: str
    layer: int
    value: float


def first_non_finite(result: Trace | Gradients) -> NonFinite | None:
    """The first non-finite value in the order of computation: forward from the input through a
    Trace, backward from the output through Gradients. None where all is finite."""
    for operation, layer, array in _in_order(result):
        finite = np.isfinite(array)
        if not finite.all():
            return NonFinite(operation, layer, float(array[~finite][0]))
    return None


def _in_order(result: Trace | Gradients) -> Iterator[tuple[str, int, np.ndarray]]:
    if isinstance(result, Trace):
        yield "x", 0, result.x
        for i in range(len(result.h)):
            for operation in ("u", "z", "h", "slope"):
                yield operation, i + 1, getattr(result, operation)[i]
        yield "output", len(result.h) + 1, result.output
    else:
        for i in reversed(range(len(result.dW))):
            for operation in ("dh", "dz", "dgamma", "dbeta", "dW", "db"):
                arrays = getattr(result, operation)
                if i < len(arrays):
                    yield operation, i + 1, arrays[i]


def batch(spec: NetSpec, params: Params, x: npt.ArrayLike) -> np.ndarray:
    """x as (1 or S, N, n_in), in the parameters' format; raises ValueError where it or the
    parameters do not fit."""
    x = np.asarray(x, dtype=as_floats(params.W[0]).dtype)
    x = x[None] if x.ndim == 2 else x
    seeds = len(params.W[0])
    if x.ndim != 3 or x.shape[2] != spec.n_in or x.shape[0] not in (1, seeds) or x.shape[1] == 0:
        raise ValueError(
            f"x must be (N, {spec.n_in}) or ({seeds}, N, {spec.n_in}) with N ≥ 1, not {x.shape}"
        )
    if spec.norm != "none" and not len(params.gamma) == len(params.beta) == spec.depth:
        raise ValueError(f"{spec.norm} norm needs gamma and beta for each of {spec.depth} layers")
    shapes = tuple(W.shape[1:] for W in params.W)
    if shapes != tuple(pairwise(spec.widths)):
        raise ValueError(f"parameters of shapes {shapes} are not of a network {spec}")
    return x


def _normalize(norm: str, u: np.ndarray, x_hat: np.ndarray, inv_std: np.ndarray) -> None:
    """x̂ = (u − mean)/√(variance + ε), over D for layer norm and over N for batch norm."""
    axis = 2 if norm == "layer" else 1
    np.subtract(u, u.mean(axis, keepdims=True), out=x_hat)
    np.mean(x_hat * x_hat, axis, keepdims=True, out=inv_std)
    scale: float | np.ndarray = 1.0
    if np.isinf(inv_std).any():  # a square overflows at half the depth at which the value does
        largest = np.abs(x_hat).max(axis, keepdims=True)
        # entry by entry, so that a member's bits do not depend on the others
        scale = np.where(np.isinf(inv_std), largest, 1.0)
        x_hat /= scale
        np.mean(x_hat * x_hat, axis, keepdims=True, out=inv_std)
    inv_std += EPSILON / scale**2
    np.reciprocal(np.sqrt(inv_std, out=inv_std), out=inv_std)
    x_hat *= inv_std
    inv_std /= scale


def _normalize_backward(
    norm: str, dx_hat: np.ndarray, x_hat: np.ndarray, inv_std: np.ndarray, out: np.ndarray
) -> None:
    """du = (dx̂ − mean dx̂ − x̂·mean(dx̂·x̂))/√(variance + ε): the two means are what the normalizer
    took away, a shift of u and a stretch of u."""
    axis = 2 if norm == "layer" else 1
    np.subtract(dx_hat, dx_hat.mean(axis, keepdims=True), out=out)
    out -= x_hat * (dx_hat * x_hat).mean(axis, keepdims=True)
    out *= inv_std
