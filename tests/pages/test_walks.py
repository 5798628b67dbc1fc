"""Readers who walk through the site at random: nothing breaks, and words and data agree.

A walk moves controls, drags charts, presses buttons, opens what there is more, follows links and
reloads, as a reader would in a browser. After every step the page is read as a whole. The walks are
the same in every run; a failure names the steps that led to it. WALK_STATES=5000 walks on.
"""

import json
import math
import os
import random
import re
from types import SimpleNamespace
from urllib.parse import parse_qsl

import numpy as np
import pyarrow as pa
import pytest
import streamlit as st
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest

from pages.kit import address, controls, page, site, theme
from pages.kit.panels import Choice, Range
from tests.app import (
    charts,
    choose_preset,
    folded,
    frame_with,
    link_shown,
    open_page,
    presets,
    prose,
    send,
    tables,
    title,
    values_of,
    widget_of,
)
from tests.panels import PANELS, PATHS

STATES = int(os.environ.get("WALK_STATES", "100"))
STEPS = 50  # of one walk
LABS = "training.labs"  # where a session keeps what it has trained


def allowed(control: Range | Choice, rng: random.Random) -> float | str:
    """A value that the control can take; its ends are where things break."""
    if isinstance(control, Choice):
        return rng.choice(list(control.options))
    ends = (control.low, control.high, control.default)
    return rng.choice(ends if rng.random() < 0.6 else control.values())


def check_widgets(at: AppTest, path: str) -> None:
    """A widget that is drawn shows what the control is set to."""
    for name, value in values_of(at, path).items():
        drawn = widget_of(at, PANELS[path].key(name))
        assert drawn is None or drawn.value == value, name


# The reader --------------------------------------------------------------------------------------


def _forget() -> None:
    """What a server that was just started does not know."""
    st.cache_resource.clear()
    for path in PATHS:
        for function in vars(site.concept(path, "data")).values():
            if hasattr(function, "cache_clear"):
                function.cache_clear()


class Reader:
    """A session on one page, and the way that led there."""

    def __init__(self, seed: int):
        self.rng, self.way = random.Random(seed), []
        self.arrive_by_link()

    @property
    def panel(self) -> controls.Panel:
        return PANELS[self.path]

    @property
    def values(self) -> dict[str, float | str]:
        return dict(values_of(self.at, self.path))

    def act(self) -> None:
        """Do something that the page offers."""
        actions = {
            self.move_a_control: 8,
            self.drag_a_chart: 5,
            self.choose_a_preset: 2,
            self.press_a_button: 3,
            self.guess: 1,
            self.open_more: 3,
            self.go_to_another_page: 3,
            self.arrive_by_link: 1,
            self.reload: 2,
        }
        self.rng.choices(list(actions), list(actions.values()))[0]()

    def move_a_control(self) -> None:
        drawn = [(c, widget_of(self.at, self.panel.key(c.name))) for c in self.panel.controls]
        control, widget = self.rng.choice([pair for pair in drawn if pair[1]])
        value = allowed(control, self.rng)
        self.way.append(f"move {control.name} to {value!r}")
        widget.set_value(value).run()
        assert self.values[control.name] == value

    def drag_a_chart(self) -> None:
        chart = self.rng.choice([chart for chart in charts(self.at) if chart.selection_mode])
        present = next(table for table in self._tables_of(chart) if "told" in table.column_names)
        report = present.to_pylist()[0]
        dragged = {name: allowed(self.panel[name], self.rng) for name in report if name != "told"}
        if report == report | dragged:
            return  # where it stands already: the lab's, at a step that stands for another
        selection = {"report": report | dragged}
        for mode in chart.selection_mode:
            if name := mode.removeprefix("pick_") if mode.startswith("pick_") else "":
                dragged[name] = value = allowed(self.panel[name], self.rng)
                selection[mode] = [{name: value, "chosen": self.values[name]}]
        self.way.append(f"drag {dragged}")
        send(self.at, WidgetState(id=chart.id, string_value=json.dumps({"selection": selection})))
        assert {name: self.values[name] for name in dragged} == dragged
        assert chart.id in [c.id for c in charts(self.at)], "embedded anew under the reader's hand"

    def _tables_of(self, chart) -> list[pa.Table]:
        return [pa.ipc.open_stream(table.data.data).read_all() for table in chart.datasets]

    def press_a_button(self) -> None:
        # a presentation is no state of the page: it stands in the address beside it
        own = [b for b in self.at.button if not b.disabled and not b.key.startswith("projector.")]
        if offered := own:
            button = self.rng.choice(offered)
            self.way.append(f"press {button.label!r}")
            button.click().run()

    def choose_a_preset(self) -> None:
        if offered := presets(self.at):
            name = self.rng.choice(offered)
            self.way.append(f"choose {name!r}")
            choose_preset(self.at, name)

    def guess(self) -> None:
        for widget in (*self.at.radio, *self.at.select_slider):
            answer = self.rng.choice(widget.options)
            self.way.append(f"guess {answer!r}")
            if widget.type == "radio":
                send(self.at, WidgetState(id=widget.id, string_value=answer))
            else:
                send(self.at, WidgetState(id=widget.id, string_array_value={"data": [answer]}))

    def open_more(self) -> None:
        row = self.rng.choice(folded(self.at))
        name = self.rng.choice([None, *row.options])
        self.way.append(f"open {name} of {row.label}")
        row.set_value(name).run()

    def go_to_another_page(self) -> None:
        link = self.rng.choice(self.at.get("page_link")).proto
        self.path, self.at.query_params = link.page, dict(parse_qsl(link.query_string))
        self.way.append(f"go to {self.path}?{link.query_string}")
        self.at.switch_page(site.info(self.path).file).run()

    def arrive_by_link(self) -> None:
        self.path = self.rng.choice(PATHS)
        told = {
            control.name: allowed(control, self.rng)
            for control in self.panel.controls
            if self.rng.random() < 0.3
        }
        self.way = [f"open {self.path} with {told}"]
        self.at = open_page(self.path, **address.query(self.panel, told))
        assert self.values == self.panel.defaults | told

    def reload(self) -> None:
        """The link opens the same page: what it says, what its charts draw, what is set."""
        before = self.at
        if _pause(before):
            before.run()
        on_a_fresh_server = self.rng.random() < 0.2
        self.way.append("reload" + " on a fresh server" * on_a_fresh_server)
        if on_a_fresh_server:
            _forget()
        pin = before.session_state["values"].pins.get(self.path)
        pinned = {self.panel.key(address.PIN): self.panel.pin_text(pin)} if pin else {}
        again = open_page(self.path, **address.query(self.panel, self.values), **pinned)
        told = f"{self.path}.answer"
        assert told not in again.session_state, "a link gives the answer away"
        # What a link does not hold: the reader's guess, the lab's runs, and what is unfolded.
        if apart := [key for key in (told, LABS) if key in before.session_state]:
            for key in apart:
                again.session_state[key] = before.session_state[key]
            again.run()
        for row in folded(before):
            twin = widget_of(again, row.key.rpartition("-")[0] or row.key)
            if twin.value != row.value:
                twin.set_value(row.value).run()
        was, self.at = self.values, again
        assert self.values == was
        assert _uncounted(prose(again)) == _uncounted(prose(before))
        for table, earlier in zip(tables(again), tables(before), strict=True):
            assert _unnumbered(table).equals(_unnumbered(earlier))


def _unnumbered(table: pa.Table) -> pa.Table:
    """What a chart is told, without the number of the telling."""
    return table.drop_columns([name for name in table.column_names if name == "told"])


def _pause(at: AppTest) -> bool:
    """End whatever the lab is training; whether it was."""
    labs = at.session_state[LABS].values() if LABS in at.session_state else ()
    running = [lab for lab in labs if lab.running]
    for lab in running:
        lab.running = None
    return bool(running)


# What holds on every page ------------------------------------------------------------------------

# Python's words for what is not a number, and numbers that no format of the site's has made.
SLIPS = re.compile(
    r"\b(nan|inf|undefined|null)\b|<NA>|\bNone\b(?! (of|is|aims)\b)"
    r"|\d[eE][+-]\d|\.\d{14}|−0(\.0+)?(?![\d.])"
)
PACKED = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")
# Infinities that a chart's own column puts into words.
MARKED = {"last_loss": ("loss_says", "not a number")}


def check(at: AppTest, path: str) -> None:
    panel, values = PANELS[path], values_of(at, path)
    check_widgets(at, path)
    assert not at.exception
    assert title(at) == site.info(path).title
    words = prose(at)
    cells = [str(cell) for table in at.table for cell in table.value.to_numpy().ravel()]
    for text in (*words.splitlines(), *cells):
        assert not SLIPS.search(text), text
    for name, value in values.items():
        assert panel[name].parse(value) == value and type(panel[name].parse(value)) is type(value)
    assert all(table.num_rows for table in tables(at, "frame"))  # others may have nothing to say
    for table in tables(at):
        check_numbers(table)
    AGREEMENTS.get(path, lambda *_: None)(SimpleNamespace(**values), words, at)
    moved = {name: value for name, value in values.items() if value != panel[name].default}
    besides = ("embed", panel.key(address.PIN))  # what is no control
    own = {key: text for key, text in at.query_params.items() if not key.startswith(besides)}
    least, most = (address.query(panel, of) for of in (moved, values))
    assert least.items() <= own.items() <= most.items(), "the address says something else"
    if at.session_state[f"{path}.more"] == page.LINK:
        shown = {key: text for key, text in link_shown(at).items() if not key.startswith(besides)}
        assert shown == address.query(panel, values)


def _uncounted(words: str) -> str:
    """The words without how many questions were answered, which a visit begins anew."""
    return re.sub(r"\n?\d+ of \d+ questions answered", "", words)


OFF_THE_AXIS = {"log10", "beyond"}  # an exact 0 and infinity are marked: grammar.off_the_axis


def check_numbers(table: pa.Table) -> None:
    """Every number that is drawn is finite, missing, or said not to be one."""
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_floating(column.type):
            wrong = ~np.isfinite(column.drop_null().to_numpy())
            if name in MARKED:
                says, words = MARKED[name]
                marked = [words in text for text in table[says].to_pylist()]
                assert column.null_count == 0 and wrong.tolist() == marked
            elif name in OFF_THE_AXIS:
                assert not np.isnan(column.drop_null().to_numpy()).any(), name
            else:
                assert not wrong.any(), name
        elif pa.types.is_large_string(column.type) or pa.types.is_string(column.type):
            texts = column.drop_null().to_pylist()
            slip = not all(map(is_packed, texts)) and SLIPS.search("\n".join(texts))
            assert not slip, (name, slip)


def is_packed(text: str) -> bool:
    """Whether a text is a line's points, for the chart to split: numbers, and x for a gap."""
    points = [point for point in text.split(" ") if point != "x"]
    return " " in text and all(PACKED.fullmatch(point) for point in points)


# What holds on one page: a number in its words is the number in its data --------------------------

NUMBER = r"(−?[\d,.]*\d(?:×10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?|−?∞|not a number)"
_PLAIN = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789", ",")


def said(words: str, before: str, after: str = "") -> str:
    """The number between two pieces of text."""
    found = re.search(re.escape(before) + NUMBER + re.escape(after), words)
    assert found, f"nothing like “{before}…{after}”"
    return found[1]


def log10(text: str) -> float:
    """log₁₀ of the size of a number as the site writes it."""
    mantissa, _, exponent = text.lstrip("−").translate(_PLAIN).partition("×10")
    size = float(mantissa)
    return (math.log10(size) if size else -math.inf) + int(exponent or 0)


def same(text: str, size: float, *, digits: int = 3) -> bool:
    """Whether a number in the words is the one with this log₁₀, to its digits; NaN is that of 0."""
    size = -math.inf if math.isnan(size) else size
    return log10(text) == size or abs(log10(text) - size) < 0.6 * 10 ** (1 - digits)


def packed(frame, row: int, column: str) -> list[float]:
    return [math.nan if point == "x" else float(point) for point in frame[column][row].split()]


def row_of(frame, column: str, value: float) -> int:
    """The one row of a live chart's data that it draws at this value."""
    (row,) = np.flatnonzero(frame[column] == value)
    return int(row)


def home(now, words, at) -> None:
    found = frame_with(at, "c", "first", "median")
    row = row_of(found, "c", now.c)
    arrives = said(words, f"With weights ×{theme.setting(now.c)}, the gradient at layer 1 is **")
    assert arrives == theme.from_log10(found["first"][row])
    assert same(arrives, packed(found, row, "median")[0])
    ledger = frame_with(at, "network", "part", "end")
    ledger = ledger[ledger["network"] == f"×{now.c:g}"].set_index("part")
    assert arrives == theme.from_log10(ledger["end"]["gradient"])
    both = said(words, "Together they make ")
    assert both == theme.from_log10(ledger["end"]["weights"])
    if told := re.search(r"Trained at ×([\d.]+)[^.]*?, it gets (\S+ %) of", words):
        names = frame_with(at, "step", "share", "network", name="names")
        names = names[names["network"] == f"×{told[1]}"]
        assert names["says"].tolist() == [f"×{told[1]}: {told[2]}"]


def products(now, words, at) -> None:
    found = frame_with(at, "w", "slopes", "gradient")
    row = row_of(found, "w", now.w)
    power = said(words, f"{theme.count(now.n, 'factor')} {'makes' if now.n == 1 else 'make'} **")
    assert same(power, now.n * math.log10(abs(now.w)) if now.w else -math.inf)
    assert power.startswith("−") == (now.w < 0 and now.n % 2 == 1)
    if now.activation != "identity":
        slopes = said(words, f"{'makes' if now.n == 1 else 'multiply to'} ", ", and the gradient")
        assert same(slopes, packed(found, row, "slopes")[now.n])
        gradient = said(words, ", and the gradient is ", " where")
        assert same(gradient, packed(found, row, "gradient")[now.n])
    rules = frame_with(at, "log10", "says", "side")
    median, rms = said(words, "The median is "), said(words, "root mean square is σⁿ = ", ", ")
    assert rules["says"].tolist() == [f"median {median}", f"true rms {rms}"]
    lines = frame_with(at, "k", "series", "log10").query("k == 15").set_index("series")["log10"]
    for line, before in {
        "vector": "a random vector is ",
        "law": "the gain's law says ",
        "largest": "The largest singular value is ",
        "median": "the median one ",
    }.items():
        assert same(said(words, before), lines[line], digits=2), line


def chain_rule(now, words, at) -> None:
    found = frame_with(at, "w2", "level", "sign")
    row = row_of(found, "w2", now.w2)
    gradient = said(words, f"dJ/d{'w₁' if now.gradient == 'w1' else 'w₂'} = **", "**")
    assert same(gradient, packed(found, row, "level")[-1])
    assert gradient.startswith("−") == (packed(found, row, "sign")[-1] < 0)
    found = frame_with(at, "w", "slopes", "steepest")
    row = row_of(found, "w", now.w)
    gradient = said(words, "layers dŷ/d*w*₁ is **", "**")
    assert same(gradient, found["log10"][row])
    alone = packed(found, row, "slopes")[now.layers - 2]
    if now.w:  # the chart's line
        assert same(gradient, alone + (now.layers - 1) * math.log10(abs(now.w)))
    slopes = said(words, "the slopes alone make ", ".")
    assert same(slopes, alone, digits=2)
    ends = frame_with(at, "layer", "series", "log10")
    ends = ends[ends["layer"] == 1].set_index("series")["log10"]
    for line, before in {
        "slopes": "back to layer 1 the slopes make ",
        "weights": ", the weights ",
        "gradient": ", and the gradient is **",
    }.items():
        assert same(said(words, before), ends[line], digits=2), line


def activations(now, words, at) -> None:
    found, slopes = frame_with(at, "z", "p1", "p2", "p3"), frame_with(at, "z", "s1", "s2", "s3")
    row, labels = row_of(found, "z", now.z), PANELS["activations"]["first"].options
    for i, name in enumerate((now.first, now.second, now.third), start=1):
        passes = re.search(rf"[:,] {re.escape(labels[name])} passes \*\*{NUMBER}\*\*", words)[1]
        assert same(passes, found[f"p{i}"][row])
        negative = slopes[f"s{i}"][row] < 0 and now.n % 2 == 1
        assert passes.startswith("−") == found[f"minus{i}"][row] == negative
    slopes, gradient = (t.to_pandas() for t in tables(at, "frame") if "dashed" in t.column_names)
    for frame, what in ((slopes, "slopes"), (gradient, "gradient")):
        for _, line in frame[frame["layer"] == 1].iterrows():
            pattern = rf"- {re.escape(line['name'])}[^:]*:.* {what} \**{NUMBER}"
            assert re.search(pattern, words)[1] == line["says"]
    if flat := re.search(rf"(\S+) % of layer {now.depth} are flat", words):
        bars = frame_with(at, "layer", "low", "high", "kind")
        height = bars[bars["layer"] == now.depth]["high"].max()
        assert abs(float(flat[1]) - 100 * height) < 0.6 or height != height


def initialization(now, words, at) -> None:
    found = frame_with(at, "g", "line", "says_end")
    row = row_of(found, "g", now.g)
    here = frame_with(at, "g", "gain", "scale", name="here")
    if "nothing arrives at layer 1" in words:
        assert here.empty
        return
    scale = (
        f"At σ√*n* = {PANELS['initialization']['g'].shown(now.g)} a layer multiplies ‖dJ/dz‖ by "
    )
    gain, arrives = said(words, scale), said(words, "Layer 1 gets **")
    assert here["says"].tolist() == [gain]
    if now.quantity == "dz":
        assert found["says_gain"][row] == f"×{gain} a layer"
        assert found["says_end"][row] == f"{arrives} in all"
        assert same(arrives, packed(found, row, "line")[0], digits=2)


def clipping(now, words, at) -> None:
    found = frame_with(at, "limit", "accuracy", "cure")
    row = found[found["limit"] == now.limit].iloc[0]
    c = said(words, "at *c* = ", ": **")
    right = re.search(r": \*\*(\S+ %)\*\* of the held-out digits right", words)[1]
    assert row["says"] == f"c = {c}: {right}"
    assert f"with {row['clipped_says']} clipped." in words.replace("the steps", "steps")
    lines = frame_with(at, "layer", "series", name="frame").query("layer == 1").set_index("series")
    slopes = said(words, "the slopes multiply to ", ", and weights")
    assert slopes == lines["says"]["slopes"]
    assert said(words, "‖dJ/dz‖ ", " times as large") == lines["says"]["product"]
    assert frame_with(at, "c")["c"].tolist() == [now.c]
    if now.gx or now.gy:
        value = [max(-now.c, min(now.c, g)) for g in (now.gx, now.gy)]
        turn = math.degrees(abs(math.atan2(*value[::-1]) - math.atan2(now.gy, now.gx)))
        assert float(said(words, "and turns it by **", "°**")) == pytest.approx(turn, abs=0.051)


def training(now, words, at) -> None:
    found = frame_with(at, "at", "step_says", "place")
    tests, halts = (
        frame_with(at, "name", name=name).set_index("name") for name in ("tests", "halts")
    )
    for name in "AB":
        frame = (
            found[found["name"] == name]
            .query("at == @now.step or at < 0 or at == taken < @now.step")
            .iloc[0]
        )
        if "Nothing is trained yet" in words:
            assert frame["step_says"] == "before the first step"
            continue
        if f"**{name}** broke at step " in words:
            step = said(words, f"**{name}** broke at step ", ":")
            assert frame["says"] == f"{name}: no longer finite"
            assert halts.loc[name, "says"] == f"{name}: no longer finite at step {step}"
            continue
        if f"**{name}**'s held-out loss is no longer finite" in words:
            continue
        told = rf"\*\*{name}\*\* gets (\S+) % of [^*]* is {NUMBER} \(after step ([\d,]+)\)"
        right, loss, step = re.search(told, words).groups()
        steps = (
            int(frame["step_says"].rsplit(" of ")[1].replace(",", ""))
            if " of " in frame["step_says"]
            else 1
        )
        curve = {
            column: [float(text) for text in tests.loc[name, column].split()]
            for column in ("px", "loss", "right")
        }
        place = int(step.replace(",", "")) / steps
        at_step = min(range(len(curve["px"])), key=lambda i: abs(curve["px"][i] - place))
        assert same(loss, curve["loss"][at_step], digits=2)
        assert abs(float(right) - 100 * curve["right"][at_step]) < 0.51


AGREEMENTS = {
    "home": home,
    "products": products,
    "chain_rule": chain_rule,
    "activations": activations,
    "initialization": initialization,
    "clipping": clipping,
    "training": training,
}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(math.ceil(STATES / STEPS)))
def test_wherever_a_reader_walks_words_and_data_agree(seed):
    reader = Reader(seed)
    try:
        check(reader.at, reader.path)
        for _ in range(STEPS - 1):
            reader.act()
            check(reader.at, reader.path)
            assert "does not have" not in prose(reader.at), "no link of a walk asks for too much"
    except Exception as failure:
        failure.add_note("The way there:\n  " + "\n  ".join(reader.way))
        raise
