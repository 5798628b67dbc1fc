"""Forward and backward passes whose every result is rounded to a number format."""

import numpy as np
import numpy.typing as npt

from core.formats import Format, rounded
from core.network import Gradients, NetSpec, Params, Trace


def params_in(params: Params, form: Format) -> Params:
    """The parameters as the format holds them."""
    return Params(*(tuple(rounded(a, form) for a in arrays) for arrays in vars(params).values()))


def passes(
    spec: NetSpec,
    params: Params,
    x: npt.ArrayLike,
    d_output: npt.ArrayLike,
    form: Format,
    *,
    scale: float = 1.0,
    saturate: bool = False,
) -> tuple[Trace, Gradients]:
    """Forward and backward as `core.network` computes them, rounded after each operation.

    x: (N, n_in); d_output: (S, N, n_out), multiplied by the loss scale before it is rounded, and
    the gradients stay scaled. saturate: as for `rounded`, in every result. A matrix product adds up
    in full and is rounded once, as accelerators add up small formats in single precision. Plain
    layers only: ValueError for shortcuts or norms.
    """
    if spec.norm != "none" or spec.residual:
        raise ValueError("only plain layers are rounded: no shortcut, no normalization")

    def r(a: np.ndarray) -> np.ndarray:
        return rounded(a, form, saturate=saturate)

    held = params_in(params, form)
    W, b = held.W, held.b
    L, x = spec.depth, r(np.asarray(x, dtype=np.float64)[None])
    below = x
    u, h, slopes = [], [], []
    with np.errstate(all="ignore"):
        for i in range(L):
            u.append(r(r(below @ W[i]) + b[i]))  # (S, N, D)
            value, slope = spec.phi.value_and_slope(u[i])
            h.append(r(value))
            slopes.append(r(slope))
            below = h[i]
        output = r(r(below @ W[L]) + b[L])
        trace = Trace(x, tuple(h), tuple(u), tuple(u), tuple(slopes), output)

        du = r(np.asarray(d_output, dtype=np.float64) * scale)
        inputs, dz, dh = (trace.x, *h), [np.empty(0)] * L, [np.empty(0)] * L
        dW, db = [np.empty(0)] * (L + 1), [np.empty(0)] * (L + 1)
        for i in reversed(range(L + 1)):
            if i < L:
                dz[i] = du = r(dh[i] * slopes[i])
            dW[i] = r(inputs[i].mT @ du)  # (S, D_in, D_out)
            db[i] = r(du.sum(axis=1, keepdims=True))
            if i > 0:
                dh[i - 1] = r(du @ W[i].mT)
    return trace, Gradients(*map(tuple, (dW, db, dz, dh)))


def unscaled(gradients: Gradients, scale: float) -> Gradients:
    """Gradients divided by the loss scale, in float64: as a master copy receives them."""
    return Gradients(*(tuple(a / scale for a in arrays) for arrays in vars(gradients).values()))
