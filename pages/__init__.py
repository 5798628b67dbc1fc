"""One file per concept, each read top to bottom like an article."""

import core  # noqa: F401  before NumPy: it says how many threads a matrix product gets
