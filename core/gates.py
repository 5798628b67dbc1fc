"""GRU and LSTM, recurrent networks with gates, and backpropagation through them by hand.

Axis order: G gates, S networks at once, T time steps, N examples, D features; step t = 1 … T stands
at index t − 1, and h₀ = c₀ = 0. Each gate has an own sum u = x_t @ W_x + h_{t−1} @ W_h + b.

LSTM (Hochreiter and Schmidhuber 1997; with a forget gate, Gers, Schmidhuber and Cummins 2000):

    i, f, o = σ(u_i), σ(u_f), σ(u_o)    g = tanh(u_g)
    c_t = f∘c_{t−1} + i∘g               h_t = o∘tanh(c_t)

GRU (Cho et al. 2014), whose state is its memory too, c = h:

    r, z = σ(u_r), σ(u_z)               h_t = z∘h_{t−1} + (1 − z)∘n
    n = tanh(x_t @ W_x + r∘(h_{t−1} @ W_h + b_h) + b)     reset "after" the product, as PyTorch
    n = tanh(x_t @ W_x + (r∘h_{t−1}) @ W_h + b)           reset "before" it, as in the paper

One gate keeps: f of the LSTM, z of the GRU. It is what the gradient of the memory is multiplied by
at each step back, ∏f_t, where a vanilla network has ∏φ′ and its matrix.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core import checks
from core.activations import ACTIVATIONS
from core.diagnostics import log10_norm, running_products
from core.initializers import INITIALIZERS, Initializer
from core.recurrent import MAX_STEPS

CELLS = {"lstm": ("i", "f", "o", "g"), "gru": ("r", "z", "n")}  # and their gates, in order
RESETS = ("after", "before")
KEEPS = 1  # the gate that keeps: f of an LSTM, z of a GRU
_SIGMOID, _TANH = ACTIVATIONS["sigmoid"], ACTIVATIONS["tanh"]


@dataclass(frozen=True)
class GateSpec:
    """What a network with gates is, in primitives only. Raises ValueError for values without sense.

    reset: where a GRU's reset gate acts, "after" or "before" the product with W_h.
    forget_bias: the bias that the gate that keeps begins with; all other biases begin at 0.
    orthogonal: whether each gate's W_h is orthogonal, or drawn as the initializer draws.
    """

    cell: str
    n_in: int
    width: int
    steps: int
    n_out: int
    reset: str = "after"
    forget_bias: float = 0.0
    initializer: str = "lecun"
    weight_scale: float = 1.0
    orthogonal: bool = False
    recurrent_scale: float = 1.0
    seeds: int = 1

    def __post_init__(self) -> None:
        checks.counts(self, "n_in", "width", "steps", "n_out", "seeds")
        if self.steps > MAX_STEPS:
            raise ValueError(f"steps must be at most {MAX_STEPS}, not {self.steps}")
        checks.finite(self, "forget_bias", "weight_scale", "recurrent_scale")
        if min(self.weight_scale, self.recurrent_scale) < 0:
            raise ValueError("scales cannot be negative")
        checks.one_of(self, cell=CELLS, reset=RESETS, initializer=INITIALIZERS)

    @property
    def gates(self) -> int:
        """How many gates the cell has, the candidate for new memory among them."""
        return len(CELLS[self.cell])


@dataclass(frozen=True)
class GateParams:
    """W_x (G, S, n_in, D), W_h (G, S, D, D), b (G, S, 1, D), W_out (S, D, n_out), b_out (S, 1,
    n_out); b_h (S, 1, D) stands inside of a GRU's reset "after", and is not used elsewhere."""

    W_x: np.ndarray
    W_h: np.ndarray
    b: np.ndarray
    b_h: np.ndarray
    W_out: np.ndarray
    b_out: np.ndarray


@dataclass(frozen=True)
class GateTrace:
    """x (1 or S, T, N, n_in); h, c (S, T, N, D); gate and slope, each gate's value and φ′ of its
    sum, (G, S, T, N, D); output (S, N, n_out) from h_T.

    inner (S, T, N, D) is tanh(c_t) of an LSTM, with its slope; of a GRU what its candidate meets
    of the past: h_{t−1} @ W_h + b_h with reset "after", r∘h_{t−1} with reset "before".
    """

    x: np.ndarray
    h: np.ndarray
    c: np.ndarray
    gate: np.ndarray
    slope: np.ndarray
    inner: np.ndarray
    inner_slope: np.ndarray
    output: np.ndarray


@dataclass(frozen=True)
class GateGradients:
    """dJ/d(variable), of the variable's shape; dc is the whole of dJ/dc_t, of a GRU dJ/dh_t."""

    dW_x: np.ndarray
    dW_h: np.ndarray
    db: np.ndarray
    db_h: np.ndarray
    dW_out: np.ndarray
    db_out: np.ndarray
    dh: np.ndarray
    dc: np.ndarray


def init(spec: GateSpec, *, rng: checks.Generators) -> GateParams:
    """Draw the weights of S networks.

    rng: one Generator, of which member s gets the child `rng.spawn(S)[s]`, or a sequence of S
    Generators that are used as they are. Neither scales nor the forget bias change the draws.
    """
    members = checks.generators(rng, spec.seeds)
    scheme = INITIALIZERS[spec.initializer]
    recurrent = INITIALIZERS["orthogonal"] if spec.orthogonal else scheme

    def draw(source: Initializer, d_in: int, d_out: int) -> np.ndarray:
        return np.stack([source.sample(rng, d_in, d_out) for rng in members])

    W_h = np.stack([draw(recurrent, spec.width, spec.width) for _ in range(spec.gates)])
    W_x = np.stack([draw(scheme, spec.n_in, spec.width) for _ in range(spec.gates)])
    b = np.zeros((spec.gates, spec.seeds, 1, spec.width))
    b[KEEPS] = spec.forget_bias
    return GateParams(
        W_x=spec.weight_scale * W_x,
        W_h=spec.recurrent_scale * W_h,
        b=b,
        b_h=np.zeros((spec.seeds, 1, spec.width)),
        W_out=spec.weight_scale * draw(scheme, spec.width, spec.n_out),
        b_out=np.zeros((spec.seeds, 1, spec.n_out)),
    )


def forward(spec: GateSpec, params: GateParams, x: npt.ArrayLike) -> GateTrace:
    """Run through time. x: (N, T, n_in), one batch for all members, or (S, N, T, n_in).

    Raises ValueError where shapes do not fit. Infinity and NaN pass through.
    """
    seeds = params.W_h.shape[1]
    x = checks.sequences(x, seeds, spec.steps, spec.n_in)
    D, n_out = spec.width, spec.n_out
    of_gates = spec.gates, seeds
    checks.shapes(params, W_x=(*of_gates, spec.n_in, D), W_h=(*of_gates, D, D), b=(*of_gates, 1, D))
    checks.shapes(params, b_h=(1, D), W_out=(D, n_out), b_out=(1, n_out))
    x = np.ascontiguousarray(x.swapaxes(1, 2))  # (1 or S, T, N, n_in)
    state = (seeds, spec.steps, x.shape[2], spec.width)
    h, inner, gate, slope = *np.empty((2, *state)), *np.empty((2, spec.gates, *state))
    lstm = spec.cell == "lstm"
    c, inner_slope = np.empty((2, *state)) if lstm else (h, np.empty(0))
    u, through = np.empty((2, spec.gates, seeds, x.shape[2], spec.width))
    h_before, c_before = np.zeros((2, seeds, x.shape[2], spec.width))
    with np.errstate(all="ignore"):
        for t in range(spec.steps):
            np.matmul(x[:, t], params.W_x, out=u)  # (G, S, N, D)
            u += params.b
            at = gate[:, :, t], slope[:, :, t], inner[:, t]
            if lstm:
                u += np.matmul(h_before, params.W_h, out=through)
                _lstm_step(u, c_before, c[:, t], h[:, t], *at, inner_slope[:, t])
            else:
                _gru_step(spec, params, u, h_before, h[:, t], *at)
            h_before, c_before = h[:, t], c[:, t]
        output = h[:, -1] @ params.W_out + params.b_out  # (S, N, n_out)
    return GateTrace(x, h, c, gate, slope, inner, inner_slope, output)


def _lstm_step(
    u: np.ndarray,
    c_before: np.ndarray,
    c: np.ndarray,
    h: np.ndarray,
    gate: np.ndarray,
    slope: np.ndarray,
    inner: np.ndarray,
    inner_slope: np.ndarray,
) -> None:
    _SIGMOID.into(u[:3], gate[:3], slope[:3])
    _TANH.into(u[3], gate[3], slope[3])
    i, f, o, g = gate
    np.multiply(f, c_before, out=c)
    c += i * g
    _TANH.into(c, inner, inner_slope)
    np.multiply(o, inner, out=h)


def _gru_step(
    spec: GateSpec,
    params: GateParams,
    u: np.ndarray,
    h_before: np.ndarray,
    h: np.ndarray,
    gate: np.ndarray,
    slope: np.ndarray,
    inner: np.ndarray,
) -> None:
    u[:2] += h_before @ params.W_h[:2]
    _SIGMOID.into(u[:2], gate[:2], slope[:2])
    r, z, n = gate
    if spec.reset == "after":
        np.matmul(h_before, params.W_h[2], out=inner)
        inner += params.b_h
        u[2] += r * inner
    else:
        np.multiply(r, h_before, out=inner)
        u[2] += inner @ params.W_h[2]
    _TANH.into(u[2], n, slope[2])
    np.subtract(h_before, n, out=h)  # h = n + z∘(h_{t−1} − n)
    h *= z
    h += n


def backward(
    spec: GateSpec, params: GateParams, trace: GateTrace, d_output: npt.ArrayLike
) -> GateGradients:
    """Backpropagate d_output = dJ/d(output), (S, N, n_out), through time."""
    dy = np.broadcast_to(np.asarray(d_output, dtype=np.float64), trace.output.shape)
    lstm = spec.cell == "lstm"
    dh = np.empty_like(trace.h)
    dc = np.empty_like(trace.c) if lstm else dh
    # What reaches the sums through x_t and through h_{t−1}: they differ where r stands between.
    through_x = np.empty_like(trace.gate)
    inside = not lstm and spec.reset == "after"
    d_inner = np.empty_like(trace.h if inside else trace.h[:, :0])
    zeros = np.zeros_like(trace.h[:, 0])
    W_back = np.ascontiguousarray(params.W_h.mT)  # small products are twice as fast so
    with np.errstate(all="ignore"):
        np.matmul(dy, params.W_out.mT, out=dh[:, -1])  # (S, N, D)
        later = zeros  # what dJ/dc_{t+1} leaves for c_t
        for t in reversed(range(spec.steps)):
            du, step = through_x[:, :, t], _Step(trace, t, zeros)
            if lstm:
                later = _lstm_back(step, dh[:, t], later, dc[:, t], du)
                earlier = (du @ W_back).sum(axis=0) if t else None
            else:
                inner = d_inner[:, t] if inside else d_inner
                earlier = _gru_back(spec, W_back, step, dh[:, t], du, inner)
            if t:
                dh[:, t - 1] = earlier

        def over_time(a: np.ndarray) -> np.ndarray:  # (…, T, N, D) -> (…, T·N, D)
            return a.reshape(*a.shape[:-3], -1, a.shape[-1])

        past = np.concatenate([zeros[:, None], trace.h[:, :-1]], axis=1)  # h_{t−1}
        flat, past_T = over_time(through_x), over_time(past).mT
        if inside:
            to_past = (*flat[:2], over_time(d_inner))
            dW_h = np.stack([past_T @ d for d in to_past])
            db_h = d_inner.sum(axis=(1, 2))[:, None]
        else:
            dW_h, db_h = past_T @ flat, np.zeros_like(params.b_h)
            if not lstm:
                dW_h[2] = over_time(trace.inner).mT @ flat[2]
        return GateGradients(
            dW_x=over_time(trace.x).mT @ flat,
            dW_h=dW_h,
            db=flat.sum(axis=2, keepdims=True),
            db_h=db_h,
            dW_out=trace.h[:, -1].mT @ dy,
            db_out=dy.sum(axis=1, keepdims=True),
            dh=dh,
            dc=dc,
        )


class _Step:
    """A trace at one step: (S, N, D) each, with the state before."""

    def __init__(self, trace: GateTrace, t: int, zeros: np.ndarray) -> None:
        self.gate, self.slope = trace.gate[:, :, t], trace.slope[:, :, t]
        self.inner = trace.inner[:, t]
        self.inner_slope = trace.inner_slope[:, t] if len(trace.inner_slope) else None
        self.h_before, self.c_before = (trace.h[:, t - 1], trace.c[:, t - 1]) if t else (zeros,) * 2


def _lstm_back(
    step: _Step, dh: np.ndarray, later: np.ndarray, dc: np.ndarray, du: np.ndarray
) -> np.ndarray:
    """Writes dJ/dc_t and dJ/du_t; returns what they leave for c_{t−1} by way of the cell."""
    i, f, o, g = step.gate
    np.multiply(dh, o, out=dc)
    dc *= step.inner_slope
    dc += later
    np.multiply(dc, g, out=du[0])
    np.multiply(dc, step.c_before, out=du[1])
    np.multiply(dh, step.inner, out=du[2])
    np.multiply(dc, i, out=du[3])
    du *= step.slope
    return dc * f


def _gru_back(
    spec: GateSpec,
    W_back: np.ndarray,
    step: _Step,
    dh: np.ndarray,
    du: np.ndarray,
    d_inner: np.ndarray,
) -> np.ndarray:
    """Writes dJ/du_t, and what the inside of the reset gets; returns dJ/dh_{t−1}."""
    r, z, _ = step.gate
    du_r, du_z, du_n = du
    np.multiply(dh, 1 - z, out=du_n)
    du_n *= step.slope[2]
    np.multiply(dh, step.h_before - step.gate[2], out=du_z)
    du_z *= step.slope[1]
    earlier = dh * z
    if spec.reset == "after":
        np.multiply(du_n, step.inner, out=du_r)
        np.multiply(du_n, r, out=d_inner)
        earlier += d_inner @ W_back[2]
    else:
        past = du_n @ W_back[2]  # dJ/d(r∘h_{t−1})
        np.multiply(past, step.h_before, out=du_r)
        earlier += past * r
    du_r *= step.slope[0]
    earlier += (du[:2] @ W_back[:2]).sum(axis=0)
    return earlier


def memory_norms(gradients: GateGradients) -> np.ndarray:
    """log₁₀ ‖dJ/dc_t‖ over examples and units, by step: (S, T)."""
    return log10_norm(gradients.dc)


def keep_products(trace: GateTrace) -> np.ndarray:
    """log₁₀ ∏_{k=t+1}^{T} of the gate that keeps, one rms over units and examples a step: (S, T).

    It is what the memory's own way back multiplies a gradient by; the last entry is 0.
    """
    kept = trace.gate[KEEPS]  # (S, T, N, D)
    rms = log10_norm(kept) - 0.5 * np.log10(kept.shape[-2] * kept.shape[-1])
    return running_products(rms[:, 1:])
