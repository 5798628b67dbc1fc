"""Memory of readers who have left goes back to the system.

What is freed, glibc keeps for the next who asks: after 30 readers who each trained two networks
of 50 layers and 128 units, 1,290 MB of which 148 were in use. A host would end a process for that.
"""

import ctypes
import sys
from time import sleep

EVERY = 60.0  # seconds


def give_back() -> None:
    """Return what is free to the system, where the C library is glibc."""
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)


def give_back_from_time_to_time() -> None:
    """For as long as the process serves."""
    while True:
        sleep(EVERY)
        give_back()
