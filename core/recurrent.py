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

    Raises ValueError where shapes do not fit. Infinity and NaN pass through.
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


def step_norms(gradients: RnnGradients) -> np.ndarray:
    """log₁₀ ‖dJ/dh_t‖ over examples and units, by step: (S, T)."""
    return log10_norms(gradients.dh)


def slope_products(trace: RnnTrace) -> np.ndarray:
    """log₁₀ ∏_{k=t+1}^{T} φ′(z_k), one rms slope over units and examples a step: (S, T)."""
    return running_products(log10_rms(trace.slope)[:, 1:])
