"""Memory that is given back: many readers' scripts share few heaps.

Each script runs in a thread of its own. The C library would give every thread a heap of its own,
up to eight a core, and each keeps what its scripts once needed. Scripts run one at a time here, so
they need not.
"""

import ctypes
import sys
from functools import cache

_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # glibc's malloc.h
HEAPS = 2
LARGE = 2**20  # bytes; what is larger goes back to the system as soon as it is free


@cache
def share_heaps() -> None:
    """Ask the C library for few heaps, where it can be asked: once in a process."""
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(_M_ARENA_MAX, HEAPS)
        libc.mallopt(_M_MMAP_THRESHOLD, LARGE)
