"""Links as strangers write them: whatever an address says, a page opens with values that it has.

The addresses are the same in every run, most of them short: a failure names the one that led to it.
"""

import math
import random
from functools import cache
from types import SimpleNamespace
from unittest.mock import patch
from urllib.parse import parse_qs, urlencode

import pytest
from streamlit.runtime.state.query_params import QueryParams
from streamlit.testing.v1 import AppTest

from pages.concepts.training import lab
from pages.kit import address, values
from pages.kit.panels import Choice, Panel, Range
from tests.app import open_page, prose, set_to, step_back, widget_of
from tests.pages.test_walks import allowed, check
from tests.panels import PANELS, PATHS

READINGS, OPENINGS = (math.ceil(count / len(PATHS)) for count in (5_000, 48))  # of each page


# What strangers write ----------------------------------------------------------------------------

WRONG = (
    *("", " ", "abc", "true", "None", "null", "[1,2]", "{}", "0x10", "1;2", "1,5", "−1", "½"),
    *("nan", "NaN", "inf", "-Infinity", "1e400", "-1e400", "1e-400", "9" * 5000, "-0.0"),
    *("1_0", "+1", " 1 ", "1.", ".5", "１", "٣", "1e0", "1\x00", "1\n"),
    *("0." + "0" * 60 + "1", "1" + "0" * 60, "0" * 60 + "1", "0.5" + "0" * 40 + "e9"),
    *("1" + " " * 45 + "<b>", "1." + "0" * 45 + "abc"),
    "<script>alert(document.domain)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    "![](https://example.org/pixel.png)",
    r"$\href{javascript:alert(1)}{x}$",
    "`code`:material/alarm::red[text]",
    "${7*7}{{7*7}}%s%n../../etc/passwd' OR 1=1 --",
    "😀\u202eevil\u0000\ufeff\U000e0041",
)
HUGE = ("9" * 500_000, "q" * 500_000, "<b>" * 70_000, "%" * 160_000, "1" + " " * 500_000)
STRANGERS = (
    *("evil", "<script>alert(2)</script>", "__proto__", "", " ", "page", "😀", "k" * 5000),
    *("embed", "embed_options", "address.visit", "controls.kept", "site.started"),
    *("products.answer", "products.more", "products_seed.next", "products_", "_w"),
)
STREAMLITS = {"embed", "embed_options"}  # an app never sees these
BROKEN = ("%FF%FE", "%", "&&==;", "a=b=c", "%00=%00", "%ED%A0%80=1")


def babble(rng: random.Random) -> str:
    """Characters from anywhere in Unicode."""
    planes = (0x7F, 0x7F, 0x2FFF, 0x10FFFF)
    drawn = (chr(rng.randrange(rng.choice(planes))) for _ in range(rng.randrange(60)))
    return "".join(char for char in drawn if not "\ud800" <= char <= "\udfff")


def text_for(control: Range | Choice, rng: random.Random) -> str:
    """What an address may say for a control: what it means, what is next to that, anything."""
    kind = rng.choice(("right", "near", "wrong", "wrong", "babble"))
    if kind == "babble":
        return babble(rng)
    if kind == "wrong":
        return rng.choice(WRONG)
    if kind == "right":
        return control.text(allowed(control, rng))
    if isinstance(control, Choice):
        label = rng.choice([*control.options, *control.options.values()])
        return rng.choice((label, label.upper(), label[:-1], f"{label} ", label * 2))
    end = rng.choice((control.low, control.high))
    step = control.step * rng.choice((-1, 1)) * rng.choice((1e-15, 0.3, 0.5, 1, 1e300))
    return str(rng.choice((end + step, end + step, rng.gauss(0, 1e6))))


def an_address(path: str, rng: random.Random) -> str:
    """A query string: keys of the page, of other pages, of nobody, some of them repeated."""
    everyone = [(panel, c) for panel in PANELS.values() for c in panel.controls]
    own = [(panel, c) for panel, c in everyone if panel.page == path]
    pairs = []
    for _ in range(rng.choice((1, 1, 2, 4, 8))):
        panel, control = rng.choice(own if rng.random() < 0.8 else everyone)
        key = panel.key(control.name)
        if rng.random() < 0.1:
            key = rng.choice((*STRANGERS, babble(rng)))
        pairs += [(key, text_for(control, rng)) for _ in range(rng.choice((1, 1, 1, 2, 3)))]
    return "&".join([urlencode(pairs), *rng.sample(BROKEN, rng.choice((0, 0, 0, 1)))])


# The one place where links are read --------------------------------------------------------------


def meanings(control: Range | Choice) -> dict[str, float | str]:
    """What each text that the site writes means to a control."""
    choice = isinstance(control, Choice)
    return {control.text(v): v for v in (control.options if choice else control.values())}


MEANT = {path: {c.name: meanings(c) for c in panel.controls} for path, panel in PANELS.items()}


@pytest.mark.parametrize("path", ["products", "memory"])
def test_an_address_that_says_what_is_usual_stays_as_it_is(path):
    """Another one would be another step of the browser's history."""
    says = address.query(PANELS[path], PANELS[path].defaults)
    at = open_page(path, **says)
    assert dict(at.query_params.items()) == says


class Said(dict):
    """`st.query_params` of an address: all the texts of each key."""

    def get_all(self, key: str) -> list[str]:
        return self.get(key, [])

    def to_dict(self) -> dict[str, str]:
        return {key: texts[-1] for key, texts in self.items()}

    def from_dict(self, says: dict[str, str]) -> None:
        self.clear()
        self.update({key: [text] for key, text in says.items()})


class Visit:
    """What the kit sees of Streamlit when a browser opens an address."""

    def __init__(self, query: str):
        self.session_state: dict = {}
        self.query_params = Said(parse_qs(query, keep_blank_values=True))

    def read(self, panel: Panel) -> SimpleNamespace:
        address.read_url(panel)
        return values.now(panel)


def follow(path: str, query: str) -> None:
    """Read an address as the page would, and check all that became of it."""
    panel, visit = PANELS[path], Visit(query)
    keys = {control.name: panel.key(control.name) for control in panel.controls}
    asked = {name: said for name, key in keys.items() if (said := visit.query_params.get(key))}
    with pytest.MonkeyPatch.context() as patch:
        for module in (address, values):
            patch.setattr(module, "st", visit)
        at = vars(visit.read(panel))
        asks = visit.query_params.get_all(address.ANSWER) == [address.SHOWN]
        assert [address.take_answer(), address.take_answer()] == [asks, False]
        right = all(
            len(texts) == 1 and len(texts[0]) <= 40 and panel[name].means(texts[0], at[name])
            for name, texts in asked.items()
        )
        assert address.link_was_corrected() == (not right)
        address._write(panel)
    for control in panel.controls:
        meant, value = MEANT[path][control.name], at[control.name]
        assert value in meant.values()
        match asked.get(control.name, []):
            case [text]:
                assert value == meant.get(text, value)
            case _:  # not asked, or asked for two things
                assert value == control.default
    moved = {name: value for name, value in at.items() if value != panel[name].default}
    assert visit.query_params == {key: [text] for key, text in address.query(panel, moved).items()}
    assert visit.session_state.keys() - {"address.bare"} == {
        *("address.visit", "address.said", "values")
    }
    assert visit.session_state["values"].values == {path: at}


@pytest.mark.parametrize("path", PATHS)
def test_whatever_an_address_says_every_value_is_one_that_the_control_has(path):
    rng = random.Random(path)
    for _ in range(READINGS):
        query = an_address(path, rng)
        try:
            follow(path, query)
        except Exception as failure:
            failure.add_note(f"The address: {path}?{query}")
            raise


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("text", HUGE, ids=lambda text: text[:3])
def test_half_a_million_characters_are_read_like_any_others(path, text):
    one_of_each_kind = {type(control): control for control in PANELS[path].controls}
    for control in one_of_each_kind.values():
        follow(path, urlencode({PANELS[path].key(control.name): text}))


# Whole pages -------------------------------------------------------------------------------------

# What no page writes of its own accord: texts that are neither numbers nor the keys of widgets.
FOREIGN = [
    text.strip()[-30:].encode()
    for text in (*WRONG, *HUGE, *STRANGERS)
    if len(text) > 5 and text.strip("0123456789.e+-\n ")
]


def everything_on(at: AppTest) -> bytes:
    """What the browser is sent for the page, in one piece."""
    return b"\n".join(node.proto.SerializeToString() for node in at.main if node.proto)


@cache
def foreign_to(path: str) -> list[bytes]:
    page = everything_on(open_page(path))
    return [text for text in FOREIGN if text not in page]


def visit_page(path: str, query: str) -> None:
    try:
        with patch.object(lab, "go_on", lambda *_: None):  # it trains for who comes by a link
            at, panel = open_page(path, **parse_qs(query, keep_blank_values=True)), PANELS[path]
        check(at, path)
        words = prose(at)
        assert prose(at.run()) == words, "its first words were of other values than it has"
        assert set(at.query_params) - STREAMLITS <= {panel.key(c.name) for c in panel.controls}
        page = everything_on(at)
        assert not [text for text in foreign_to(path) if text in page]
    except Exception as failure:
        failure.add_note(f"The address: {path}?{query[:2000]}")
        raise


@pytest.mark.slow
@pytest.mark.parametrize("path", PATHS)
def test_whatever_an_address_says_the_page_opens_and_does_not_repeat_it(path):
    assert len(foreign_to(path)) > 12
    rng = random.Random(path)
    for _ in range(OPENINGS):
        visit_page(path, an_address(path, rng))


@pytest.mark.parametrize("path", PATHS)
def test_a_page_opens_by_an_address_of_half_a_megabyte(path):
    text = HUGE[PATHS.index(path) % len(HUGE)]
    visit_page(
        path, urlencode({PANELS[path].key(PANELS[path].controls[0].name): text, "evil": "1"})
    )


@pytest.mark.parametrize("path", PATHS)
def test_a_control_that_an_address_asks_for_two_values_of_keeps_its_default(path):
    """Whichever it took, half of those who wrote it would have meant the other."""
    pairs = []
    for control in PANELS[path].controls:
        others = [text for text, value in MEANT[path][control.name].items()]
        pairs += [(PANELS[path].key(control.name), text) for text in (others[0], others[-1])]
    visit_page(path, urlencode(pairs))


def test_a_step_through_the_browsers_history_sets_what_its_address_says(monkeypatch):
    at = open_page("products", products_w="0.7")
    widget_of(at, "products_n").set_value(20).run()
    assert at.query_params == {"products_w": "0.7", "products_n": "20"}
    at.query_params = {"products_w": "1.3"}
    at.run()
    assert set_to(at, "products_w") == 0.7, "no step: what is set stays, the address follows"
    assert at.query_params == {"products_w": "0.7", "products_n": "20"}
    monkeypatch.setattr(address, "stepped_through_history", lambda: True)
    at.query_params = {"products_w": "1.3"}
    at.run()
    assert (set_to(at, "products_w"), set_to(at, "products_n")) == (1.3, 15)
    assert widget_of(at, "products_n").value == 15
    assert at.query_params == {"products_w": "1.3"}
    assert "does not have" not in prose(at)


@pytest.fixture
def sent(monkeypatch) -> list[str]:
    """The addresses that the browser is told."""
    told, tell = [], QueryParams._send_query_param_msg

    def noted(self):
        told.append(dict(self._query_params))
        tell(self)

    monkeypatch.setattr(QueryParams, "_send_query_param_msg", noted)
    return told


def test_a_page_that_is_come_to_with_the_right_address_sends_none(sent):
    """A busy browser would take it for the address of the page before."""
    at = open_page("products", products_w="0.7")
    at.query_params = {}
    at.switch_page("pages/clipping.py").run()
    assert not sent
    widget_of(at, "clipping_clip").set_value("value").run()
    assert sent[-1] == {"clipping_clip": "By value"}


def test_a_page_that_is_come_to_with_the_readers_own_values_says_them(sent):
    at = open_page("products")
    widget_of(at, "products_n").set_value(20).run()
    at.switch_page("pages/clipping.py").run()
    del sent[:]
    at.query_params = {}
    at.switch_page("pages/products.py").run()
    assert sent == [{"products_n": "20"}]


def test_an_address_with_another_pages_values_leaves_the_readers_own(monkeypatch):
    """A busy browser may have put it into its history for this page."""
    at = open_page("products", products_w="0.7")
    at.switch_page("pages/clipping.py").run()
    at.switch_page("pages/products.py")
    step_back(at, monkeypatch, clipping_clip="value")
    assert set_to(at, "products_w") == 0.7
    assert at.query_params == {"products_w": "0.7"}


def test_a_pin_of_another_page_is_none_of_this_one(monkeypatch):
    """Pages may pin what has the same names; a browser that is gone back in may mix them up."""
    foreign = {"products_w": "1.6", "pin": "w:1.6,activation:identity"}
    assert PANELS["chain_rule"].parse_pin(foreign["pin"])
    at = open_page("chain_rule", **foreign)
    assert at.query_params == {} and "cannot draw" not in prose(at)
    step_back(at, monkeypatch, **foreign)
    assert at.query_params == {}
    at = open_page("chain_rule", products_pin=foreign["pin"])
    assert at.query_params == {} and "cannot draw" not in prose(at)
    at = open_page("chain_rule", pin=foreign["pin"])  # as addresses once said it
    assert at.query_params == {"chain_rule_pin": foreign["pin"]}
