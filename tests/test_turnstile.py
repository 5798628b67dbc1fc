"""The turnstile: one script at a time, the next one beside it where that takes long."""

import threading
from pathlib import Path
from time import sleep

import pytest
from streamlit.testing.v1 import AppTest

from pages.kit import site, values
from pages.kit.turnstile import Turnstile, turnstile
from tests.app import open_page
from tests.test_pages import PATHS


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


def test_who_pauses_lets_others_through_and_queues_up_again():
    turnstile, seen = Turnstile(patience=60), []

    def follow():
        with turnstile.turn():
            seen.append("in")
            sleep(0.2)
            seen.append("out")

    with turnstile.turn():
        follower = threading.Thread(target=follow)
        follower.start()
        assert not seen
        turnstile.pause(0.1)  # the follower comes in meanwhile, and is not disturbed
        assert seen == ["in", "out"]
        other = threading.Thread(target=follow)
        other.start()
        sleep(0.05)
        assert seen == ["in", "out"], "whose pause is over is inside"
    follower.join()
    other.join()
    assert seen == ["in", "out"] * 2


def test_a_pause_outside_is_none_inside():
    turnstile = Turnstile(patience=60)
    turnstile.pause(0)
    assert not turnstile.busy


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


def _inside() -> bool:
    return turnstile()._inside == threading.get_ident()


@pytest.mark.parametrize("path", PATHS)
def test_a_page_runs_inside(path, monkeypatch):
    seen, read = [], values.read
    monkeypatch.setattr(values, "read", lambda *of: (seen.append(_inside()), read(*of))[1])
    open_page(path)
    assert seen and all(seen)
    assert turnstile()._inside is None


def test_every_fragment_runs_inside():
    def script():
        import threading

        import streamlit as st

        from pages.kit import values
        from pages.kit.turnstile import turnstile

        def part():
            st.session_state["inside"] = turnstile()._inside == threading.get_ident()

        values.fragment(part, key="part")()

    assert AppTest.from_function(script).run().session_state["inside"]
    files = Path(site.__file__).parents[1].rglob("*.py")
    assert [file.name for file in files if "st.fragment" in file.read_text()] == ["values.py"]
