"""A vanilla recurrent network and backpropagation through time, written by hand.

Axis order: S networks at once, N examples, T time steps, D features. Step t = 1 … T, with h₀ = 0:

    z_t = x_t @ W_x + h_{t−1} @ W_h + b          h_t = φ(z_t)

and output = h @ W_out + b_out, from h_T or from every h_t. Tuples hold step t at index t − 1. It is
a deep network whose layers share one matrix, so the gradient meets W_h once per step back
(Rumelhart, Hinton and Williams 1986; Werbos 1990; Bengio, Simard and Frasconi 1994).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core import checks
from core.activations import Activation, activation
from core.diagnostics import log10_norms, log10_rms, running_products
from core.initializers import INITIALIZERS, Initializer
from core.network import NonFinite

MAX_STEPS = 1000
RECURRENT = ("scheme", "spectral_radius", "singular_value", "orthogonal")
READ_OUTS = ("last", "each")


@dataclass(frozen=True)
class RnnSpec:
    """What a recurrent network is, in primitives only. Raises ValueError for values without sense.

    weight_scale: multiplies the input and output weights that the initializer draws.
    recurrent, recurrent_scale: how large W_h is. "scheme": the initializer's draw times the scale.
        "spectral_radius", "singular_value": the draw, rescaled so that its largest |eigenvalue|,
        or its largest singular value, is the scale. "orthogonal": an orthogonal matrix times it.
    bias_mean, bias_std: all biases are drawn from N(bias_mean, bias_std²).
    read_out: "last", output (S, N, n_out) from h_T; or "each", (S, N, T, n_out) from every h_t.
    """

    n_in: int
    width: int
    steps: int
    n_out: int
    activation: str = "tanh"
    negative_slope: float = 0.01
    initializer: str = "lecun"
    weight_scale: float = 1.0
    recurrent: str = "scheme"
    recurrent_scale: float = 1.0
    bias_mean: float = 0.0
    bias_std: float = 0.0
    read_out: str = "last"
    seeds: int = 1

    def __post_init__(self) -> None:
        checks.counts(self, "n_in", "width", "steps", "n_out", "seeds")
        if self.steps > MAX_STEPS:
            raise ValueError(f"steps must be at most {MAX_STEPS}, not {self.steps}")
        scales = ("weight_scale", "recurrent_scale")
        checks.finite(self, "negative_slope", *scales, "bias_mean", "bias_std")
        if min(self.weight_scale, self.recurrent_scale, self.bias_std) < 0:
            raise ValueError("scales and spreads cannot be negative")
        activation(self.activation)
        checks.one_of(self, initializer=INITIALIZERS, recurrent=RECURRENT, read_out=READ_OUTS)

    @property
    def phi(self) -> Activation:
        """The record of the activation."""
        return activation(self.activation, negative_slope=self.negative_slope)


@dataclass(frozen=True)
class RnnParams:
    """W_x (S, n_in, D), W_h (S, D, D), b (S, 1, D), W_out (S, D, n_out), b_out (S, 1, n_out)."""

    W_x: np.ndarray
    W_h: np.ndarray
    b: np.ndarray
    W_out: np.ndarray
    b_out: np.ndarray


@dataclass(frozen=True)
class RnnTrace:
    """x (1 or S, N, T, n_in); h, z and slope = φ′(z), tuples of T arrays (S, N, D); output."""

    x: np.ndarray
    h: tuple[np.ndarray, ...]
    z: tuple[np.ndarray, ...]
    slope: tuple[np.ndarray, ...]
    output: np.ndarray


@dataclass(frozen=True)
class RnnGradients:
    """dJ/d(variable), of the variable's shape. dh[t − 1] is the whole of dJ/dh_t: through h_{t+1}
    and, where step t is read out, through its own output."""

    dW_x: np.ndarray
    dW_h: np.ndarray
    db: np.ndarray
    dW_out: np.ndarray
    db_out: np.ndarray
    dz: tuple[np.ndarray, ...]
    dh: tuple[np.ndarray, ...]


def init(spec: RnnSpec, *, rng: checks.Generators) -> RnnParams:
    """Draw the weights and biases of S networks.

    rng: one Generator, of which member s gets the child `rng.spawn(S)[s]`, or a sequence of S
    Generators that are used as they are. Scales, and the choice between "scheme",
    "spectral_radius" and "singular_value", do not change the draws.
    """
    members = checks.generators(rng, spec.seeds)
    scheme = INITIALIZERS[spec.initializer]
    recurrent = INITIALIZERS["orthogonal"] if spec.recurrent == "orthogonal" else scheme

    def draw(source: Initializer, d_in: int, d_out: int) -> np.ndarray:
        return np.stack([source.sample(rng, d_in, d_out) for rng in members])

    def bias(d: int) -> np.ndarray:
        return spec.bias_mean + spec.bias_std * np.stack(
            [rng.standard_normal((1, d)) for rng in members]
        )

    with np.errstate(all="ignore"):
        W_h = draw(recurrent, spec.width, spec.width)  # (S, D, D)
        if spec.recurrent == "spectral_radius":
            W_h = W_h / np.abs(np.linalg.eigvals(W_h)).max(axis=-1)[:, None, None]
        elif spec.recurrent == "singular_value":
            W_h = W_h / np.linalg.norm(W_h, ord=2, axis=(-2, -1), keepdims=True)
        return RnnParams(
            W_h=spec.recurrent_scale * W_h,
            W_x=spec.weight_scale * draw(scheme, spec.n_in, spec.width),
            W_out=spec.weight_scale * draw(scheme, spec.width, spec.n_out),
            b=bias(spec.width),
            b_out=bias(spec.n_out),
        )


def forward(spec: RnnSpec, params: RnnParams, x: npt.ArrayLike) -> RnnTrace:
    """Run through time. x: (N, T, n_in), one batch for all members, or (S, N, T, n_in).

    Raises ValueError where shapes do not fit. Infinity and NaN pass through: see first_non_finite.
    """
    seeds = len(params.W_h)
    x = checks.sequences(x, seeds, spec.steps, spec.n_in)
    D, n_out = spec.width, spec.n_out
    checks.shapes(params, W_x=(spec.n_in, D), W_h=(D, D), b=(1, D))
    checks.shapes(params, W_out=(D, n_out), b_out=(1, n_out))
    z, h, slope = np.empty((3, spec.steps, seeds, x.shape[1], spec.width))
    with np.errstate(all="ignore"):
        for t in range(spec.steps):
            np.matmul(x[:, :, t], params.W_x, out=z[t])  # (S, N, D)
            z[t] += params.b
            if t > 0:
                z[t] += h[t - 1] @ params.W_h
            spec.phi.into(z[t], h[t], slope[t])
        if spec.read_out == "last":
            output = h[-1] @ params.W_out + params.b_out  # (S, N, n_out)
        else:
            output = np.moveaxis(h @ params.W_out + params.b_out, 0, 2)  # (S, N, T, n_out)
    return RnnTrace(x, tuple(h), tuple(z), tuple(slope), output)


def backward(
    spec: RnnSpec, params: RnnParams, trace: RnnTrace, d_output: npt.ArrayLike
) -> RnnGradients:
    """Backpropagate d_output = dJ/d(output), of the output's shape, through time."""
    d_output = np.broadcast_to(np.asarray(d_output, dtype=np.float64), trace.output.shape)
    dz, dh = np.empty((2, spec.steps, *trace.h[0].shape))
    dW_x, dW_h, db, dW_out, db_out = (
        np.zeros(a.shape) for a in (params.W_x, params.W_h, params.b, params.W_out, params.b_out)
    )
    with np.errstate(all="ignore"):
        for t in reversed(range(spec.steps)):
            if t == spec.steps - 1:
                dh[t] = 0.0
            else:
                np.matmul(dz[t + 1], params.W_h.mT, out=dh[t])  # (S, N, D)
                dW_h += trace.h[t].mT @ dz[t + 1]  # (S, D, D)
            if spec.read_out == "each" or t == spec.steps - 1:
                dy = d_output if spec.read_out == "last" else d_output[:, :, t]  # (S, N, n_out)
                dW_out += trace.h[t].mT @ dy
                db_out += dy.sum(axis=1, keepdims=True)
                dh[t] += dy @ params.W_out.mT
            np.multiply(dh[t], trace.slope[t], out=dz[t])
            dW_x += trace.x[:, :, t].mT @ dz[t]
            db += dz[t].sum(axis=1, keepdims=True)
    return RnnGradients(dW_x, dW_h, db, dW_out, db_out, tuple(dz), tuple(dh))


def first_non_finite(result: RnnTrace | RnnGradients) -> NonFinite | None:
    """The first non-finite value in the order of computation, its `layer` being the step t: forward
    from the first step through a trace, backward from the last through gradients; then what
    belongs to no one step, as step 0. None if none."""
    backward = isinstance(result, RnnGradients)
    of_each_step = result.dh if isinstance(result, RnnGradients) else result.h
    steps = range(1, len(of_each_step) + 1)
    for t in reversed(steps) if backward else steps:
        for operation in ("dh", "dz") if backward else ("z", "h", "slope"):
            array = getattr(result, operation)[t - 1]
            finite = np.isfinite(array)
            if not finite.all():
                return NonFinite(operation, t, float(array[~finite][0]))
    shared = ("dW_out", "db_out", "dW_h", "dW_x", "db") if backward else ("x", "output")
    for operation in shared:
        array = getattr(result, operation)
        finite = np.isfinite(array)
        if not finite.all():
            return NonFinite(operation, 0, float(array[~finite][0]))
    return None


def step_norms(gradients: RnnGradients) -> np.ndarray:
    """log₁₀ ‖dJ/dh_t‖ over examples and units, by step: (S, T)."""
    return log10_norms(gradients.dh)


@dataclass(frozen=True)
class JacobianProducts:
    """∂h_T/∂h_t = ∏_{k=t+1}^{T} ∂h_k/∂h_{k−1} of one example; t = 1 … T at index t − 1.

    matrix         (S, T, D, D)  ∂h_T/∂h_t, rows h_T, without its scale: largest entry 1, or 0
    log10_scale    (S, T)        ∂h_T/∂h_t = matrix · 10^log10_scale
    log10_largest  (S, T)        log₁₀ of its largest singular value
    log10_bound    (S, T)        (T − t)·log₁₀(γσ₁): γ the largest |φ′|, σ₁ the largest singular
                                 value of W_h. No product exceeds it (Pascanu, Mikolov and Bengio
                                 2013): γσ₁ < 1 is sufficient for vanishing, γσ₁ > 1 necessary for
                                 exploding, and not sufficient.
    """

    matrix: np.ndarray
    log10_scale: np.ndarray
    log10_largest: np.ndarray
    log10_bound: np.ndarray


def jacobian_products(
    spec: RnnSpec, params: RnnParams, trace: RnnTrace, *, example: int = 0
) -> JacobianProducts:
    """The Jacobians of the last state by every earlier one, for one example of the batch.

    They are kept apart from their scale, so that 1,000 steps neither overflow nor underflow.
    Raises ValueError when there is no such example or when S·T·D² exceeds 50 million entries.
    """
    seeds, examples, width = trace.h[0].shape
    if not 0 <= example < examples:
        raise ValueError(f"example must be from 0 to {examples - 1}, not {example!r}")
    if seeds * spec.steps * width**2 > 50_000_000:
        raise ValueError("these Jacobians would have more than 50 million entries")
    matrix = np.empty((seeds, spec.steps, width, width))
    scale = np.zeros((seeds, spec.steps))
    matrix[:, -1] = np.eye(width)
    with np.errstate(all="ignore"):
        for t in reversed(range(spec.steps - 1)):
            slope = trace.slope[t + 1][:, example, None, :]  # (S, 1, D)
            # Row i of a product is the gradient of h_T[i], carried back as any gradient is.
            product = (matrix[:, t + 1] * slope) @ params.W_h.mT
            largest = np.abs(product).max(axis=(-2, -1))  # (S,)
            scale[:, t] = scale[:, t + 1] + np.log10(largest)
            matrix[:, t] = product / np.where(largest > 0, largest, 1.0)[:, None, None]
        largest = np.full(scale.shape, np.nan)
        finite = np.isfinite(matrix).all(axis=(-2, -1))
        largest[finite] = np.log10(np.linalg.norm(matrix[finite], ord=2, axis=(-2, -1)))
        largest += scale
        sigma = np.full(seeds, np.nan)
        finite = np.isfinite(params.W_h).all(axis=(-2, -1))
        sigma[finite] = np.linalg.norm(params.W_h[finite], ord=2, axis=(-2, -1))
        to_go = np.arange(spec.steps - 1, -1, -1)
        rate = np.log10(spec.phi.max_slope * sigma)[:, None]
        bound = np.where(to_go == 0, 0.0, to_go * rate)  # 0·log 0 would be NaN
    return JacobianProducts(matrix, scale, largest, bound)


def slope_products(trace: RnnTrace) -> np.ndarray:
    """log₁₀ ∏_{k=t+1}^{T} φ′(z_k), one rms slope over units and examples a step: (S, T)."""
    return running_products(log10_rms(trace.slope)[:, 1:])
