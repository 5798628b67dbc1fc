"""A network at many weight scales at once: per-layer sizes are kept, traces are discarded.

It is what stands behind a live control: every frame of a drag comes out of one call. All scales of
a member share its draws, so that what a frame changes is the scale and nothing else.
"""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from core import checks
from core.blas import empty, matmul
from core.diagnostics import (
    arrives,
    is_calm,
    log10_block_norms,
    log10_dW_norm,
    log10_norms,
    member,
    running_products,
    slope_products,
    weight_gains,
    weight_products,
)
from core.initializers import INITIALIZERS
from core.network import (
    Gradients,
    NetSpec,
    Params,
    Trace,
    backward,
    forward,
    init,
    scale_weights,
)

MAX_COST = 4_000_000_000  # multiply-adds: about two seconds
# What one element of one layer costs beside its matrix products: activation, slope, norms.
ELEMENTWISE = 30
# How many scales are computed at once: what one layer of them needs should stay in a cache.
CHUNK_BYTES, CHUNK_BYTES_PER_LAYER = 100_000_000, 400_000


class TooCostly(ValueError):
    """A sweep whose multiply-adds exceed the limit; raised before anything is computed."""

    def __init__(self, cost: int, limit: int):
        super().__init__(f"this sweep needs {cost:.2g} multiply-adds; at most {limit:.2g} are done")
        self.cost, self.limit = cost, limit


@dataclass(frozen=True)
class Profile:
    """What a sweep keeps; K scales, S seeds, L = depth. All sizes are log₁₀ of Euclidean norms.

    weight_scales (K,)
    log10_h       (K, S, L)  h_l
    log10_dz      (K, S, L)  dJ/dz_l
    log10_dW      (K, S, L + 1)  dJ/dW_l, the output layer last
    slopes        (K, S, L)  log₁₀ ∏ φ′(z) from the output back to each layer, one rms per layer:
                  the layers l … L − 1, whose slopes stand between dJ/dz_L and dJ/dz_l
    weights       (K, S, L)  log₁₀ ∏ ‖W‖_F/√D_out over the layers l + 1 … L, in the same place

    Where float64 overflowed, norms are inf or NaN; where it underflowed, or all units are off, a
    norm is −inf, and gradients beneath such a layer are those of the zeros it handed on. An exact
    sweep (see `profile`) has these limits at its one run, of gain near 1, alone: its other norms
    are those of exact arithmetic.
    """

    weight_scales: np.ndarray
    log10_h: np.ndarray
    log10_dz: np.ndarray
    log10_dW: np.ndarray
    slopes: np.ndarray
    weights: np.ndarray

    @property
    def products(self) -> np.ndarray:
        """log₁₀ of what ∏ W·diag φ′(z) did to the gradient, ‖dJ/dz_l‖/‖dJ/dz_L‖: (K, S, L).

        Slopes + weights, if a gradient knew nothing of the slopes and weights it meets. −inf where
        nothing arrives, also of nothing.
        """
        return arrives(self.log10_dz, self.log10_dz[..., -1:])


def cost(spec: NetSpec, *, scales: int, examples: int) -> int:
    """Multiply-adds of a sweep over `scales` scales and spec.seeds seeds.

    Three matrix products per layer (forward, dW, dh), and an allowance for what is done per
    element. Depth and the number of members count linearly, width quadratically.
    """
    products = 3 * sum(d_in * d_out for d_in, d_out in pairwise(spec.widths))
    return spec.seeds * scales * examples * (products + ELEMENTWISE * spec.width * spec.depth)


def is_exact(spec: NetSpec) -> bool:
    """Whether all scales follow from one: φ(cz) = cφ(z) for c > 0, and nothing is added to W·h.

    Then h_l grows as c^l and, for a given dJ/d(output), dJ/dz_l as c^(L+1−l) and dJ/dW_l as c^L.
    """
    linear_in_scale = spec.bias_mean == spec.bias_std == spec.residual == 0 and spec.norm == "none"
    return spec.phi.homogeneous and linear_in_scale


def profile(
    spec: NetSpec,
    x: npt.ArrayLike,
    *,
    weight_scales: npt.ArrayLike,
    rng: checks.Generators,
    exact: bool = True,
    limit: int = MAX_COST,
) -> Profile:
    """Measure `spec` at each of `weight_scales`, which take the place of spec.weight_scale.

    x: (N, n_in). rng: as for `network.init`; member s equals a lone sweep with its generator.
    dJ/d(output), from which the gradient starts, is standard-normal draws of each member's
    generator, the same at all scales.
    exact: where scaling is exact (see `is_exact`), run one scale and derive the others.

    Raises ValueError for scales that are not finite or negative, and TooCostly, before anything is
    computed, when `cost` exceeds `limit`.
    """
    scales, x = np.atleast_1d(np.asarray(weight_scales, np.float64)), np.asarray(x, np.float64)
    if scales.ndim != 1 or not (scales.size and np.isfinite(scales).all() and (scales >= 0).all()):
        raise ValueError("weight scales must be finite and not negative, at least one of them")
    if x.ndim != 2:
        raise ValueError(f"x must be (N, {spec.n_in}), one batch for all members, not {x.shape}")
    exact = exact and is_exact(spec) and bool((scales > 0).all())
    price = cost(spec, scales=1 if exact else len(scales), examples=len(x))
    if price > limit:
        raise TooCostly(price, limit)

    members = checks.generators(rng, spec.seeds)
    spec = replace(spec, weight_scale=1.0)
    params = init(spec, rng=members)
    d_output = np.stack([own.standard_normal((len(x), spec.n_out)) for own in members])
    return Profile(scales, **_measured_at(spec, params, x, scales, d_output, exact))


def _measured_at(
    spec: NetSpec,
    params: Params,
    x: np.ndarray,
    scales: np.ndarray,
    d_output: np.ndarray,
    exact: bool,
) -> dict[str, np.ndarray]:
    """The fields of a Profile of S members at K scales, (K, S, L): of all together, then once more
    of each member and scale whose numbers come near the end of float64. d_output: (S, N, n_out)."""
    alone, slowly = replace(spec, seeds=1), _exactly if exact else _one_by_one
    if spec.norm != "none" or spec.residual != 0 or spec.depth == 0:
        each = [slowly(alone, member(params, s), x, scales, d) for s, d in enumerate(d_output)]
        return {name: np.stack([fields[name] for fields in each], axis=1) for name in each[0]}

    if exact:
        base = _scale_of_gain_one(spec)
        fields = _plainly(spec, params, x, np.array([base]), d_output)
        fields = _shifted(spec, fields, np.log10(scales) - np.log10(base))
    else:
        at_once = max(1, CHUNK_BYTES_PER_LAYER // (8 * len(d_output) * len(x) * spec.width))
        chunks = [scales[i : i + at_once] for i in range(0, len(scales), at_once)]
        parts = [_plainly(spec, params, x, chunk, d_output) for chunk in chunks]
        fields = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    sizes = (fields.pop("log10_u"), fields["log10_h"], fields["log10_dz"], fields["log10_dW"])
    wild = ~is_calm(*sizes)  # (K, S)
    for s in np.flatnonzero(wild.any(axis=0)):
        at = wild[:, s]
        again = slowly(alone, member(params, s), x, scales[at], d_output[s])
        for name, values in again.items():
            fields[name][at, s] = values
    return fields


def _plainly(
    spec: NetSpec, params: Params, x: np.ndarray, scales: np.ndarray, d_output: np.ndarray
) -> dict[str, np.ndarray]:
    """The sizes of S members without shortcut and normalizer at K scales, (K, S, L), and log10_u of
    the pre-activations and the output, (K, S, L + 1).

    It is network.forward and network.backward with u = c·(h @ W) + b: a member's scales share one
    product with its W. And dJ/dW, of which only the norm is kept, is not made.
    """
    S, K, N, L, D = len(d_output), len(scales), len(x), spec.depth, spec.width
    c, hidden = scales[:, None, None], (L, S, K, N, D)
    [[h], [slope]] = empty([hidden], [hidden])
    u, squares = np.empty((S, K, N, D)), np.empty((L + 1, S, K))

    def times(a: np.ndarray, W: np.ndarray, out: np.ndarray) -> None:
        # c·(a @ W): (S, K, N, D_in) -> (S, K, N, D_out)
        matmul(a.reshape(S, K * N, -1), W, out=out.reshape(S, K * N, -1))
        np.multiply(out, c, out=out)

    with np.errstate(all="ignore"):
        below = np.broadcast_to(x, (S, K, *x.shape))
        for i in range(L):
            times(below, params.W[i], out=u)
            u += params.b[i][:, None]
            flat = u.reshape(S, K, N * D)
            np.vecdot(flat, flat, out=squares[i])
            spec.phi.into(u, h[i], slope[i])
            below = h[i]
        output = np.empty((S, K, N, spec.n_out))
        times(below, params.W[L], out=output)
        output += params.b[L][:, None]
        flat = output.reshape(S, K, -1)
        np.vecdot(flat, flat, out=squares[L])
        log10_slope = _by_layer(slope) - 0.5 * np.log10(N * D)

        d_output = np.broadcast_to(d_output[:, None], output.shape)
        du, dz = d_output, slope  # a slope is not needed once its dz is there
        for i in reversed(range(L)):
            times(du, params.W[i + 1].mT, out=u)
            du = np.multiply(u, slope[i], out=dz[i])

        fields = {
            "log10_u": 0.5 * np.log10(squares.transpose(2, 1, 0)),
            "log10_h": _by_layer(h),
            "log10_dz": _by_layer(dz),
            "log10_dW": np.concatenate(
                [
                    log10_dW_norm(x, dz[:1]),
                    log10_dW_norm(h[:-1], dz[1:]),
                    log10_dW_norm(h[-1:], d_output[None]),
                ]
            ).transpose(2, 1, 0),
            "slopes": running_products(log10_slope[..., :-1]),
            "weights": running_products(weight_gains(params) + np.log10(c)),
        }
    return fields


def _by_layer(block: np.ndarray) -> np.ndarray:
    """log₁₀ norms of a block (L, S, K, N, D) of layers: (K, S, L)."""
    L, S, K, N, D = block.shape
    log10 = log10_block_norms([block.reshape(L, S * K, N * D).swapaxes(0, 1)])
    return log10.reshape(S, K, L).swapaxes(0, 1)


def _one_by_one(
    spec: NetSpec, params: Params, x: np.ndarray, scales: np.ndarray, d_output: np.ndarray
) -> dict[str, np.ndarray]:
    """One member at every scale, as many scales at a time as a cache holds."""
    layer = 8 * spec.width * (2 * spec.width + 6 * len(x))  # bytes of W, dW, u, z, h, slope, dz, dh
    whole = layer * max(1, spec.depth)
    chunk = max(1, min(CHUNK_BYTES_PER_LAYER // layer, CHUNK_BYTES // whole))
    rows = []
    for i in range(0, len(scales), chunk):
        factors = scales[i : i + chunk]
        with np.errstate(over="ignore"):  # weights beyond float64 are told of as those of init are
            scaled = scale_weights(params, factors)
        rows.append(_measured(*_run(spec, scaled, x, d_output)))
    return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}


def _run(
    spec: NetSpec, params: Params, x: np.ndarray, d_output: np.ndarray
) -> tuple[Params, Trace, Gradients]:
    with np.errstate(all="ignore"):
        spec = replace(spec, seeds=len(params.W[0]))
        trace = forward(spec, params, x)
        return params, trace, backward(spec, params, trace, d_output)


def _measured(params: Params, trace: Trace, gradients: Gradients) -> dict[str, np.ndarray]:
    """The fields of a Profile for S members: (S, L)."""
    members, depth = len(trace.output), len(trace.h)
    by_layer = {
        "log10_h": log10_norms(trace.h),
        "log10_dz": log10_norms(gradients.dz),
        "slopes": slope_products(trace),
        "weights": weight_products(params),
    }
    fields = {name: values.reshape(members, depth) for name, values in by_layer.items()}
    fields["log10_dW"] = log10_norms(gradients.dW)
    return fields


def _exactly(
    spec: NetSpec, params: Params, x: np.ndarray, scales: np.ndarray, d_output: np.ndarray
) -> dict[str, np.ndarray]:
    """One member at every scale from a run at one, whose gain is about 1: it stays in range."""
    base = _scale_of_gain_one(spec)
    fields = _measured(*_run(spec, scale_weights(params, [base]), x, d_output))
    if any(np.isnan(values).any() or np.isposinf(values).any() for values in fields.values()):
        return _one_by_one(spec, params, x, scales, d_output)
    return _shifted(spec, fields, np.log10(scales) - np.log10(base))


def _scale_of_gain_one(spec: NetSpec) -> float:
    """The weight scale of a homogeneous activation at which wide layers keep a signal's size."""
    slope_square = 0.5 * (spec.phi.df(1.0) ** 2 + spec.phi.df(-1.0) ** 2)
    std = INITIALIZERS[spec.initializer].std(spec.width, spec.width)
    return 1.0 / (std * np.sqrt(spec.width * slope_square))


def _shifted(
    spec: NetSpec, measured: dict[str, np.ndarray], shift: np.ndarray
) -> dict[str, np.ndarray]:
    """What sizes measured at one scale, (1, …, L), are at K others: see `is_exact`.

    shift (K,): log₁₀ of how much larger the weights are there.
    """
    layer, L = np.arange(1, spec.depth + 1), spec.depth
    powers = {
        "log10_u": np.arange(1, L + 2),
        "log10_h": layer,
        "log10_dz": L + 1 - layer,
        "log10_dW": L,
        "slopes": 0,
        "weights": L - layer,
    }
    return {
        name: values + shift.reshape(-1, *[1] * (values.ndim - 1)) * powers[name]
        for name, values in measured.items()
    }
