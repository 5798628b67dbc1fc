"""The turnstile: one script at a time, the next one beside it where that takes long."""

import threading
from time import sleep

import pytest

from pages.kit.turnstile import Turnstile


def _crowd(turnstile: Turnstile, count: int, inside_for: float) -> list[int]:
    """How many were inside whenever one of a crowd came in."""
    inside, seen = [], []

    def come():
        with turnstile.turn():
            inside.append(1)
            seen.append(len(inside))
            sleep(inside_for)
            inside.pop()

    threads = [threading.Thread(target=come) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not inside
    return seen


def test_one_at_a_time():
    assert _crowd(Turnstile(patience=60), 12, 0.002) == [1] * 12


def test_who_takes_long_does_not_hold_the_others_up():
    assert max(_crowd(Turnstile(patience=0.01), 4, 0.2)) == 4


def test_again_from_within():
    turnstile = Turnstile(patience=60)
    with turnstile.turn(), turnstile.turn():
        pass
    assert _crowd(turnstile, 2, 0.0) == [1, 1]


def test_who_fails_goes_out_too():
    turnstile = Turnstile(patience=60)
    with pytest.raises(KeyError), turnstile.turn():
        raise KeyError
    assert _crowd(turnstile, 2, 0.0) == [1, 1]


def test_who_has_left_and_was_followed_does_not_send_the_follower_out():
    turnstile = Turnstile(patience=60)
    follower_in, done = threading.Event(), threading.Event()

    def follow():
        with turnstile.turn():
            follower_in.set()
            done.wait(5)

    thread = threading.Thread(target=follow)
    with turnstile.turn():
        thread.start()
        turnstile.leave()
        assert follower_in.wait(5)
    assert turnstile._inside == thread.ident  # still the follower's turn
    done.set()
    thread.join()
    assert turnstile._inside is None
