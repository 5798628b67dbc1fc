"""Networks, gradients and their theory, in NumPy and the standard library alone.

Nothing in here knows of a screen. Axes are always (S seeds, N examples, D features).
"""

import os

# Read by NumPy's linear algebra when it is first imported. These matrices are too small to gain
# from more threads, and the readers of one server would only take them from each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
