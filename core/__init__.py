"""Networks, gradients and their theory, in NumPy and the standard library alone.

Nothing in here knows of a screen. Axes are always (S seeds, N examples, D features).
"""
