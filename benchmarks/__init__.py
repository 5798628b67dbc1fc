"""Speed and load, as ratios measured side by side."""

import logging

import core  # noqa: F401  before NumPy: it says how many threads a matrix product gets

# Cached functions say when they are imported that no server runs around them. None should.
logging.disable(logging.WARNING)
