"""The run lock: one script at a time, the next one beside it where that takes long."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Event, Thread
from time import sleep

import pytest

from pages.kit import page, run_lock
from pages.kit.run_lock import RunLock
from tests.app import open_page, set_to, widget_of


def crowd(lock: RunLock, count: int, held_for: float) -> list[int]:
    """How many held it whenever one of a crowd had taken it."""
    holding, seen = [], []

    def come():
        with lock.held():
            holding.append(1)
            seen.append(len(holding))
            sleep(held_for)
            holding.pop()

    threads = [Thread(target=come) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not holding
    return seen


@contextmanager
def held_elsewhere(lock: RunLock) -> Iterator[int | None]:
    """Another thread holds it, whose name this is; it may have overtaken who held it."""
    taken, done = Event(), Event()

    def hold():
        with lock.held():
            taken.set()
            done.wait(60)

    other = Thread(target=hold)
    other.start()
    try:
        assert taken.wait(5)
        yield other.ident
    finally:
        done.set()
        other.join()


def test_one_at_a_time():
    assert crowd(RunLock(patience=60), 12, 0.002) == [1] * 12


def test_who_takes_long_does_not_hold_the_others_up():
    assert max(crowd(RunLock(patience=0.01), 4, 0.2)) == 4


def test_again_from_within():
    lock = RunLock(patience=60)
    with lock.held(), lock.held():
        pass
    assert crowd(lock, 2, 0.0) == [1, 1]


def test_who_is_overtaken_still_runs():
    """From within it does not wait for who overtook it, nor gives away what that one holds."""
    lock = RunLock(patience=0.05)
    with lock.held():
        with held_elsewhere(lock) as other:
            with lock.held():
                assert lock._holder == other
            assert lock._holder == other
        sleep(0.01)
        assert lock.quiet() == 0, "the first one still runs"
    sleep(0.01)
    assert 0 < lock.quiet() < 5


def test_who_fails_releases_it():
    lock = RunLock(patience=60)
    with pytest.raises(KeyError), lock.held():
        raise KeyError
    assert crowd(lock, 2, 0.0) == [1, 1]


def test_who_sleeps_lets_others_run_and_holds_it_again():
    lock, seen = RunLock(patience=60), []

    def follow():
        with lock.held():
            seen.append("in")
            sleep(0.05)
            seen.append("out")

    with lock.held():
        followers = [Thread(target=follow) for _ in range(2)]
        followers[0].start()
        lock.sleep(0.2)
        assert seen == ["in", "out"]
        followers[1].start()
        sleep(0.05)
        assert seen == ["in", "out"], "whose sleep is over holds it"
    for follower in followers:
        follower.join()
    assert seen == ["in", "out"] * 2


def test_who_does_not_hold_it_sleeps_without_it():
    lock = RunLock(patience=60)
    lock.sleep(0)
    assert crowd(lock, 2, 0.0) == [1, 1]


def test_who_has_released_it_does_not_release_it_for_the_next():
    lock = RunLock(patience=60)
    with ExitStack() as follower:
        with lock.held():
            lock.release()
            follower.enter_context(held_elsewhere(lock))
        late = Thread(target=lambda: lock.held().__enter__())
        late.start()
        late.join(0.1)
        assert late.is_alive(), "the follower still holds it"
    late.join(5)


def test_a_page_and_a_part_of_it_hold_it(monkeypatch):
    """And are not held up for long by who holds it."""
    lock, held = RunLock(), []
    monkeypatch.setattr(run_lock, "LOCK", lock)
    write = page.write

    def noted(*args, **kwargs):
        held.append(lock._holder)
        write(*args, **kwargs)

    monkeypatch.setattr(page, "write", noted)
    at = open_page("products")
    assert held and all(held) and lock._holder is None
    held.clear()
    with held_elsewhere(lock) as other:
        widget_of(at, "products_n").set_value(20).run()
        assert set_to(at, "products_n") == 20
        assert held and other not in held
