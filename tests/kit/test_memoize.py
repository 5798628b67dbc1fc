"""Results that are kept: each made once, however many ask for it at one time."""

import threading
from time import sleep

import pytest

from pages.kit.memoize import Once, memoize


def test_who_asks_together_waits_for_one_result():
    made, got = [], []

    @memoize(4)
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


def test_results_are_made_one_at_a_time_and_what_is_made_is_handed_out_meanwhile():
    begun, go_on, order = threading.Event(), threading.Event(), []

    @memoize(4)
    def slow(x):
        order.append(f"{x} begun")
        if x == "slow":
            begun.set()
            assert go_on.wait(5)
        order.append(f"{x} made")
        return x

    assert slow("made before") == "made before"
    threads = [threading.Thread(target=slow, args=(x,)) for x in ("slow", "other")]
    threads[0].start()
    assert begun.wait(5)
    threads[1].start()
    assert slow("made before") == "made before"
    threads[1].join(0.05)
    go_on.set()
    for thread in threads:
        thread.join()
    assert order[2:] == ["slow begun", "slow made", "other begun", "other made"]


def test_what_is_made_may_ask_for_others():
    @memoize(4)
    def inner(x):
        return x + 1

    @memoize(4)
    def outer(x):
        return 2 * inner(x)

    assert outer(1) == 4


def test_the_oldest_result_goes_and_all_can_be_forgotten():
    made = []

    @memoize(2)
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


def test_results_that_come_to_too_many_bytes_are_forgotten_and_used_on():
    made = []

    @memoize(8, size=len, most=10)
    def large(x):
        made.append(x)
        return [x] * x

    used = large(4)
    assert large(4) is used and large(5) == [5] * 5 and made == [4, 5]
    assert large(2) == [2, 2], "4 + 5 + 2 is too much"
    assert large(5) == [5] * 5 and used == [4] * 4 and made == [4, 5, 2, 5]
    assert large(5) == [5] * 5 and large(4) is not used and made == [4, 5, 2, 5, 4]


def test_what_was_forgotten_counts_no_more():
    made = []

    @memoize(9, size=lambda _: 4, most=10)
    def result(n: int) -> int:
        made.append(n)
        return n

    for n in (1, 2):
        result(n)
    result.cache_clear()
    for n in (1, 2, 1, 2):
        result(n)
    assert made == [1, 2, 1, 2]
