"""What is freed goes back to the system."""

import platform
from pathlib import Path

import numpy as np
import pytest

from pages.kit import heap

MB = 2**20


def resident() -> int:
    """Bytes of this process that are in memory."""
    return 4096 * int(Path("/proc/self/statm").read_text().split()[1])


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_what_is_freed_is_given_back_though_a_later_piece_stays():
    heap.give_back()  # what tests before this one have left would be used again
    before = resident()
    pieces = [np.ones(12_500) for _ in range(2000)]  # 100 kB each: of the heap, not mapped alone
    last = pieces[-1]
    assert resident() - before > 150 * MB
    del pieces
    kept = resident() - before
    heap.give_back()
    assert resident() - before < 20 * MB < kept and last.sum() == 12_500


def test_where_there_is_no_such_call_nothing_happens(monkeypatch):
    monkeypatch.setattr(heap.ctypes, "CDLL", lambda _: object())
    heap.give_back()
