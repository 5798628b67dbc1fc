"""Initial weights: one record per scheme, each defined by its standard deviation from the fans.

Schemes of one family multiply the same draws: two specs that differ in scheme or scale only hold
weights that are multiples of each other, so that a page compares schemes and not luck.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt
from types import MappingProxyType

import numpy as np


@dataclass(frozen=True)
class Initializer:
    """A distribution of weight matrices at weight_scale 1.

    std(fan_in, fan_out): standard deviation of one weight.
    draw(rng, fan_in, fan_out): (fan_in, fan_out) entries of mean 0 and standard deviation 1
        (orthogonal: exactly orthonormal rows or columns after multiplying by std).
    script: the text of draw(rng, n_in, n_out) in the scripts of core/recipes.py, with $source, and
        with $spread: the variance of a weight, or the square of its bound.
    """

    name: str
    label: str
    std: Callable[[int, int], float]
    draw: Callable[[np.random.Generator, int, int], np.ndarray]
    source: str
    script: str
    spread: str = ""

    def sample(self, rng: np.random.Generator, fan_in: int, fan_out: int) -> np.ndarray:
        """A weight matrix (fan_in, fan_out), for u = h @ W."""
        return self.std(fan_in, fan_out) * self.draw(rng, fan_in, fan_out)


def _gaussian(rng: np.random.Generator, fan_in: int, fan_out: int) -> np.ndarray:
    return rng.standard_normal((fan_in, fan_out))


def _uniform(rng: np.random.Generator, fan_in: int, fan_out: int) -> np.ndarray:
    return sqrt(3) * rng.uniform(-1, 1, (fan_in, fan_out))  # U(−a, a) has variance a²/3


def _orthogonal(rng: np.random.Generator, fan_in: int, fan_out: int) -> np.ndarray:
    tall = rng.standard_normal((max(fan_in, fan_out), min(fan_in, fan_out)))
    q, r = np.linalg.qr(tall)
    q *= np.where(np.diag(r) < 0, -1.0, 1.0)  # Haar measure: QR alone fixes signs by its algorithm
    return sqrt(len(tall)) * (q if fan_in >= fan_out else q.T)


def _he(fan_in: int, fan_out: int) -> float:
    return sqrt(2 / fan_in)


def _lecun(fan_in: int, fan_out: int) -> float:
    return sqrt(1 / fan_in)


def _xavier(fan_in: int, fan_out: int) -> float:
    return sqrt(2 / (fan_in + fan_out))


# The text of each family's draw in the scripts of core/recipes.py.
NORMAL = '''
def draw(rng, n_in, n_out):
    """Weights (n_in, n_out) from N(0, 1), whatever the width."""
    return rng.standard_normal((n_in, n_out))
'''
GAUSSIAN = '''
def draw(rng, n_in, n_out):
    """Weights (n_in, n_out) from N(0, $spread)."""
    # $source
    return np.sqrt($spread) * rng.standard_normal((n_in, n_out))
'''
UNIFORM = '''
def draw(rng, n_in, n_out):
    """Weights (n_in, n_out), uniform between -a and a: of variance a^2 / 3."""
    # $source
    a = np.sqrt($spread)
    return rng.uniform(-a, a, (n_in, n_out))
'''
ORTHOGONAL = '''
def draw(rng, n_in, n_out):
    """Weights (n_in, n_out) with orthonormal rows or columns."""
    # $source
    q, r = np.linalg.qr(rng.standard_normal((max(n_in, n_out), min(n_in, n_out))))
    q *= np.where(np.diag(r) < 0, -1.0, 1.0)  # QR alone does not fix the signs
    return q if n_in >= n_out else q.T
'''

HE, LECUN, GLOROT = "He et al. 2015", "LeCun et al. 1998", "Glorot and Bengio 2010"

INITIALIZERS: Mapping[str, Initializer] = MappingProxyType(
    {
        scheme.name: scheme
        for scheme in (
            Initializer(
                "normal",
                "Normal N(0, σ²)",
                lambda fan_in, fan_out: 1.0,
                _gaussian,
                "no scaling by the width",
                NORMAL,
            ),
            Initializer("he", "He", _he, _gaussian, HE, GAUSSIAN, "2 / n_in"),
            Initializer("lecun", "LeCun", _lecun, _gaussian, LECUN, GAUSSIAN, "1 / n_in"),
            Initializer(
                "xavier",
                "Xavier (Glorot)",
                _xavier,
                _gaussian,
                GLOROT,
                GAUSSIAN,
                "2 / (n_in + n_out)",
            ),
            Initializer("he_uniform", "He, uniform", _he, _uniform, HE, UNIFORM, "6 / n_in"),
            Initializer(
                "lecun_uniform", "LeCun, uniform", _lecun, _uniform, LECUN, UNIFORM, "3 / n_in"
            ),
            Initializer(
                "xavier_uniform",
                "Xavier, uniform",
                _xavier,
                _uniform,
                GLOROT,
                UNIFORM,
                "6 / (n_in + n_out)",
            ),
            Initializer(
                "uniform_classic",
                "Classic uniform",
                lambda fan_in, fan_out: sqrt(1 / (3 * fan_in)),
                _uniform,
                "the “standard” initialization of Glorot and Bengio 2010",
                UNIFORM,
                "1 / n_in",
            ),
            Initializer(
                "orthogonal",
                "Orthogonal",
                lambda fan_in, fan_out: sqrt(1 / max(fan_in, fan_out)),
                _orthogonal,
                "Saxe, McClelland and Ganguli 2014",
                ORTHOGONAL,
            ),
        )
    }
)
