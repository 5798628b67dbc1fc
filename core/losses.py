"""Losses: the value J of each of S networks and its gradient dJ/d(output), together.

Every function takes output (S, N, K) and returns (value (S,), d_output (S, N, K)), and averages as
PyTorch does by default: cross-entropy over the N examples, the other two over all N·K entries. An
output in float32 gives both in float32.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from core.activations import ACTIVATIONS
from core.formats import as_floats


def mean_squared_error(
    output: npt.ArrayLike, target: npt.ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """J = mean over N and K of (output − target)². target: (N, K) or (S, N, K)."""
    output, target = _pair(output, target)
    with np.errstate(all="ignore"):
        error = output - target  # (S, N, K)
        return np.mean(error * error, axis=(1, 2)), error * (2 / error[0].size)


def softmax_cross_entropy(
    logits: npt.ArrayLike, labels: npt.ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """J = mean over N of −ln p_label, p = softmax(logits). labels: (N,) of 0 … K − 1, whole."""
    logits = _three_axes(logits)
    labels = np.asarray(labels)
    examples, classes = logits.shape[1:]
    if labels.shape != (examples,) or labels.dtype.kind not in "iu":
        raise ValueError(
            f"labels must be {examples} whole numbers, not {labels.dtype} {labels.shape}"
        )
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"labels must lie between 0 and {classes - 1}")
    rows = np.arange(examples)
    with np.errstate(all="ignore"):
        shifted = logits - logits.max(axis=2, keepdims=True)
        p = np.exp(shifted)
        total = p.sum(axis=2, keepdims=True)  # (S, N, 1)
        p /= total
        p_label = shifted[:, rows, labels] - np.log(total[..., 0])  # (S, N): ln p_label
        p[:, rows, labels] = 0
        others = p.sum(axis=2)  # (S, N): 1 − p_label, without the subtraction
        surprise = np.where(others < 0.5, -np.log1p(-others), -p_label)
        p[:, rows, labels] = -others
        p /= examples
        return surprise.sum(axis=1) / examples, p


def binary_cross_entropy(
    logits: npt.ArrayLike, target: npt.ArrayLike
) -> tuple[np.ndarray, np.ndarray]:
    """J = mean over N and K of −t·ln σ(logit) − (1 − t)·ln σ(−logit), t in 0 … 1.

    target: (N, K) or (S, N, K).
    """
    logits, target = _pair(logits, target)
    if not np.all((target >= 0) & (target <= 1)):
        raise ValueError("targets of the binary cross-entropy must lie between 0 and 1")
    softplus = ACTIVATIONS["softplus"]  # −ln σ(−z), and its slope is σ(z)
    yes, d_yes = softplus.value_and_slope(-logits)
    no, d_no = softplus.value_and_slope(logits)
    with np.errstate(all="ignore"):
        # 0·∞ is 0 here: a logit of +∞ is right about a target of 1
        value = np.where(target > 0, target * yes, 0) + np.where(target < 1, (1 - target) * no, 0)
        value = np.mean(value, axis=(1, 2))
        return value, ((1 - target) * d_no - target * d_yes) / logits[0].size


Loss: TypeAlias = Callable[[npt.ArrayLike, npt.ArrayLike], tuple[np.ndarray, np.ndarray]]

LOSSES: Mapping[str, Loss] = MappingProxyType(
    {f.__name__: f for f in (softmax_cross_entropy, mean_squared_error, binary_cross_entropy)}
)


def _three_axes(output: npt.ArrayLike) -> np.ndarray:
    output = as_floats(output)
    if output.ndim != 3 or 0 in output.shape:
        raise ValueError(f"an output has three axes (S, N, K), none empty, not {output.shape}")
    return output


def _pair(output: npt.ArrayLike, target: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    output = _three_axes(output)
    target = np.asarray(target, dtype=output.dtype)
    if target.shape not in (output.shape, output.shape[1:]):
        raise ValueError(f"a target of shape {target.shape} does not fit outputs {output.shape}")
    return output, target
