"""What a page shows, against what its address says: the two are to agree, whatever was done.

The address is the witness. Each control has the value that it says, or its default; the widgets,
the range inputs in the charts and the signals behind them have to show it, and the words and the
charts' tables have to be those of the page that a new reader opens there, in process.
"""

import hashlib
import math
import re
from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, parse_qsl, urlsplit

import numpy as np
import pyarrow as pa

from pages.concepts.training import lab, networks, pairs
from pages.kit import address, beside, site
from pages.kit.panels import Choice, Panel, Range
from tests.app import TERM, charts, open_page
from tests.panels import PANELS

_NOTHING = -1.25e30  # stands for a missing number in a digest, as in agreement.js
_UNTOLD = "More stands here once you have guessed"  # where the reader has not
_NUMBER = "told"  # of a chart's view: another one in each session
_HOLE = "\0"  # stands for mathematics, which the browser writes in other signs

_MATHEMATICS = re.compile(r"\$\$(.*?)\$\$|\$(.*?)\$", re.S)

Expected = dict[str, Any]  # a page's lines, equations, rows of tables, and digests of its charts


# What the address says --------------------------------------------------------------------------


def expected(path: str, query: Mapping[str, str]) -> Expected:
    """What a reader sees who opens this address now, in another process than the server's.

    That reader has not answered the page's question, and sees what stands there in any case.
    """
    try:
        with patch.object(lab, "go_on", lambda *_: None):  # the lab trains for who comes by a link
            at = open_page(path, **query)
    except Exception as error:  # in words: an app's own does not travel between processes
        raise RuntimeError(f"/{path} with {dict(query)}: {error!r}"[:2000]) from None
    texts = [TERM.sub(r"\1", b.value) for kind in ("markdown", "caption") for b in at.get(kind)]
    return {
        "lines": [line for text in texts for line in _MATHEMATICS.sub(_HOLE, text).splitlines()],
        "equations": [_line("".join(m)) for text in texts for m in _MATHEMATICS.findall(text)],
        "rows": [
            " | ".join(map(_line, row)) for table in at.table for row in table.value.itertuples()
        ],
        "charts": [{"about": chart.alt, "tables": _tables(chart)} for chart in charts(at)],
    }


def _line(text: str) -> str:
    return " ".join(text.split())


def _tables(chart) -> dict[str, dict]:
    return {
        dataset.name: _digests(pa.ipc.open_stream(dataset.data.data).read_all())
        for dataset in chart.datasets
    }


def _digests(table: pa.Table) -> dict:
    columns = {name: _digest(table[name].to_pylist()) for name in table.column_names}
    return {"rows": table.num_rows, "columns": columns if table.num_rows else {}}


def _digest(column: list) -> str:
    """As agreement.js makes it of the same column."""
    if any(isinstance(value, str) for value in column):
        data = "\x1f".join("\0" if value is None else str(value) for value in column).encode()
    else:
        numbers = (_NOTHING if v is None or math.isnan(v) else float(v) for v in column)
        data = np.fromiter(numbers, dtype=float).astype("<f4").tobytes()
    return hashlib.sha1(data).hexdigest()[:16]


def in_full(shown: dict) -> dict[str, str]:
    """What the page's address says, and the defaults that it leaves out."""
    panel = PANELS[shown["path"]]
    said = dict(parse_qsl(shown["query"].lstrip("?")))
    pin = {key: text for key, text in said.items() if key == panel.key(address.PIN)}
    return address.query(panel, _values(panel, shown)) | pin


def _values(panel: Panel, shown: dict) -> dict[str, Any]:
    said = {key: texts[0] for key, texts in parse_qs(shown["query"].lstrip("?")).items()}
    return {c.name: c.parse(said.get(panel.key(c.name), c.default)) for c in panel.controls}


# What disagrees ---------------------------------------------------------------------------------


def disagreements(shown: dict, told: Expected | None, *, untrained: bool) -> list[str]:
    """All that the page does not show as its address says; `told` is what `expected` gave.

    What a reader has trained is in no address: where it is `untrained` no more, words and tables
    of the lab are left out.
    """
    panel = PANELS.get(shown["path"])
    if panel is None:
        return [f"page: there is none at /{shown['path']}"]
    values = _values(panel, shown)
    found = [
        *_title(shown),
        *_address(panel, shown),
        *_widgets(panel, values, shown),
        *_presets(panel, values, shown),
        *_link(panel, values, shown),
        *_ranges(panel, values, shown),
        *(f"broken: {words}" for words in shown["broken"]),
    ]
    if told and (panel.page != "training" or (untrained and not _trains_by_itself(values))):
        found += [*_words(told, shown), *_charts(told, shown)]
    return found


def _trains_by_itself(values: dict[str, Any]) -> bool:
    """Whether the lab begins to train at these values: a preset's, at a seed of the reader's."""
    duel = networks.duel(SimpleNamespace(**values))
    return duel.seed != networks.FIRST.seed and bool(pairs.comes_trained(duel))


def _title(shown: dict) -> Iterator[str]:
    title = site.info(shown["path"]).title
    if shown["titles"] != [title]:
        yield f"page: {title} is said to be {shown['titles']}"


def _address(panel: Panel, shown: dict) -> Iterator[str]:
    controls = {panel.key(control.name): control for control in panel.controls}
    for key, said in parse_qs(shown["query"].lstrip("?"), keep_blank_values=True).items():
        if key == panel.key(address.PIN):  # the chart's table of it is compared
            continue
        if key not in controls or len(said) != 1:
            yield f"address: {key} = {said}"
            continue
        value = controls[key].parse(said[0])
        if not controls[key].means(said[0], value) or value == controls[key].default:
            yield f"address: {key} = {said[0]}, which is no value, or the default"


def _widgets(panel: Panel, values: dict, shown: dict) -> Iterator[str]:
    for widget in shown["widgets"]:
        name = widget["key"].removeprefix(f"{panel.page}_")
        control, value = panel[name], values[name]
        if isinstance(control, Choice):
            label = plain(control.options[value])
            wanted = [label] if widget["kind"] == "row" else label
            agrees = widget["value"] == wanted
        elif widget["kind"] == "menu":  # a power is chosen by what it is
            wanted = plain(control.shown(value))
            agrees = widget["value"] == wanted
        else:
            wanted = value
            agrees = _is(widget["value"], value) and _is(widget.get("shown", value), value)
        if not agrees:
            yield f"{widget['kind']} {name}: shows {widget['value']}, the address says {wanted}"


def _is(said: Any, value: float) -> bool:
    """Whether a number's text, or a number, is this value."""
    try:
        return math.isclose(float(said), value, abs_tol=1e-6)
    except (TypeError, ValueError):
        return False


def _presets(panel: Panel, values: dict, shown: dict) -> Iterator[str]:
    for row in shown["presets"]:
        offered = [preset for preset in panel.presets if plain(preset.name) in row["options"]]
        is_set = (p.name for p in offered if p.values.items() <= values.items())
        wanted = [plain(name) for name in [*is_set][:1]]
        if row["value"] != wanted:
            yield f"presets: marked is {row['value']}, the address says {wanted}"


def _link(panel: Panel, values: dict, shown: dict) -> Iterator[str]:
    for link in shown["link"]:
        said = dict(parse_qsl(urlsplit(link).query))
        for name, value in values.items():
            if not panel[name].means(said.get(panel.key(name), ""), value):
                yield f"link {name}: {said.get(panel.key(name))}, the address says {value}"


def _ranges(panel: Panel, values: dict, shown: dict) -> Iterator[str]:
    live = {c.name for c in panel.controls if isinstance(c, Range) and c.live}
    for chart in shown["charts"]:
        for drawn in chart["ranges"]:
            name = drawn["name"]
            if name not in live:  # the chart's own, as the stage of what it plays
                continue
            shows = {"input": drawn["value"], "number": drawn["shown"]}
            shows |= {f"signal {i}": v for i, v in enumerate(drawn["signals"]) if v is not None}
            wanted = values[name]
            if (panel.page, name) == ("training", "step"):  # no further than the training has come
                wanted = min(wanted, float(drawn["value"]))
            wrong = {what: said for what, said in shows.items() if not _is(said, wanted)}
            if wrong:
                yield f"range {name}: shows {wrong}, the address says {values[name]}"


def _words(told: Expected, shown: dict) -> Iterator[str]:
    says = "\n".join(shown["words"])
    for line in told["lines"]:
        if _UNTOLD in line:
            continue
        for sentence in re.split(r"(?<=[.?!:])\s+", line):
            if _HOLE not in sentence and plain(sentence) not in says:
                yield f"words: the page does not say “{plain(sentence)}”"
    for kind, wanted in (("equations", told["equations"]), ("rows", map(plain, told["rows"]))):
        for text in wanted:
            if text not in shown[kind]:
                yield f"{kind}: the page does not have {text}"


def plain(markdown: str) -> str:
    """The words of a line of Markdown as a page shows them."""
    text = re.sub(r"^(#+|-|\d+\.) ", "", markdown)
    text = re.sub(r"\[(.*?)\]\(.*?\)", r"\1", text)
    return _line(re.sub(r"[*`\\]", "", text))


def _charts(told: Expected, shown: dict) -> Iterator[str]:
    drawn = [*shown["charts"]]
    for chart in told["charts"]:
        same = next((other for other in drawn if other["about"] == chart["about"]), None)
        if same is None:
            yield f"chart: “{chart['about'][:60]}…” is not there"
            continue
        drawn.remove(same)
        if same["drawn"]:
            yield from _tables_of(chart, same)


def _tables_of(chart: dict, drawn: dict) -> Iterator[str]:
    for name, table in chart["tables"].items():
        if name in beside.nothing(
            beside.IDEA
        ):  # of what the reader has answered, which no address says
            continue
        other = drawn["tables"].get(name, {"rows": 0, "columns": {}})
        columns = other["columns"]
        wrong = [
            column
            for column, is_ in table["columns"].items()
            if columns.get(column) != is_ and column != _NUMBER
        ]
        if wrong or table["rows"] != other["rows"]:
            rows = f"{other['rows']} rows for {table['rows']}, " * (other["rows"] != table["rows"])
            yield f"chart “{chart['about'][:40]}…”, {name}: {rows}another {', '.join(wrong)}"
