"""A network at every depth at once: what a gradient keeps, layer by layer, for 1 … L layers.

The network of d layers is the first d of the same L. So one forward pass serves them all, and the
backward passes that have come to a layer are carried through its weights together: it is what
stands behind a drag of the depth.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.activations import Activation
from core.diagnostics import log10_block_norms, log10_norm


@dataclass(frozen=True)
class Depths:
    """log₁₀ of sizes in S networks of L layers, and in those that end earlier.

    dz     (S, L, L)  [s, d − 1, l − 1] is ‖dJ/dz_l‖ of the network of d layers; NaN where l > d
    slope  (S, L)     root mean square of φ′(z_l), the same at all depths
    """

    dz: np.ndarray
    slope: np.ndarray

    @property
    def kept(self) -> np.ndarray:
        """‖dJ/dz_l‖ over that of the last layer: (S, L, L)."""
        last = np.diagonal(self.dz, axis1=1, axis2=2)[..., None]  # (S, L, 1)
        with np.errstate(invalid="ignore"):  # −inf − (−inf) of a network that died
            return self.dz - last

    @property
    def slopes(self) -> np.ndarray:
        """∏ φ′(z) over the layers l … d − 1, which stand between dJ/dz_d and dJ/dz_l: (S, L, L)."""
        S, L = self.slope.shape
        below = np.concatenate([np.zeros((S, 1)), np.cumsum(self.slope, axis=-1)[:, :-1]], axis=-1)
        with np.errstate(invalid="ignore"):
            products = below[:, :, None] - below[:, None, :]
        return np.where(np.tri(L, dtype=bool), products, np.nan)


def by_depth(
    phi: Activation,
    W: Sequence[np.ndarray],
    b: Sequence[np.ndarray],
    x: npt.ArrayLike,
    d_last: npt.ArrayLike,
) -> Depths:
    """Run S networks of L layers, h_l = φ(h_{l−1} @ W_l + b_l), and backpropagate at every depth.

    W: L arrays (S, D_in, D_out), square but for the first. b: L arrays (S, 1, D). x: (N, n_in).
    d_last: (S, N, D), what dJ/dh of the last layer is, at each depth.
    """
    d_last = np.asarray(d_last, dtype=np.float64)
    (S, N, D), L = d_last.shape, len(W)
    slope, h = np.empty((L, S, N, D)), np.broadcast_to(np.asarray(x, np.float64), (S, *np.shape(x)))
    dz = np.full((S, L, L), np.nan)
    with np.errstate(all="ignore"):
        for i in range(L):
            z, h = h @ W[i] + b[i], np.empty((S, N, D))  # (S, N, D_in) @ (S, D_in, D)
            phi.into(z, h, slope[i])
        dh, dh_below = np.empty((2, S, L, N, D))  # of each depth, in the layer that is reached
        for i in reversed(range(L)):
            dh[:, i] = d_last
            dh[:, i:] *= slope[i][:, None]  # now dz
            dz[:, i:, i] = log10_block_norms([dh[:, i:].reshape(S, L - i, N * D)])
            if i > 0:
                together, below = (a.reshape(S, L * N, D)[:, i * N :] for a in (dh, dh_below))
                np.matmul(together, W[i].mT, out=below)
                dh, dh_below = dh_below, dh
        log10_slope = log10_norm(slope) - 0.5 * np.log10(N * D)  # (L, S)
    return Depths(dz, log10_slope.T)
