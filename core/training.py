"""Training by gradient descent, one explicit state at a time.

`advance` is a pure function from one State to the next and the Step it recorded; `train` takes all
steps that are left. Whoever keeps a State can pause, continue or go back to it: the same arrays
come out, bit for bit, because the batch of a step depends on its number and on `batch_seed` alone.

The S members of an ensemble see the same batches. A member whose arithmetic leaves the finite
numbers halts: it is frozen with its last finite parameters, and the others go on as if alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import groupby, pairwise
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from core.blas import empty
from core.checks import Generators, counts, is_finite, one_of
from core.clipping import clip_by_global_norm, clip_by_value
from core.diagnostics import CALM, CALM_IN_FLOAT32, log10_block_norms, member
from core.formats import FORMATS, Format
from core.losses import LOSSES
from core.network import (
    Gradients,
    NetSpec,
    Params,
    Trace,
    backward_into,
    backward_products,
    batch,
    first_non_finite,
    forward_into,
    forward_products,
    in_format,
    init,
    output,
)
from core.optimizers import PLAIN, Memory, Rows, Rule, begin, leaves, packed, unpacked

CLIPS = ("none", "value", "norm")
DTYPES = ("float64", "float32")
# Between the two classes of a network with one output, by the loss it was trained with.
CUTS = {"mean_squared_error": 0.5, "binary_cross_entropy": 0.0}
# What halts a run, in the order in which a step computes it.
OPERATIONS = ("pre-activation", "activation", "loss", "gradient", "update")
FORWARD_OPERATIONS = {
    **dict.fromkeys(("x", "u", "z", "output"), "pre-activation"),
    **dict.fromkeys(("h", "slope"), "activation"),
}


@dataclass(frozen=True)
class TrainSpec:
    """How a network is trained, in primitives only. Raises ValueError for values without meaning.

    clip, clip_limit: "none", by "value" or by global "norm", before the rule.
    rule: how a gradient becomes a step, a record of core/optimizers.py.
    batch_size: examples per step, all if there are fewer; an epoch leaves out the remainder.
    target: where the mean squared error meets labels, what it wants of the output of an example's
    class; of the other outputs it wants 0.
    batch_seed: of the order of the examples, a new permutation every epoch.
    dtype: the number format of all that is computed. Weights and examples are drawn in float64 and
    rounded to it once; only what a Step measures, norms and shares, is measured in float64.
    """

    learning_rate: float
    steps: int = 200
    batch_size: int = 32
    clip: str = "none"
    clip_limit: float = 1.0
    loss: str = "softmax_cross_entropy"
    batch_seed: int = 0
    rule: Rule = PLAIN
    target: float = 1.0
    dtype: str = "float64"

    @property
    def format(self) -> Format:
        """What the numbers can hold."""
        return FORMATS[self.dtype]

    def __post_init__(self) -> None:
        if not isinstance(self.rule, Rule):
            raise ValueError(f"rule must be a record of core/optimizers.py, not {self.rule!r}")
        if not (is_finite(self.learning_rate) and self.learning_rate >= 0):
            raise ValueError(f"learning_rate must be finite and ≥ 0, not {self.learning_rate!r}")
        counts(self, "batch_size")
        counts(self, "steps", "batch_seed", least=0)
        if self.clip not in CLIPS:
            raise ValueError(f"clip must be one of {', '.join(CLIPS)}, not {self.clip!r}")
        one_of(self, dtype=DTYPES)
        smallest = self.format.smallest_normal  # below it a number has fewer digits
        if not (is_finite(self.clip_limit) and self.clip_limit >= smallest):
            raise ValueError(
                f"clip_limit must be positive and finite, not {self.clip_limit!r}: "
                f"at least {smallest:.2g} in {self.dtype}"
            )
        if not (is_finite(self.target) and self.target > 0):
            raise ValueError(f"target must be positive and finite, not {self.target!r}")
        epsilon = getattr(self.rule, "epsilon", 1.0)
        if epsilon < smallest:  # it may be 0 there, and 0/0 is no number
            raise ValueError(
                f"epsilon must be at least {smallest:.2g} in {self.dtype}, not {epsilon!r}"
            )
        if self.loss not in LOSSES:
            raise ValueError(f"unknown loss {self.loss!r}; known are {', '.join(LOSSES)}")


@dataclass(frozen=True)
class Halt:
    """The first non-finite value of a member: at which step (from 1), in which layer (1 … depth,
    depth + 1 the output layer, also for the loss), in which of OPERATIONS, and the value."""

    step: int
    layer: int
    operation: str
    value: float


Halts: TypeAlias = tuple[Halt | None, ...]  # per member, None while it is running


@dataclass(frozen=True)
class State:
    """All that the next step depends on. Its arrays are never written to: keep it to return to it.

    step: number of steps taken. memory: what the optimizer remembers.
    order: the examples of this epoch, in order. halts: per member, None while it is running.
    """

    step: int
    params: Params
    memory: Memory
    order: np.ndarray
    halts: Halts

    @property
    def halted(self) -> bool:
        """Whether no member is left to train."""
        return all(self.halts)


@dataclass(frozen=True)
class Step:
    """What one step did. Loss, accuracy and gradients are those of its batch before the update.

    step: its number, from 1. loss, accuracy, clip_factor: (S,); accuracy is NaN for a loss without
    classes; clip_factor is the gradient's norm after clipping over its norm before.
    log10_dz (S, depth), log10_dW (S, depth + 1): norms of the batch's gradients before clipping.
    log10_slope (S, depth): root mean square of φ′(z) over units and examples.
    log10_update (S, depth + 1): log₁₀ ‖ΔW‖/‖W‖.
    zero_dW (S, depth + 1): share of the entries of dJ/dW that are exactly 0.
    halts: per member, None while it is running.
    Everything of a member that has halted is NaN from the step after on.
    """

    step: int
    loss: np.ndarray
    accuracy: np.ndarray
    log10_dz: np.ndarray
    log10_dW: np.ndarray
    log10_slope: np.ndarray
    log10_update: np.ndarray
    zero_dW: np.ndarray
    clip_factor: np.ndarray
    halts: Halts


@dataclass(frozen=True)
class History:
    """The fields of Step, stacked over T steps: step (T,), loss (T, S), log10_dz (T, S, depth) …;
    halts is that of the last step."""

    step: np.ndarray
    loss: np.ndarray
    accuracy: np.ndarray
    log10_dz: np.ndarray
    log10_dW: np.ndarray
    log10_slope: np.ndarray
    log10_update: np.ndarray
    zero_dW: np.ndarray
    clip_factor: np.ndarray
    halts: Halts


class Examples(Protocol):
    """What a run trains on: x_train (M, n_in) and y_train, labels (M,) or targets (M, n_out), all
    of them finite."""

    @property
    def x_train(self) -> np.ndarray: ...

    @property
    def y_train(self) -> np.ndarray: ...


def start(
    spec: NetSpec,
    train_spec: TrainSpec,
    *,
    rng: Generators | None = None,
    params: Params | None = None,
) -> State:
    """The state before the first step: `params`, or what `network.init` draws from `rng`, in the
    format of the training."""
    if rng is not None and params is None:
        params = init(spec, rng=rng)
    elif rng is not None or params is None:
        raise ValueError("training starts from either a generator or parameters")
    params = in_format(params, train_spec.dtype)
    memory = begin(train_spec.rule, params)
    return State(0, params, memory, np.arange(0), (None,) * len(params.W[0]))


def advance(
    spec: NetSpec, train_spec: TrainSpec, data: Examples, state: State
) -> tuple[State, Step]:
    """Take one step; `state` stays as it is."""
    run = Run(spec, train_spec, data, state)
    step = run.step()
    return run.state(), step


def train(
    spec: NetSpec, train_spec: TrainSpec, data: Examples, state: State
) -> tuple[State, list[Step]]:
    """Take the steps up to number `train_spec.steps`, or until every member has halted; `state`
    stays as it is.

    An epoch that has begun keeps its order, whatever batch_size and batch_seed say now. A rule of
    another kind than the one so far begins with no memory.
    """
    run, steps = Run(spec, train_spec, data, state), []
    while run.number < train_spec.steps and not all(run.halts):
        steps.append(run.step())
    return run.state(), steps


def record(steps: Sequence[Step]) -> History:
    """Stack steps. Raises ValueError where there is none."""
    if not steps:
        raise ValueError("no step to record")
    names = [field.name for field in fields(History) if field.name != "halts"]
    stacked = {name: np.array([getattr(step, name) for step in steps]) for name in names}
    return History(**stacked, halts=steps[-1].halts)


def first_batch(train_spec: TrainSpec, data: Examples) -> tuple[np.ndarray, np.ndarray]:
    """The examples of a run's first step, (N, n_in) and their labels or targets."""
    rows = _shuffled(train_spec, len(data.x_train), 0)[: train_spec.batch_size]
    return data.x_train[rows], data.y_train[rows]


def _shuffled(train_spec: TrainSpec, examples: int, epoch: int) -> np.ndarray:
    """The order in which an epoch shows the examples."""
    return np.random.default_rng((train_spec.batch_seed, epoch)).permutation(examples)


def accuracy(
    spec: NetSpec,
    params: Params,
    x: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    loss: str = "softmax_cross_entropy",
) -> np.ndarray:
    """Share of the examples x (N, n_in) whose class each member, trained by `loss`, finds: (S,)."""
    return share_right(output(spec, params, x), np.asarray(labels), loss)


class Run:
    """Steps one after another in memory that each step writes over; `state()` gives a copy.

    Memory that is warm is worth a third of a step's time, and matrix products that are prepared
    once a tenth. Each member's parameters lie in one row, as do its gradients: what is done to all
    of them is one call.
    """

    def __init__(self, spec: NetSpec, train_spec: TrainSpec, data: Examples, state: State) -> None:
        self.spec, self.train_spec, self.data = spec, train_spec, data
        self.number, self.halts, self._order = state.step, state.halts, state.order
        self._size = min(train_spec.batch_size, len(data.x_train))
        dtype = train_spec.dtype
        self._p, self.params = packed(in_format(state.params, dtype))
        self._g = np.empty_like(self._p)
        gradient = unpacked(self._g, state.params)
        self._rule, memory = train_spec.rule, state.memory
        if type(memory.rule) is not type(self._rule):
            memory = begin(self._rule, state.params)
        self._steps = memory.steps  # of this rule
        kept = [packed(in_format(tree, dtype)) for tree in memory.kept]
        self._kept, self._trees = [rows for rows, _ in kept], [tree for _, tree in kept]

        S, N, D, L = len(self._p), self._size, spec.width, spec.depth
        self._calm = CALM if dtype == "float64" else CALM_IN_FLOAT32
        self._x = batch(spec, self.params, data.x_train)[0]
        normalized = spec.norm != "none"
        ((h, u, slope, dz, *more),) = empty([(L, S, N, D)] * (6 if normalized else 4), dtype=dtype)
        z, x_hat = more or (u, ())
        inv_std = np.empty((len(x_hat), S, *((N, 1) if spec.norm == "layer" else (1, D))), dtype)
        # Of a layer and of the one above it: more are not needed.
        dh = np.empty((2, S, N, D), dtype)
        output, self._d_output = np.empty((2, S, N, spec.n_out), dtype)
        self._trace = Trace(
            np.empty((1, N, spec.n_in), dtype),
            tuple(h),
            tuple(u),
            tuple(z),
            tuple(slope),
            output,
            tuple(x_hat),
            tuple(inv_std),
        )
        self._gradients = Gradients(
            gradient.W,
            gradient.b,
            tuple(dz),
            tuple(dh[i % 2] for i in range(L)),
            gradient.gamma,
            gradient.beta,
        )
        self._forward = forward_products(self.params, self._trace)
        self._backward = backward_products(
            spec, self.params, self._trace, self._d_output, self._gradients
        )
        hidden = [a.reshape(L, S, N * D).swapaxes(0, 1) for a in (u, dz, slope)]
        self._hidden = [*hidden, output.reshape(S, 1, -1)]
        self._weights = [_layers(row, state.params) for row in (self._p, self._g)]

    def state(self) -> State:
        """The state now, in arrays of its own."""
        memory = Memory(self._rule, self._steps, tuple(packed(tree)[1] for tree in self._trees))
        return State(self.number, packed(self.params)[1], memory, self._order, self.halts)

    def step(self) -> Step:
        """Take one step."""
        spec, rate, L = self.spec, float(self.train_spec.learning_rate), self.spec.depth
        gone = self.halts
        rows = self._next_batch()
        y = self.data.y_train.take(rows, 0)
        trace, gradients = self._trace, self._gradients
        with np.errstate(all="ignore"):
            self._x.take(rows, 0, out=trace.x[0], mode="clip")  # without it by way of a copy
            forward_into(spec, self.params, trace, self._forward)
            wanted = targets(self.train_spec, y, spec.n_out)
            loss, d_output = LOSSES[self.train_spec.loss](trace.output, wanted)
            self._d_output[...] = d_output
            backward_into(spec, self.params, trace, self._backward, gradients)

            u, dz, slope, output = self._hidden
            weights, changes = self._weights
            log10 = log10_block_norms([u, output, dz, *changes, slope, *weights])
            ends = (0, L + 1, 2 * L + 1, 3 * L + 2, 4 * L + 2, 5 * L + 3)
            _, log10_dz, log10_dW, log10_slope, log10_W = (log10[:, a:b] for a, b in pairwise(ends))
            nonzero = [np.count_nonzero(block, axis=2) / block.shape[2] for block in changes]
            if any(gone) or not (log10[:, : ends[3]].max() < self._calm and loss.max() < np.inf):
                self.halts = _look(self.halts, self.number, trace, loss, replace(gradients, dh=()))
                self._silence(self._g)
            clip_factor = _clip(self.train_spec, self._g)
            log10_move, self._steps = log10_dW, self._steps + 1
            for rows in self._kept:
                self._silence(rows)
            rate *= self._rule.turn(self._g, self._p, self._kept, self._steps, self.params)
            if self._rule != PLAIN or self.train_spec.clip != "none":
                self._silence(self._g)
                log10_move = log10_block_norms(changes)
            log10_rate, calm = np.log10(rate), self._calm
            log10_move = log10_move + log10_rate
            if not (log10_move.max() < calm and log10_dz.max(initial=0) + log10_rate < calm):
                self.halts = _look_at_update(
                    self.halts, self.number, self.params, unpacked(self._g, self.params), rate
                )
                self._silence(self._g)
            for p, move in zip(self._p, self._g, strict=True):
                move *= rate
                p -= move
            measured = {
                "loss": loss.astype(np.float64),
                "accuracy": share_right(trace.output, y, self.train_spec.loss),
                "log10_dz": log10_dz,
                "log10_dW": log10_dW,
                "log10_slope": log10_slope - 0.5 * np.log10(self._size * spec.width),
                "log10_update": log10_move - log10_W,
                "zero_dW": 1 - np.concatenate(nonzero, axis=1),
                "clip_factor": clip_factor,
            }
        if any(gone):
            measured = {name: _where(_gone(gone), np.nan, a) for name, a in measured.items()}
        return Step(self.number, **measured, halts=self.halts)

    def _next_batch(self) -> np.ndarray:
        """Count the step and return the rows of its batch."""
        examples = len(self.data.x_train)
        epoch, batch = divmod(self.number, examples // self._size)
        if batch == 0 or len(self._order) != examples:
            self._order = _shuffled(self.train_spec, examples, epoch)
        self.number += 1
        return self._order[batch * self._size : (batch + 1) * self._size]

    def _silence(self, rows: Rows) -> None:
        """Zeros for the members that have halted, so that nothing of theirs moves any more."""
        if any(self.halts):
            rows[_gone(self.halts)] = 0.0


def _layers(memory: Rows, tree: Params) -> list[np.ndarray]:
    """The weights in rows of parameters as blocks (S, k, ·) of k layers of one size."""
    blocks, at = [], 0
    for size, run in groupby(W[0].size for W in tree.W):
        count = len(list(run))
        blocks.append(memory[:, at : at + count * size].reshape(len(memory), count, size))
        at += count * size
    return blocks


def targets(train_spec: TrainSpec, y: np.ndarray, n_out: int) -> np.ndarray:
    """What the loss wants of the outputs, where the data has labels (N,): for the mean squared
    error of several outputs (N, n_out), `target` at an example's class and 0 elsewhere; for other
    losses that want columns, one of them."""
    if y.ndim != 1 or train_spec.loss == "softmax_cross_entropy":
        return y
    if train_spec.loss == "mean_squared_error" and n_out > 1:
        return train_spec.target * (y[:, None] == np.arange(n_out))  # (N, n_out)
    return y[:, None]


def share_right(output: np.ndarray, y: np.ndarray, loss: str) -> np.ndarray:
    """Share of an output's classes that are right, (S,); NaN where there are no classes, or no
    numbers to compare."""
    if y.ndim != 1 or y.dtype.kind not in "iu":
        return np.full(len(output), np.nan)
    one_column = output.shape[2] == 1 and loss in CUTS
    classes = output[..., 0] > CUTS[loss] if one_column else output.argmax(axis=2)
    right = (classes == y).sum(axis=1) / len(y)
    return np.where(np.isnan(output).any(axis=(1, 2)), np.nan, right)


def _clip(train_spec: TrainSpec, gradient: Rows) -> np.ndarray:
    """Clip each member's gradient, in place; the factors (S,). Row by row, so that a member's bits
    do not depend on the others."""
    factor = np.ones(len(gradient))
    if train_spec.clip != "none":
        clip = clip_by_value if train_spec.clip == "value" else clip_by_global_norm
        for s, row in enumerate(gradient):
            clipped = clip(row, train_spec.clip_limit)
            row[...], factor[s] = clipped.gradients, clipped.factor
    return factor


def _look(halts: Halts, step: int, trace: Trace, loss: np.ndarray, gradients: Gradients) -> Halts:
    """Find what halts each member that was running."""
    found = []
    for s, halt in enumerate(halts):
        at = None if halt else first_non_finite(member(trace, s))
        if at:
            halt = Halt(step, at.layer, FORWARD_OPERATIONS[at.operation], at.value)
        elif not halt and not np.isfinite(loss[s]):
            halt = Halt(step, len(trace.h) + 1, "loss", float(loss[s]))
        elif not halt and (at := first_non_finite(member(gradients, s))):
            halt = Halt(step, at.layer, "gradient", at.value)
        found.append(halt)
    return tuple(found)


def _look_at_update(halts: Halts, step: int, params: Params, move: Params, rate: float) -> Halts:
    """Find the members that the update would take out of the finite numbers."""
    found = list(halts)
    layers = [layer for arrays in vars(params).values() for layer in range(1, len(arrays) + 1)]
    tensors = zip(layers, leaves(params), leaves(move), strict=True)
    for layer, p, v in sorted(tensors, key=lambda tensor: tensor[0]):
        updated = p - rate * v
        for s in range(len(found)):
            finite = np.isfinite(updated[s])
            if not finite.all() and found[s] is None:
                found[s] = Halt(step, layer, "update", float(updated[s][~finite][0]))
    return tuple(found)


def _gone(halts: Halts) -> np.ndarray:
    return np.array([halt is not None for halt in halts])


def _where(gone: np.ndarray, a: float, b: np.ndarray) -> np.ndarray:
    """a for the members that are gone, b for the others: (S, …)."""
    return np.where(gone.reshape(-1, *[1] * (b.ndim - 1)), a, b)
