"""The Jacobians of a recurrent network's last state by every earlier one, and their bound: what the
gradients of core/recurrent.py are compared with."""

from dataclasses import dataclass

import numpy as np


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


def jacobian_products(spec, params, trace, *, example=0):
    """Of one example of the batch, where all of its numbers are finite.

    They are kept apart from their scale, so that 1,000 steps neither overflow nor underflow.
    """
    seeds, _, width = trace.h[0].shape
    matrix = np.empty((seeds, spec.steps, width, width))
    scale = np.zeros((seeds, spec.steps))
    matrix[:, -1] = np.eye(width)
    with np.errstate(divide="ignore"):  # log 0 is −∞
        for t in reversed(range(spec.steps - 1)):
            slope = trace.slope[t + 1][:, example, None, :]  # (S, 1, D)
            # Row i of a product is the gradient of h_T[i], carried back as any gradient is.
            product = (matrix[:, t + 1] * slope) @ params.W_h.mT
            largest = np.abs(product).max(axis=(-2, -1))  # (S,)
            scale[:, t] = scale[:, t + 1] + np.log10(largest)
            matrix[:, t] = product / np.where(largest > 0, largest, 1.0)[:, None, None]
        largest = scale + np.log10(np.linalg.norm(matrix, ord=2, axis=(-2, -1)))
        sigma = np.linalg.norm(params.W_h, ord=2, axis=(-2, -1))
        rate = np.log10(spec.phi.max_slope * sigma)[:, None]
    to_go = np.arange(spec.steps - 1, 0, -1)
    bound = np.concatenate([to_go * rate, np.zeros((seeds, 1))], axis=1)
    return JacobianProducts(matrix, scale, largest, bound)
