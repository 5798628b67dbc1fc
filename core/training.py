"""Stochastic gradient descent, one explicit state at a time.

`advance` is a pure function from one State to the next and the Step it recorded; `train` calls it
in a loop. Whoever keeps a State can pause, continue or go back to it: the same arrays come out, bit
for bit, because the batch of a step depends on its number and on `batch_seed` alone.

The S members of an ensemble see the same batches. A member whose arithmetic leaves the finite
numbers halts: it is frozen with its last finite parameters, and the others go on as if alone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from math import isfinite

import numpy as np

from core.clipping import clip_by_global_norm, clip_by_value
from core.diagnostics import CALM, log10_norms, member
from core.losses import LOSSES
from core.network import (
    NetSpec,
    Params,
    backward,
    first_non_finite,
    forward,
    init,
)

CLIPS = ("none", "value", "norm")
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

    clip, clip_limit: "none", by "value" or by global "norm", before the momentum.
    momentum: m in v ← m·v + g, W ← W − learning_rate·v (PyTorch's convention; Polyak 1964).
    batch_size: examples per step, all if there are fewer; an epoch leaves out the remainder.
    batch_seed: of the order of the examples, a new permutation every epoch.
    """

    learning_rate: float
    steps: int = 200
    batch_size: int = 32
    momentum: float = 0.0
    clip: str = "none"
    clip_limit: float = 1.0
    loss: str = "softmax_cross_entropy"
    batch_seed: int = 0

    def __post_init__(self):
        if not (isfinite(self.learning_rate) and self.learning_rate >= 0):
            raise ValueError(f"learning_rate must be finite and ≥ 0, not {self.learning_rate!r}")
        if not 0 <= self.momentum < 1:
            raise ValueError(f"momentum must be at least 0 and below 1, not {self.momentum!r}")
        for name, least in (("steps", 0), ("batch_size", 1), ("batch_seed", 0)):
            value = getattr(self, name)
            if not isinstance(value, int | np.integer) or value < least:
                raise ValueError(
                    f"{name} must be a whole number of at least {least}, not {value!r}"
                )
        if self.clip not in CLIPS:
            raise ValueError(f"clip must be one of {', '.join(CLIPS)}, not {self.clip!r}")
        if not (isfinite(self.clip_limit) and self.clip_limit > 0):
            raise ValueError(f"clip_limit must be positive and finite, not {self.clip_limit!r}")
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


@dataclass(frozen=True)
class State:
    """All that the next step depends on. Its arrays are never written to: keep it to return to it.

    step: number of steps taken. velocity: of the parameters' shapes, None without momentum.
    order: the examples of this epoch, in order. halts: per member, None while it is running.
    """

    step: int
    params: Params
    velocity: Params | None
    order: np.ndarray
    halts: tuple[Halt | None, ...]

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
    log10_update (S, depth + 1): log₁₀ ‖ΔW‖/‖W‖. halts: per member, None while it is running.
    Everything of a member that has halted is NaN from the step after on.
    """

    step: int
    loss: np.ndarray
    accuracy: np.ndarray
    log10_dz: np.ndarray
    log10_dW: np.ndarray
    log10_update: np.ndarray
    clip_factor: np.ndarray
    halts: tuple[Halt | None, ...]


@dataclass(frozen=True)
class History:
    """The fields of Step, stacked over T steps: step (T,), loss (T, S), log10_dz (T, S, depth) …;
    halts is that of the last step."""

    step: np.ndarray
    loss: np.ndarray
    accuracy: np.ndarray
    log10_dz: np.ndarray
    log10_dW: np.ndarray
    log10_update: np.ndarray
    clip_factor: np.ndarray
    halts: tuple[Halt | None, ...]


def start(spec: NetSpec, train_spec: TrainSpec, *, rng=None, params: Params | None = None) -> State:
    """The state before the first step: `params`, or what `network.init` draws from `rng`."""
    if (rng is None) == (params is None):
        raise ValueError("training starts from either a generator or parameters")
    params = init(spec, rng=rng) if params is None else params
    velocity = _map(np.zeros_like, params) if train_spec.momentum else None
    return State(0, params, velocity, np.arange(0), (None,) * len(params.W[0]))


def train(
    spec: NetSpec, train_spec: TrainSpec, data, *, rng=None, state: State | None = None
) -> Iterator[Step]:
    """Yield the Steps up to number `train_spec.steps`, or until every member has halted.

    data: anything with x_train (M, n_in) and y_train, labels (M,) or targets (M, n_out), finite.
    rng: for `network.init`; or `state`, to continue where an `advance` ended. An epoch that has
    begun keeps its order, whatever batch_size and batch_seed say now.
    """
    state = start(spec, train_spec, rng=rng) if state is None else _copy(state)
    while state.step < train_spec.steps and not state.halted:
        state, step = _step(spec, train_spec, data, state)
        yield step


def advance(spec: NetSpec, train_spec: TrainSpec, data, state: State) -> tuple[State, Step]:
    """Take one step of SGD; `state` stays as it is."""
    return _step(spec, train_spec, data, _copy(state))


def record(steps: Iterable[Step]) -> History:
    """Stack steps. Raises ValueError where there is none."""
    steps = list(steps)
    if not steps:
        raise ValueError("no step to record")
    names = [field.name for field in fields(History) if field.name != "halts"]
    stacked = {name: np.array([getattr(step, name) for step in steps]) for name in names}
    return History(**stacked, halts=steps[-1].halts)


def accuracy(
    spec: NetSpec, params: Params, x, labels, *, loss: str = "softmax_cross_entropy"
) -> np.ndarray:
    """Share of the examples x (N, n_in) whose class each member, trained by `loss`, finds: (S,)."""
    return _accuracy(forward(spec, params, x).output, np.asarray(labels), loss)


def _step(spec, train_spec, data, state):
    """`advance`, writing the new parameters and velocity into the arrays of `state`: memory that
    is warm is worth an eighth of the time."""
    number, rate = state.step + 1, train_spec.learning_rate
    params, velocity, halts = state.params, state.velocity, state.halts
    if velocity is None and train_spec.momentum:  # continued with momentum, begun without
        velocity = _map(np.zeros_like, params)
    order, rows = _batch(train_spec, len(data.x_train), state)
    y = data.y_train[rows]
    with np.errstate(all="ignore"):
        trace = forward(spec, params, data.x_train[rows])
        loss, d_output = LOSSES[train_spec.loss](trace.output, _targets(train_spec, y))
        gradients = backward(spec, params, trace, d_output)
        log10_u = log10_norms((*trace.u, trace.output))
        log10_dz = log10_norms(gradients.dz).reshape(len(loss), spec.depth)
        log10_dW, log10_W = log10_norms(gradients.dW), log10_norms(params.W)

        calm = _calm(log10_u, log10_dz, log10_dW) and loss.max() < np.inf
        if any(halts) or not calm:
            halts = _look(halts, number, trace, loss, gradients)
            gradients, velocity = _silence(gradients, halts), _silence(velocity, halts)
        gradient = Params(gradients.dW, gradients.db, gradients.dgamma, gradients.dbeta)
        clip_factor, move = _clip(train_spec, gradient, len(loss))
        if velocity is not None:
            for v, g in zip(_leaves(velocity), _leaves(move), strict=True):
                v *= train_spec.momentum
                v += g
            move = velocity
        log10_move = log10_dW if move is gradient else log10_norms(move.W)
        log10_move = log10_move + np.log10(rate)
        if not _calm(log10_move, log10_dz + np.log10(rate)):
            halts = _look_at_update(halts, number, params, move, rate)
            move, velocity = _silence(move, halts), _silence(velocity, halts)
        for p, v, step in zip(*map(_leaves, (params, move, gradient)), strict=True):
            np.multiply(v, rate, out=step)
            p -= step
        measured = {
            "loss": loss,
            "accuracy": _accuracy(trace.output, y, train_spec.loss),
            "log10_dz": log10_dz,
            "log10_dW": log10_dW,
            "log10_update": log10_move - log10_W,
            "clip_factor": clip_factor,
        }
    if any(state.halts):
        gone = _gone(state.halts)
        measured = {name: _where(gone, np.nan, value) for name, value in measured.items()}
    return State(number, params, velocity, order, halts), Step(number, **measured, halts=halts)


def _batch(train_spec, examples, state):
    """The order of the current epoch, and the rows of the next batch."""
    size = min(train_spec.batch_size, examples)
    epoch, batch = divmod(state.step, examples // size)
    order = state.order
    if batch == 0 or len(order) != examples:
        rng = np.random.default_rng((train_spec.batch_seed, epoch))
        order = rng.permutation(examples)
    return order, order[batch * size : (batch + 1) * size]


def _targets(train_spec, y):
    """One column of targets where the loss wants columns and the data has labels."""
    return y[:, None] if y.ndim == 1 and train_spec.loss != "softmax_cross_entropy" else y


def _accuracy(output, y, loss):
    """Share of right classes, (S,); NaN where there are no classes, or no numbers to compare."""
    if y.ndim != 1 or not np.issubdtype(y.dtype, np.integer):
        return np.full(len(output), np.nan)
    one_column = output.shape[2] == 1 and loss in CUTS
    classes = output[..., 0] > CUTS[loss] if one_column else output.argmax(axis=2)
    return np.where(np.isnan(output).any(axis=(1, 2)), np.nan, (classes == y).mean(axis=1))


def _clip(train_spec, gradient, members):
    """Clip each member's gradient as the one vector that it is: alone, it gets the same bits."""
    if train_spec.clip == "none":
        return np.ones(members), gradient
    clip = clip_by_value if train_spec.clip == "value" else clip_by_global_norm
    tensors = _leaves(gradient)
    vectors = np.concatenate([a.reshape(members, -1) for a in tensors], axis=1)  # (S, parameters)
    clipped = [clip(vector, train_spec.clip_limit) for vector in vectors]
    ends = np.cumsum([a[0].size for a in tensors])
    pieces = iter(np.split(np.stack([c.gradients for c in clipped]), ends[:-1], axis=1))
    pieces = _map(lambda a: next(pieces).reshape(a.shape), gradient)
    return np.array([c.factor for c in clipped]), pieces


def _calm(*log10_sizes):
    return np.concatenate(log10_sizes, axis=1).max() < CALM  # false for NaN too


def _look(halts, step, trace, loss, gradients):
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


def _look_at_update(halts, step, params, move, rate):
    """Find the members that the update would take out of the finite numbers."""
    found = list(halts)
    layers = [layer for arrays in vars(params).values() for layer in range(1, len(arrays) + 1)]
    tensors = zip(layers, _leaves(params), _leaves(move), strict=True)
    for layer, p, v in sorted(tensors, key=lambda tensor: tensor[0]):
        updated = p - rate * v
        for s in range(len(found)):
            finite = np.isfinite(updated[s])
            if not finite.all() and found[s] is None:
                found[s] = Halt(step, layer, "update", float(updated[s][~finite][0]))
    return tuple(found)


def _copy(state):
    velocity = state.velocity and _map(np.ndarray.copy, state.velocity)
    return replace(state, params=_map(np.ndarray.copy, state.params), velocity=velocity)


def _leaves(tree):
    """The arrays of Params in a row."""
    return [a for arrays in vars(tree).values() for a in arrays]


def _map(function, tree):
    """`function` of every array of Params or Gradients: one of the same type."""
    return type(tree)(*[tuple(map(function, arrays)) for arrays in vars(tree).values()])


def _gone(halts):
    return np.array([halt is not None for halt in halts])


def _where(gone, a, b):
    """a for the members that are gone, b for the others: (S, …)."""
    return np.where(gone.reshape(-1, *[1] * (b.ndim - 1)), a, b)


def _silence(tree, halts):
    """Zeros for the members that have halted, so that nothing of theirs moves any more."""
    gone = _gone(halts)
    return tree and _map(lambda a: _where(gone, 0.0, a), tree)
