"""The linear recurrence h_t = λh_{t−1} + s·x_t: one number of memory, and how touchy it is.

With |λ| < 1 no gradient through time exceeds 1, yet as |λ| comes near 1 the state moves ever more
with λ itself (Zucchet and Orvieto 2024): the curse of memory. Two remedies (Orvieto et al. 2023):
`scaled` makes s = √(1 − λ²), which gives white input of variance 1 a state of variance 1, s = 1
otherwise; and in place of λ one may learn ν with λ = exp(−exp ν).
"""

import numpy as np
import numpy.typing as npt


def input_scale(lam: npt.ArrayLike, *, scaled: bool) -> tuple[np.ndarray, np.ndarray]:
    """s, and ds/dλ: 1 and 0, or √(1 − λ²) and −λ/√(1 − λ²). |λ| < 1, else ValueError."""
    lam = np.asarray(lam, dtype=np.float64)
    if not (np.abs(lam) < 1).all():
        raise ValueError("the size of λ must be below 1")
    if not scaled:
        return np.ones_like(lam), np.zeros_like(lam)
    s = np.sqrt((1 - lam) * (1 + lam))
    return s, -lam / s


def sensitivity(
    lam: npt.ArrayLike, steps: int, rng: np.random.Generator, *, draws: int, scaled: bool = False
) -> np.ndarray:
    """Root mean square of ∂h_T/∂λ over `draws` white inputs, measured: of the shape of λ.

    Carried forward with the state, ∂h_t/∂λ = h_{t−1} + λ·∂h_{t−1}/∂λ + s′·x_t, so that nothing of
    the way needs to be kept. All λ meet the same inputs.
    """
    lam = np.asarray(lam, dtype=np.float64)[..., None]
    s, ds = input_scale(lam, scaled=scaled)
    h, moves = np.zeros((2, *lam.shape[:-1], draws))
    for _ in range(steps):
        x = rng.standard_normal(draws)
        moves *= lam
        moves += h + ds * x
        h *= lam
        h += s * x
    return np.sqrt(np.mean(moves * moves, axis=-1))


def sensitivity_theory(lam: npt.ArrayLike, *, scaled: bool = False) -> np.ndarray:
    """√E(∂h/∂λ)² after many steps of white input: √((1 + λ²)/(1 − λ²)³), or 1/(1 − λ²) with inputs
    scaled by √(1 − λ²) (Zucchet and Orvieto 2024)."""
    lam = np.asarray(lam, dtype=np.float64)
    rest = (1 - lam) * (1 + lam)
    return 1 / rest if scaled else np.sqrt((1 + lam * lam) / rest**3)


def of_nu(lam: npt.ArrayLike) -> np.ndarray:
    """dλ/dν for λ = exp(−exp ν), 0 < λ < 1: λ·ln λ. The state's sensitivity to ν is this times
    that to λ; with scaled inputs it stays below ½ however near λ is to 1."""
    lam = np.asarray(lam, dtype=np.float64)
    return lam * np.log(lam)
