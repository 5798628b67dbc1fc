"""The second click of a double click does nothing, and a press after a second does."""

from pages.kit import press
from tests.app import open_page


def test_a_double_click_pins_and_does_not_take_away():
    at = open_page("products")
    at.double = 60.0
    for _ in range(3):
        at.button(key="products.pin").click().run()
        assert at.button(key="products.pin").label == "Unpin"
    at.double = 0.0
    at.button(key="products.pin").click().run()
    assert at.button(key="products.pin").label == "Pin this line"


def test_one_press_a_second(monkeypatch):
    clock, kept, done = [100.0], {}, []
    monkeypatch.setattr(press, "monotonic", lambda: clock[0])
    monkeypatch.setattr(press.st, "session_state", kept)
    one, other = (press.once(name, done.append) for name in ("one", "other"))
    for seconds, act, said in (
        (0.0, one, "shown"),
        (0.2, one, "hidden"),
        (0.3, other, "another's"),
        (press.DOUBLE - 0.01, one, "hidden"),
        (press.DOUBLE, one, "hidden, and meant"),
        (press.DOUBLE + 0.2, one, "shown"),
    ):
        clock[0] = 100.0 + seconds
        act(said)
    assert done == ["shown", "another's", "hidden, and meant"]
