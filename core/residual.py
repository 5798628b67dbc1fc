"""A stack of two-matrix blocks on one stream, and its backpropagation, written by hand.

Axis order as in core/network.py: S networks at once, N examples, D features. With h₀ = x @ W_in,
block l = 1 … L and its branch F(x) = φ(x @ W1_l) @ W2_l, the `place` says how they are joined:

    plain     h_l = F(h)                  h is h_{l−1}
    shortcut  h_l = h + r·F(h)            He et al. 2016
    zero      h_l = h + r·F(h), W2 = 0    at initialization; of Fixup (Zhang, Dauphin and Ma 2019)
    post      h_l = norm(h + r·F(h))      Vaswani et al. 2017
    pre       h_l = h + r·F(norm(h))      Baevski and Auli 2019; Xiong et al. 2020
    peri      h_l = h + r·norm(F(norm(h)))    Kim et al. 2025
    deep      h_l = norm(α·h + r·F(h))    DeepNorm, Wang et al. 2022

The output is h_L @ W_out, of norm(h_L) for pre and peri. Norms are over D, without parameters, and
there are no biases. DeepNorm counts a block as one of a transformer layer's two sublayers: of L,
α = L^¼, and its weights are drawn times (4L)^−¼. A gradient is named d + variable.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core import checks
from core.activations import activation
from core.initializers import INITIALIZERS, Initializer

PLACES = ("plain", "shortcut", "zero", "post", "pre", "peri", "deep")
NORMS = ("rms", "layer")
EPSILON = 1e-5  # added to the mean square by both norms
MAX_BLOCKS = 500


@dataclass(frozen=True)
class StackSpec:
    """What a stack is, in primitives only. Raises ValueError for values without meaning.

    n_in, width, n_out: features of x, of the stream, of the output.
    blocks: their number L.
    place: how a block and its stream are joined, one of PLACES.
    branch: the factor r; a plain block has none.
    norm: "rms" (Zhang and Sennrich 2019) or "layer" (Ba, Kiros and Hinton 2016), where the place
        has one.
    weight_scale: multiplies W1 and W2, not the two ends. W1 has He's draws, the others LeCun's.
    seeds: the number S of independent networks.
    """

    n_in: int
    width: int
    blocks: int
    n_out: int
    place: str = "shortcut"
    branch: float = 1.0
    norm: str = "rms"
    activation: str = "relu"
    weight_scale: float = 1.0
    seeds: int = 1

    def __post_init__(self) -> None:
        checks.counts(self, "n_in", "width", "n_out", "seeds")
        checks.counts(self, "blocks", least=0)
        if self.blocks > MAX_BLOCKS:
            raise ValueError(f"blocks must be at most {MAX_BLOCKS}, not {self.blocks}")
        checks.one_of(self, place=PLACES, norm=NORMS)
        checks.finite(self, "branch", "weight_scale")
        if self.weight_scale < 0:
            raise ValueError("weight_scale is a spread and cannot be negative")
        activation(self.activation)

    @property
    def stream_factor(self) -> float:
        """What the stream is multiplied by where the branch is added: 0, 1, or DeepNorm's α."""
        return {"plain": 0.0, "deep": self.blocks**0.25}.get(self.place, 1.0)

    @property
    def normalizes(self) -> tuple[bool, bool, bool]:
        """Whether a norm stands before the branch, at its end, and on the sum."""
        before, at_end = self.place in ("pre", "peri"), self.place == "peri"
        return before, at_end, self.place in ("post", "deep")


@dataclass(frozen=True)
class StackParams:
    """W_in (S, n_in, D), W_out (S, D, n_out), and W1, W2 (S, D, D) of the L blocks."""

    W_in: np.ndarray
    W1: tuple[np.ndarray, ...]
    W2: tuple[np.ndarray, ...]
    W_out: np.ndarray


@dataclass(frozen=True)
class Normalized:
    """y (S, N, D) = x / size with x centered for layer norm; inverse 1/size, (S, N, 1)."""

    y: np.ndarray
    inverse: np.ndarray


@dataclass(frozen=True)
class Block:
    """One block's values, (S, N, D): what the branch reads, z = read @ W1, a = φ(z), slope = φ′(z),
    F = a @ W2; and the norms before the branch, at its end, on the sum, or None."""

    read: np.ndarray
    z: np.ndarray
    a: np.ndarray
    slope: np.ndarray
    F: np.ndarray
    before: Normalized | None
    at_end: Normalized | None
    on_sum: Normalized | None


@dataclass(frozen=True)
class StackTrace:
    """x (1 or S, N, n_in); h, the stream before and after each block, L + 1 arrays (S, N, D); the
    L blocks; the last norm or None; output (S, N, n_out); branch r, a number or (S, 1, 1)."""

    x: np.ndarray
    h: tuple[np.ndarray, ...]
    blocks: tuple[Block, ...]
    last: Normalized | None
    output: np.ndarray
    branch: float | np.ndarray


@dataclass(frozen=True)
class StackGradients:
    """dJ/d(variable), of the variable's shape, in a sweep one for each of its K members; dh as h,
    L + 1 arrays; dx (S, N, n_in)."""

    dW_in: np.ndarray
    dW1: tuple[np.ndarray, ...]
    dW2: tuple[np.ndarray, ...]
    dW_out: np.ndarray
    dh: tuple[np.ndarray, ...]
    dx: np.ndarray


def init(spec: StackSpec, *, rng: checks.Generators) -> StackParams:
    """Draw the weights of S networks.

    rng: one Generator, of which member s gets the child `rng.spawn(S)[s]`, or a sequence of S
    Generators that are used as they are. Places and scales do not change the draws.
    """
    members = checks.generators(rng, spec.seeds)
    D, he, lecun = spec.width, INITIALIZERS["he"], INITIALIZERS["lecun"]
    scale = spec.weight_scale * ((4 * max(1, spec.blocks)) ** -0.25 if spec.place == "deep" else 1)

    def draw(scheme: Initializer, fan_in: int, fan_out: int) -> np.ndarray:
        return np.stack([scheme.sample(member, fan_in, fan_out) for member in members])

    W_in = draw(lecun, spec.n_in, D)
    pairs = [(draw(he, D, D), draw(lecun, D, D)) for _ in range(spec.blocks)]
    return StackParams(
        W_in,
        W1=tuple(scale * W1 for W1, _ in pairs),
        W2=tuple((0.0 if spec.place == "zero" else scale) * W2 for _, W2 in pairs),
        W_out=draw(lecun, D, spec.n_out),
    )


def forward(
    spec: StackSpec, params: StackParams, x: npt.ArrayLike, *, branch: np.ndarray | None = None
) -> StackTrace:
    """Compute every block from the input to the output.

    x: (N, n_in), one batch for all members, or (S, N, n_in); N ≥ 1.
    branch: r for each of K members, (K,), instead of the spec's; parameters of a single member
    then serve all of them: a sweep. Infinity and NaN pass through.
    Raises ValueError where shapes do not fit.
    """
    x = np.asarray(x, dtype=np.float64)
    x = x[None] if x.ndim == 2 else x
    seeds, fits = len(params.W_in), x.ndim == 3 and x.shape[2] == spec.n_in and x.shape[1] > 0
    if not fits or x.shape[0] not in (1, seeds) or len(params.W1) != spec.blocks:
        raise ValueError(f"x of shape {x.shape} or the parameters do not fit {spec}")
    D = spec.width
    checks.shapes(params, W_in=(spec.n_in, D), W1=(D, D), W2=(D, D), W_out=(D, spec.n_out))
    r = spec.branch if branch is None else np.asarray(branch, dtype=float)[:, None, None]
    before, at_end, on_sum = spec.normalizes
    phi = activation(spec.activation)
    with np.errstate(all="ignore"):
        h, blocks = [x @ params.W_in], []  # (S, N, D)
        if branch is not None:
            h[0] = np.broadcast_to(h[0], (len(branch), *h[0].shape[1:]))
        for W1, W2 in zip(params.W1, params.W2, strict=True):
            first = _normalize(spec.norm, h[-1]) if before else None
            read = first.y if first else h[-1]
            z = read @ W1
            a, slope = phi.value_and_slope(z)
            F = a @ W2
            end = _normalize(spec.norm, F) if at_end else None
            added = end.y if end else F
            total = added if spec.place == "plain" else spec.stream_factor * h[-1] + r * added
            whole_norm = _normalize(spec.norm, total) if on_sum else None
            h.append(whole_norm.y if whole_norm else total)
            blocks.append(Block(read, z, a, slope, F, first, end, whole_norm))
        last = _normalize(spec.norm, h[-1]) if before else None
        output = (last.y if last else h[-1]) @ params.W_out
    return StackTrace(x, tuple(h), tuple(blocks), last, output, r)


def backward(
    spec: StackSpec, params: StackParams, trace: StackTrace, d_output: npt.ArrayLike
) -> StackGradients:
    """Backpropagate d_output = dJ/d(output), of shape (S, N, n_out), to every variable."""
    L = spec.blocks
    dh = [np.empty(0)] * (L + 1)
    dW1, dW2 = [np.empty(0)] * L, [np.empty(0)] * L
    with np.errstate(all="ignore"):
        dW_out, dh[L] = _from_output(spec, params, trace, d_output)
        for i in reversed(range(L)):
            along, dF, dz, through = _through_block(spec, params, trace, i, dh[i + 1])
            dW2[i] = trace.blocks[i].a.mT @ dF  # (S, D, D)
            dW1[i] = trace.blocks[i].read.mT @ dz
            dh[i] = along + through
        dW_in = trace.x.mT @ dh[0]
        dx = dh[0] @ params.W_in.mT
    return StackGradients(dW_in, tuple(dW1), tuple(dW2), dW_out, tuple(dh), dx)


def to_input(
    spec: StackSpec, params: StackParams, trace: StackTrace, d_output: npt.ArrayLike
) -> np.ndarray:
    """dJ/dx alone, as `backward` has it, (S, N, n_in): without the weights' gradients, a third of
    the work."""
    with np.errstate(all="ignore"):
        _, dh = _from_output(spec, params, trace, d_output)
        for i in reversed(range(spec.blocks)):
            along, _, _, through = _through_block(spec, params, trace, i, dh)
            dh = along + through
        return dh @ params.W_in.mT


def paths(
    spec: StackSpec, params: StackParams, trace: StackTrace, d_output: npt.ArrayLike
) -> np.ndarray:
    """dJ/dh₀ by the number of branches that a path goes through: (L + 1, S, N, D), which add up.

    The gradient is a sum over the 2^L ways of going along the stream or through the branch at
    each block (Veit, Wilber and Belongie 2016). With each branch times a formal variable t it is a
    polynomial in t, whose coefficient of t^k is the sum of all paths of k branches: slopes and
    norms are those of the one forward pass, so this is exact, and L²/2 branches instead of 2^L
    paths have to be computed.
    """
    with np.errstate(all="ignore"):
        _, dh = _from_output(spec, params, trace, d_output)
        found = np.zeros((spec.blocks + 1, *dh.shape))
        found[0] = dh
        for i in reversed(range(spec.blocks)):
            so_far = spec.blocks - i  # paths of 0 … so_far − 1 branches have come here
            along = [_through_block(spec, params, trace, i, found[k]) for k in range(so_far)]
            for k in range(so_far):
                found[k] = along[k][0]
            for k in range(so_far):
                found[k + 1] += along[k][3]
    return found


def _from_output(
    spec: StackSpec, params: StackParams, trace: StackTrace, d_output: npt.ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    d_output = np.broadcast_to(np.asarray(d_output, dtype=np.float64), trace.output.shape)
    read = trace.last.y if trace.last else trace.h[-1]
    dh = d_output @ params.W_out.mT
    if trace.last:
        dh = _normalize_backward(spec.norm, dh, trace.last)
    return read.mT @ d_output, dh


def _through_block(
    spec: StackSpec, params: StackParams, trace: StackTrace, i: int, dh: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What dJ/dh_l becomes along the stream, dF, dz, and what it becomes through the branch."""
    block = trace.blocks[i]
    d_sum = _normalize_backward(spec.norm, dh, block.on_sum) if block.on_sum else dh
    along = spec.stream_factor * d_sum
    dF = d_sum if spec.place == "plain" else trace.branch * d_sum
    if block.at_end:
        dF = _normalize_backward(spec.norm, dF, block.at_end)
    dz = (dF @ params.W2[i].mT) * block.slope
    through = dz @ params.W1[i].mT
    if block.before:
        through = _normalize_backward(spec.norm, through, block.before)
    return along, dF, dz, through


def _normalize(norm: str, x: np.ndarray) -> Normalized:
    """x/√(mean of x² + ε) over D; of the centered x for layer norm."""
    if norm == "layer":
        x = x - x.mean(axis=2, keepdims=True)
    inverse = 1 / np.sqrt(np.mean(x * x, axis=2, keepdims=True) + EPSILON)
    return Normalized(x * inverse, inverse)


def _normalize_backward(norm: str, dy: np.ndarray, of: Normalized) -> np.ndarray:
    """dx = (dy − y·mean(dy·y))/size; for layer norm without the mean of dy too."""
    dx = dy - of.y * np.mean(dy * of.y, axis=2, keepdims=True)
    if norm == "layer":
        dx = dx - dy.mean(axis=2, keepdims=True)
    return dx * of.inverse
