"""Results that are kept: each made once, however many ask for it at one time."""

import threading
from time import sleep

import pytest

from pages.kit.kept import Once, kept


def test_who_asks_together_waits_for_one_result():
    made, got = [], []

    @kept(4)
    def slow(x):
        made.append(x)
        sleep(0.05)
        return [x]

    threads = [threading.Thread(target=lambda: got.append(slow(1))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [1] and len(got) == 8 and all(result is got[0] for result in got)


def test_another_result_does_not_wait():
    begun, go_on = threading.Event(), threading.Event()

    @kept(4)
    def slow(x):
        if x == "slow":
            begun.set()
            assert go_on.wait(5)
        return x

    thread = threading.Thread(target=slow, args=("slow",))
    thread.start()
    assert begun.wait(5) and slow("other") == "other"
    go_on.set()
    thread.join()


def test_the_oldest_result_goes_and_all_can_be_forgotten():
    made = []

    @kept(2)
    def seen(x):
        """What it says."""
        made.append(x)
        return x

    for x in (1, 2, 1, 3, 1, 2):
        assert seen(x) == x
    assert made == [1, 2, 3, 2]
    seen.cache_clear()
    seen(2)
    assert made == [1, 2, 3, 2, 2]
    assert seen.__name__ == "seen" and seen.__doc__ == "What it says."


def test_what_failed_is_tried_again():
    tries = []

    def make():
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("not yet")
        return "made"

    once = Once(make)
    with pytest.raises(ValueError, match="not yet"):
        once.result()
    assert (once.result(), once.result()) == ("made", "made") and len(tries) == 2
