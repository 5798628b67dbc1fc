"""Turns at the processor: however many readers train, they share half of a core."""

import threading

import pytest

from pages.concepts.training import turns


@pytest.mark.parametrize("readers", [1, 2, 3, 8, 20])
def test_all_together_take_half_a_core_and_none_waits_three_seconds(readers):
    period, work = turns.period(readers), turns.work(readers)
    assert period < 3
    assert readers * (work + turns.DRAWING) <= turns.SHARE * period * 1.01
    assert work >= 0.02


def test_the_period_grows_with_the_readers():
    periods = [turns.period(n) for n in range(1, 60)]
    assert periods == sorted(periods) and periods[0] == 0.5
    assert turns.work(1) > 3 * turns.work(10)


def test_a_reader_who_ticks_no_more_is_forgotten():
    now = [0.0]
    desk = turns.Turns(clock=lambda: now[0])
    assert desk.seen("a") == 1 and desk.seen("b") == 2 and desk.seen("a") == 2
    now[0] = turns.FORGOTTEN - 0.1
    assert desk.seen("b") == 2
    now[0] += 0.2
    assert desk.seen("b") == 1
    desk.seen("c")
    desk.gone("c")
    desk.gone("never seen")
    assert desk.seen("b") == 1


def test_only_one_works_at_a_time():
    desk, working, most = turns.Turns(), [], []

    def reader():
        for _ in range(20):
            with desk.turn(patience=5) as mine:
                assert mine
                working.append(1)
                most.append(len(working))
                working.pop()

    threads = [threading.Thread(target=reader) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 80 and max(most) == 1


def test_who_waits_too_long_goes_without_a_turn():
    desk = turns.Turns()
    with desk.turn(patience=1) as first, desk.turn(patience=0.01) as second:
        assert first and not second
    with desk.turn(patience=0.01) as again:
        assert again
