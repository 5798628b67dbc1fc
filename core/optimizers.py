"""Optimizers: from a gradient to a step, one frozen record per rule.

A step is W ← W − η·move. What a rule makes of the gradient is its `move`; what it remembers between
steps is a `Memory`. `step` is pure: the same arguments give the same arrays, and none is written
to. The S members of an ensemble are moved at once, each as if alone.

Training keeps the parameters of a member in one row (see `packed`) and has the rules write there,
by `Rule.turn`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import sqrt
from types import MappingProxyType
from typing import ClassVar, TypeAlias

import numpy as np

from core.blas import empty
from core.checks import counts, is_finite
from core.formats import as_floats
from core.network import Gradients, Params

PIECE = 8192  # numbers at a time, so that what one call leaves in the cache the next one finds
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)  # Jordan 2024: steepest at 0

Rows: TypeAlias = np.ndarray  # (S, P): the numbers of each member's parameters in a row


@dataclass(frozen=True)
class Rule:
    """How a gradient becomes a move.

    label: what a reader sees. source: who published it. keeps: arrays of the parameters' shapes
    that it remembers.
    """

    label: ClassVar[str]
    source: ClassVar[str]
    keeps: ClassVar[int] = 0

    def turn(self, g: Rows, p: Rows, kept: Sequence[Rows], t: int, like: Params) -> float:
        """Turn gradients into moves where they lie, and bring what is kept up to date.

        Returned is a factor that the moves are still to be multiplied by, so that it can be one
        with the learning rate: a pass over all of them less.

        g, p: gradients and parameters, (S, P). kept: `keeps` arrays of that shape. t: the number of
        this step, from 1. like: Params whose shapes the rows have.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class SGD(Rule):
    """The gradient as it is (Robbins and Monro 1951)."""

    label: ClassVar[str] = "SGD"
    source: ClassVar[str] = "Robbins and Monro 1951"

    def turn(self, g: Rows, p: Rows, kept: Sequence[Rows], t: int, like: Params) -> float:
        return 1.0


PLAIN = SGD()


@dataclass(frozen=True)
class Momentum(Rule):
    """v ← m·v + g, and v is the move (Polyak 1964; PyTorch's convention)."""

    momentum: float = 0.9

    label: ClassVar[str] = "SGD with momentum"
    source: ClassVar[str] = "Polyak 1964"
    keeps: ClassVar[int] = 1

    def __post_init__(self) -> None:
        _below_one("momentum", self.momentum)

    def turn(self, g: Rows, p: Rows, kept: Sequence[Rows], t: int, like: Params) -> float:
        for g_i, v in _pieces(g, *kept):
            v *= self.momentum
            v += g_i
            g_i[...] = v
        return 1.0


@dataclass(frozen=True)
class Sign(Rule):
    """The sign of each entry: every weight moves by the learning rate (Bernstein et al. 2018)."""

    label: ClassVar[str] = "sign descent"
    source: ClassVar[str] = "Bernstein et al. 2018"

    def turn(self, g: Rows, p: Rows, kept: Sequence[Rows], t: int, like: Params) -> float:
        np.sign(g, out=g)
        return 1.0


@dataclass(frozen=True)
class RMSProp(Rule):
    """g over the root of its running mean square, plus ε (Tieleman and Hinton 2012).

    v ← α·v + (1 − α)·g²; the move is g/(√v + ε). v starts at 0, and nothing corrects for that.
    """

    alpha: float = 0.99
    epsilon: float = 1e-8

    label: ClassVar[str] = "RMSProp"
    source: ClassVar[str] = "Tieleman and Hinton 2012"
    keeps: ClassVar[int] = 1

    def __post_init__(self) -> None:
        _below_one("alpha", self.alpha)
        _positive("epsilon", self.epsilon)

    def turn(self, g: Rows, p: Rows, kept: Sequence[Rows], t: int, like: Params) -> float:
        for g_i, v in _pieces(g, *kept):
            v *= self.alpha
            square = g_i * g_i
            square *= 1 - self.alpha
            v += square
            root = np.sqrt(v, out=square)
            root += self.epsilon
            g_i /= root
        return 1.0


@dataclass(frozen=True)
class Adam(Rule):
    """A running mean of g over the root of the running mean of its square (Kingma and Ba 2015).

    m ← β₁·m + (1 − β₁)·g and v ← β₂·v + (1 − β₂)·g², both divided by what they lack for having
    begun at 0, 1 − βᵗ; the move is m̂/(√v̂ + ε). At the first step that is g/(|g| + ε).
    """

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    label: ClassVar[str] = "Adam"
    source: ClassVar[str] = "Kingma and Ba 2015"
    keeps: ClassVar[int] = 2

    def __post_init__(self) -> None:
        _below_one("beta1", self.beta1)
        _below_one("beta2", self.beta2)
        _positive("epsilon", self.epsilon)

    def turn(self, g: Rows, p: Rows, kept: Sequence[Rows], t: int, like: Params) -> float:
        # Kept are sums: (1 − β) times them are m and v. That saves two passes.
        root = sqrt((1 - self.beta2**t) / (1 - self.beta2))
        floor = self.epsilon * root
        scale = (1 - self.beta1) / (1 - self.beta1**t) * root
        part = np.empty(PIECE, g.dtype)
        for g_i, m, v in _pieces(g, *kept):
            a = part[: len(g_i)]
            m *= self.beta1
            m += g_i
            g_i *= g_i
            v *= self.beta2
            v += g_i
            np.sqrt(v, out=a)
            a += floor
            np.divide(m, a, out=g_i)
        return scale


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam, and each parameter shrinks by η·decay of itself (Loshchilov and Hutter 2019).

    That η is part of it is PyTorch's convention; the paper has the factor of a schedule there.
    """

    decay: float = 0.01

    label: ClassVar[str] = "AdamW"
    source: ClassVar[str] = "Loshchilov and Hutter 2019"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (is_finite(self.decay) and self.decay >= 0):
            raise ValueError(f"decay must be finite and ≥ 0, not {self.decay!r}")

    def turn(self, g: Rows, p: Rows, kept: Sequence[Rows], t: int, like: Params) -> float:
        scale = super().turn(g, p, kept, t, like)
        for g_i, p_i in _pieces(g, p):
            g_i += self.decay / scale * p_i
        return scale


@dataclass(frozen=True)
class Muon(Rule):
    """Weight matrices move by their gradient with all singular values brought near 1 (Jordan 2024).

    B ← μ·B + (1 − μ)·g; the move is `orthogonalized` of (1 − μ)·g + μ·B, times √(D_out/D_in) where
    a layer has more outputs than inputs. What is no matrix is moved by Adam with its defaults.
    Jordan leaves the first layer and the output to AdamW; here every matrix is moved so.
    """

    momentum: float = 0.95
    epsilon: float = 1e-7
    iterations: int = 5

    label: ClassVar[str] = "Muon"
    source: ClassVar[str] = "Jordan 2024"
    keeps: ClassVar[int] = 2

    def __post_init__(self) -> None:
        _below_one("momentum", self.momentum)
        _positive("epsilon", self.epsilon)
        counts(self, "iterations", least=0)

    def turn(self, g: Rows, p: Rows, kept: Sequence[Rows], t: int, like: Params) -> float:
        weights = sum(W[0].size for W in like.W)
        others = g[:, weights:]
        others *= Adam().turn(others, p, [rows[:, weights:] for rows in kept], t, like)
        for g_i, B in _pieces(g[:, :weights], kept[0][:, :weights]):
            g_i *= 1 - self.momentum
            B *= self.momentum
            B += g_i
            g_i += self.momentum * B
        for dW in unpacked(g, like).W:
            d_in, d_out = dW.shape[1:]
            dW[...] = orthogonalized(dW, self.epsilon, self.iterations)
            dW *= sqrt(max(1.0, d_out / d_in))
        return 1.0


def orthogonalized(G: np.ndarray, epsilon: float = 1e-7, iterations: int = 5) -> np.ndarray:
    """G (S, D_in, D_out) with its directions kept and its singular values brought near 1.

    Newton–Schulz: after division by its norm, or by ε where that is larger, X ← aX + (bA + cA²)X
    with A = XXᵀ, which multiplies small singular values by 3.4 each time and lets large ones settle
    between 0.7 and 1.2 (Jordan 2024, with his coefficients).
    """
    a, b, c = NEWTON_SCHULZ
    S, d_in, d_out = G.shape
    X = G.mT if d_in > d_out else G
    rows = np.ascontiguousarray(G).reshape(S, -1)
    norm = np.sqrt(np.vecdot(rows, rows))
    X = X / np.maximum(norm, epsilon)[:, None, None]
    for _ in range(iterations):
        A = X @ X.mT
        X = a * X + (b * A + c * (A @ A)) @ X
    return X.mT if d_in > d_out else X


RULES: Mapping[str, type[Rule]] = MappingProxyType(
    {
        "sgd": SGD,
        "momentum": Momentum,
        "sign": Sign,
        "rmsprop": RMSProp,
        "adam": Adam,
        "adamw": AdamW,
        "muon": Muon,
    }
)


# Steps -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Memory:
    """What a rule remembers after `steps` of its steps: `rule.keeps` Params."""

    rule: Rule
    steps: int
    kept: tuple[Params, ...]


def begin(rule: Rule, params: Params) -> Memory:
    """The memory before a rule's first step: zeros."""
    return Memory(rule, 0, tuple(zeros(params) for _ in range(rule.keeps)))


def move(params: Params, gradients: Gradients | Params, memory: Memory) -> tuple[Params, Memory]:
    """What the rule makes of these gradients, in their shapes, and its memory after that."""
    if isinstance(gradients, Gradients):
        gradients = Params(gradients.dW, gradients.db, gradients.dgamma, gradients.dbeta)
    t, (p, _), (g, moves) = memory.steps + 1, packed(params), packed(gradients)
    kept = [packed(tree) for tree in memory.kept]
    with np.errstate(all="ignore"):
        g *= memory.rule.turn(g, p, [rows for rows, _ in kept], t, params)
    return moves, Memory(memory.rule, t, tuple(tree for _, tree in kept))


def step(
    params: Params, gradients: Gradients | Params, memory: Memory, learning_rate: float
) -> tuple[Params, Memory]:
    """Take one step, W ← W − η·move."""
    moves, memory = move(params, gradients, memory)
    learning_rate = float(learning_rate)  # a number of NumPy's would bring its own format
    moved = [
        tuple(p - learning_rate * m for p, m in zip(arrays, of, strict=True))
        for arrays, of in zip(vars(params).values(), vars(moves).values(), strict=True)
    ]
    return Params(*moved), memory


# Parameters in rows ------------------------------------------------------------------------------


def leaves(tree: Params) -> list[np.ndarray]:
    """The arrays of Params in a row: the weights, the biases, then those of a normalizer."""
    return [a for arrays in vars(tree).values() for a in arrays]


def zeros(tree: Params) -> Params:
    """Params of the same shapes that are 0."""
    return Params(*[tuple(map(np.zeros_like, arrays)) for arrays in vars(tree).values()])


def packed(tree: Params) -> tuple[Rows, Params]:
    """A copy of Params in one block (S, P), a row for each member, and its arrays as views."""
    arrays = leaves(tree)
    size, dtype = sum(a[0].size for a in arrays), as_floats(arrays[0]).dtype
    ((memory,),) = empty([(len(arrays[0]), size)], dtype=dtype)
    views = unpacked(memory, tree)
    for view, a in zip(leaves(views), arrays, strict=True):
        view[...] = a
    return memory, views


def unpacked(rows: Rows, like: Params) -> Params:
    """Rows of parameters (S, P) as arrays of the shapes of Params: views."""
    ends = accumulate((a[0].size for a in leaves(like)), initial=0)
    pieces = (rows[:, a:b] for a, b in pairwise(ends))
    shaped = [[next(pieces).reshape(a.shape) for a in arrays] for arrays in vars(like).values()]
    return Params(*map(tuple, shaped))


def _pieces(*rows: Rows) -> Iterator[tuple[np.ndarray, ...]]:
    """The same PIECE numbers of each of several (S, P), one after another."""
    for row in zip(*rows, strict=True):
        for at in range(0, row[0].size, PIECE):
            yield tuple(a[at : at + PIECE] for a in row)


def _below_one(name: str, value: float) -> None:
    if not 0 <= value < 1:
        raise ValueError(f"{name} must be at least 0 and below 1, not {value!r}")


def _positive(name: str, value: float) -> None:
    if not (is_finite(value) and value > 0):
        raise ValueError(f"{name} must be positive and finite, not {value!r}")
