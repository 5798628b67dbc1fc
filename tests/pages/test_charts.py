"""Every chart builder: a valid, constant spec of explicit channels that renders any frame."""

import json
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import altair as alt
import numpy as np
import pytest
import vl_convert

from pages.concepts.activations import charts as activation_charts
from pages.concepts.activations import data as activation_data
from pages.concepts.chain_rule import charts as chain_charts
from pages.concepts.chain_rule import data as chain_data
from pages.concepts.home import charts as home_charts
from pages.concepts.home import data as home_data
from pages.concepts.initialization.panel import CURVES
from pages.concepts.optimizers import charts as optimizer_charts
from pages.concepts.products import charts as product_charts
from pages.concepts.products import data as product_data
from pages.kit import frames, grammar, live, site, specs, theme
from pages.kit.mode import PRESENTED
from tests.app import ask_for_more_controls, charts, open_page, tables
from tests.panels import PANELS, PATHS

BUILDERS = [
    pytest.param(builder, id=f"{path}.{builder.__name__}")
    for path in PATHS
    for builder in site.builders(path)
]


def spec_of(builder) -> dict:
    """What the builder makes, each made once: to validate a chart takes longer than most tests."""
    return json.loads(_text_of(builder))


@cache
def _text_of(builder) -> str:
    return json.dumps(builder().to_dict())  # which validates


def _columns(spec: dict) -> list[str]:
    """The frame's columns that a builder's docstring or encodings name: enough to render."""
    fields = set()

    def walk(part):
        if isinstance(part, dict):
            for key, value in part.items():
                if key == "field" and isinstance(value, str):
                    fields.add(value)
                walk(value)
        elif isinstance(part, list):
            for value in part:
                walk(value)

    walk(spec)
    return sorted(fields)


def _render(builder, rows: list[dict], **at: float) -> str:
    """The chart as an SVG, its live controls `at` these values."""
    return _drawn(specs.inheriting(spec_of(builder)), rows, **at)


def _drawn(spec: dict, rows: list[dict], **at: float) -> str:
    """All tables of the chart have these rows."""
    text = json.dumps(spec)
    spec = json.loads(text)
    spec["datasets"] = dict.fromkeys(re.findall(r'"data": {"name": "(\w+)"}', text), rows)
    for name, value in at.items():
        (param,) = (param for param in spec["params"] if param["name"] == name)
        param["value"] = value
    spec["data"] = {"values": rows}
    spec["width"] = 600
    return vl_convert.vegalite_to_svg(json.dumps(spec))


@pytest.mark.parametrize("builder", BUILDERS)
def test_builder_is_valid_and_constant(builder):
    text = _text_of(builder)
    assert text == json.dumps(builder().to_dict(validate=False))
    assert builder.__doc__
    assert "aggregate" not in text.replace("joinaggregate", ""), "tidy frames, not aggregation"


@pytest.mark.parametrize("builder", BUILDERS)
def test_a_mark_tells_what_its_tooltip_says_or_nothing(builder):
    for scale in (1.0, PRESENTED):
        config = specs.built(builder, scale)["config"]
        assert config["mark"] == {"tooltip": None, "aria": False}
        assert not config["axis"]["aria"] and not config["legend"]["aria"]
    for encoding in _encodings(spec_of(builder)):
        for told in encoding.get("tooltip", ()):
            title = told.get("title", told["field"])
            assert not re.fullmatch(r"\w*(_|[a-z][A-Z])\w*|d[hz]", title), f"a column: {told}"


def _encodings(spec: dict, shared: dict | None = None) -> Iterator[dict]:
    """What each layer encodes: what its charts share, and over it what it says itself."""
    shared, own = shared or {}, spec.get("encoding", {})
    merged = {name: shared[name] | own[name] for name in shared if "field" in own.get(name, ())}
    if "layer" not in spec:
        yield shared | own | merged
    for layer in spec.get("layer", ()):
        yield from _encodings(layer, shared | own | merged)


@pytest.mark.parametrize("builder", BUILDERS)
def test_builder_has_fixed_domains_and_named_axes(builder):
    found = {"x": [], "y": []}
    for encoding in _encodings(spec_of(builder)):
        for axis, channels in found.items():
            if "field" in encoding.get(axis, {}):
                channels.append(encoding[axis])
    for axis, channels in found.items():
        assert channels, axis
        titled = [c for c in channels if c.get("axis", {}) and c["axis"].get("title")]
        assert titled, f"no title on {axis}"
        for channel in channels:
            if channel["type"] == "quantitative":
                assert "domain" in channel["scale"], f"{channel['field']} has no fixed domain"


@pytest.mark.parametrize("builder", BUILDERS)
@pytest.mark.parametrize("values", [(), (1, None)], ids=["empty", "one row, and not finite"])
def test_builder_renders(builder, values):
    columns = _columns(spec_of(builder))
    rows = [dict.fromkeys(columns, value) for value in values]
    svg = _drawn(specs.built(builder), rows)
    assert svg.startswith("<svg")
    assert "NaN" not in svg


@pytest.mark.parametrize("builder", BUILDERS)
def test_scales_and_axes_are_said_once_for_all_layers(builder):
    def layers(part: dict) -> list[dict]:
        return [leaf for inner in part.get("layer", ()) for leaf in layers(inner)] or [part]

    for layer in layers(spec_of(builder)):
        for channel in ("x", "y"):
            own = layer.get("encoding", {}).get(channel, {})
            assert not own.keys() & {"scale", "axis", "title"}, own


def test_the_mark_that_brings_what_a_live_chart_is_set_to_shares_no_channel():
    vega = vl_convert.vegalite_to_vega(live.wired(product_charts.powers, ("w",)))
    (mark,) = (m for m in vega["marks"] if m.get("from", {}).get("data") == live.PRESENT)
    assert "scale" not in json.dumps(mark["encode"])


MODES = ("light", "dark")
STYLE = Path("pages/kit/style.css")
EQUATION = re.compile(r'\[style\*="rgb\(([\d, ]+)\)"\] \{ color: light-dark\((#\w+), (#\w+)\)')


def test_each_color_means_one_thing_in_light_and_in_dark():
    with pytest.raises(AssertionError):
        grammar.colored(alt.Chart(), "chartreuse")
    config = tomllib.loads(Path(".streamlit/config.toml").read_text("utf-8"))["theme"]
    for mode in MODES:
        hues = config[mode]["chartCategoricalColors"]
        assert len(set(hues)) == len(hues) == len(set(theme.MEANINGS.values()))
    assert set(theme.COMPARED.values()) == {"one", "two", "dark"}
    two = list(theme.MEANINGS).index("two")
    for mode in MODES:  # on paper
        hue = config[mode]["chartCategoricalColors"][two]
        assert f'[stroke="{hue}"]' in STYLE.read_text("utf-8")
        assert f'[fill="{hue}"]' in STYLE.read_text("utf-8")
    turns = {(day, night) for _, day, night in EQUATION.findall(STYLE.read_text("utf-8"))}
    assert turns == set(zip(*(config[m]["chartCategoricalColors"] for m in MODES), strict=True))
    for rgb, day, _ in EQUATION.findall(STYLE.read_text("utf-8")):
        assert bytes(map(int, rgb.split(", "))).hex() == day[1:].lower()


NAMED = {"Sigmoid": "sigmoid", "Tanh": "tanh", "ReLU": "relu"} | {n: n for n in theme.COMPARED}
ALWAYS = {"∏ φ′(z)": "slopes"}


@pytest.mark.parametrize("path", PATHS)
def test_a_thing_that_is_compared_has_its_color_on_every_page(path):
    """In the tables of the charts: a row's name, its color, and the colors of the three curves."""
    at = ask_for_more_controls(open_page(path))
    told = []
    for table in tables(at):
        rows = table.to_pandas()
        pairs = [(f"name{i}", f"hue{i}") for i in (1, 2, 3)]
        pairs += [(key, "meaning") for key in ("name", "label", "series")]
        pairs += [("beside_name", "beside_meaning")]
        for name, color in pairs:
            if {name, color} <= set(rows):
                told += rows[[name, color]].dropna().drop_duplicates().itertuples(index=False)
    for name, color in told:
        if name in ALWAYS:
            assert color == ALWAYS[name], name
        elif name in NAMED:
            # its own, or of what became of it, or gray where others are held against it
            own = theme.COMPARED[NAMED[name]]
            assert color in {own, "vanishing", "healthy", "exploding", "reference"}, name
        assert color in theme.MEANINGS, (name, color)
    if path in {"activations", "training"}:
        assert {color for _, color in told} >= {"one", "two"}


@pytest.mark.parametrize("builder", [home_charts.accuracies, optimizer_charts.curves])
def test_the_chosen_line_is_the_thickest(builder):
    shared = {"share": 0.5, "low": 0.4, "high": 0.6, "says": "50 %", "meaning": "healthy", "row": 0}
    rows = [
        shared | {"step": step, "network": name, "rule": name, "yours": name == "chosen"}
        for name in ("chosen", "other")
        for step in (0, 200)
    ]
    svg = _render(builder, rows)
    lines = re.findall(r'(?:network|rule): (\w+);[^>]*stroke-width="(\d)"', svg)
    assert dict(lines) == {"chosen": "4", "other": "2"}


def test_curves_keep_their_colors_wherever_they_are_chosen():
    assert theme.hues(("tanh", "sigmoid", "relu")) == ("two", "one", "dark")
    assert theme.hues(("gelu", "tanh", "silu")) == ("one", "two", "dark")
    assert theme.hues(("relu", "relu", "elu")) == ("dark", "dark", "one")
    frame = activation_data.slopes(("tanh", "gelu", "sigmoid"), 0.01, ("sigmoid", "xavier"), 0)
    assert list(frame[["hue1", "hue2", "hue3"]].iloc[0]) == ["two", "dark", "one"]
    gauge = dict(CURVES)
    assert gauge == {name: theme.COMPARED[name] for name in ("relu", "tanh", "sigmoid")}


def test_the_ledgers_bars_are_colored_by_what_they_are_not_by_blame():
    """At the best w₂ too, no bar says that something vanished."""
    way = chain_data.way("w1", "all").set_index("factor")["meaning"]
    assert way["slope1"] == way["slope2"] == "slopes" and way["w2"] == "weights"
    assert not set(way) & {"vanishing", "exploding"}
    of = chain_data.Example(w1=2.0, x=1.0, y=0.0)
    frame = chain_data.ledger(of, "w1").set_index("w2")["became"]
    best, _ = chain_data.largest(of)
    assert frame[best] == "healthy" and frame[5.68] == frame[0.0] == "vanishing"
    none = chain_data.ledger(chain_data.Example(w1=2.0, x=0.0, y=0.0), "w1")
    assert set(none["became"]) == {"vanishing"}


def test_a_chart_names_no_color_that_is_not_in_the_table():
    for param in BUILDERS:
        spec = json.dumps(spec_of(param.values[0]), ensure_ascii=False)
        for told in re.findall(r'"calculate": "([^"]*)", "as": "meaning"', spec):
            assert set(re.findall(r"'(\w+)'", told)) <= set(theme.MEANINGS), told


def test_there_are_builders():
    assert len(BUILDERS) >= 4


def test_the_slope_of_relu_jumps_upright():
    """Lines have fewer points than the frame has rows, but not where a slope jumps."""
    frame = activation_data.slopes(("sigmoid", "tanh", "relu"), 0.01, ("sigmoid", "xavier"), 0)
    svg = _render(activation_charts.slopes, json.loads(frame.to_json(orient="records")))
    leans = []
    for path in re.findall(r'd="(M[-\d.,L]+)"', svg):
        points = np.array([point.split(",") for point in re.split("[ML]", path)[1:]], dtype=float)
        if 100 < len(points) < len(frame):  # a line
            steps = np.abs(np.diff(points, axis=0))
            leans += [dx for dx, dy in steps if dy > 50]
    assert len(leans) == 1 and leans[0] < 1.5  # pixels


@pytest.mark.parametrize("activation,layers,w", [("sigmoid", 9, 4.0), ("tanh", 30, -0.5)])
def test_the_gradient_by_depth_goes_through_its_marked_point(activation, layers, w):
    """The chart takes the line from the slopes, the point from the core's gradient."""
    frame = chain_data.depth(activation, layers)
    svg = _render(chain_charts.depth, json.loads(frame.to_json(orient="records")), w=w)
    (line,) = re.findall(r'd="M([-\d.,L]+)"[^>]*stroke-width="3.5"', svg)
    points = np.array([point.split(",") for point in line.split("L")], dtype=float)
    marked = re.findall(r'aria-roledescription="point"[^>]*translate\(([-\d.]+),([-\d.]+)\)', svg)
    (point,) = np.array(marked, dtype=float)
    assert np.abs(points - point).sum(axis=1).min() < 0.5  # pixels


POWERS = [
    pytest.param(page.path, control, id=f"{page.path}.{control.name}")
    for page in site.PAGES
    for control in site.concept(page.path, "panel").PANEL.controls
    if getattr(control, "base", None)
]


@pytest.mark.parametrize("path,control", POWERS)
def test_a_control_in_exponents_says_so_to_who_hears_its_number(path, control):
    said = frames.param(control).param.bind.to_dict()["name"]
    assert said == f"{control.label}, {control.base:g} to the power of "


@pytest.mark.parametrize("path,control", POWERS)
def test_a_control_in_exponents_shows_the_power_itself(path, control):
    """Right above the range input, in words."""
    builders = [b.values[0] for b in BUILDERS if b.id.startswith(f"{path}.")]
    (builder,) = (
        b
        for b in builders
        if control.name in [param["name"] for param in spec_of(b).get("params", ())]
    )
    rows = [dict.fromkeys(_columns(spec_of(builder)), None)]
    for value in (control.low, control.default, control.high, control.values()[1]):
        (power,) = re.findall(
            rf">{re.escape(control.label)} = ([^<]+)<",
            _render(builder, rows, **{control.name: value}),
        )
        assert power == control.shown(value)
        assert _number(power) == pytest.approx(control.base**value, rel=5e-3, abs=0)


def _number(power: str) -> float:
    """1/256, 65,536 and 10⁻⁸ as numbers."""
    raised = re.sub("^10(?=[⁻⁰¹²³⁴⁵⁶⁷⁸⁹])", "1e", power.replace(",", ""))
    of, _, over = raised.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")).partition("/")
    return float(of) / float(over or 1)


@pytest.mark.parametrize("path", PANELS)
def test_a_chart_whose_controls_are_in_exponents_is_known_by_its_key(path):
    panel, found = PANELS[path], 0
    for chart in charts(open_page(path)):
        params = json.loads(chart.spec).get("params", ())
        live_ones = {p["name"] for p in params if "bind" in p} & panel.defaults.keys()
        in_powers = {bool(panel[name].base) for name in live_ones}
        assert in_powers == ({".in-powers" in chart.id} if live_ones else set())
        found += len(live_ones)
    assert found


# Axes in powers of ten -------------------------------------------------------------------------


def _is_in_powers(spec: dict) -> bool:
    return "'10'" in (spec["encoding"].get("y", {}).get("axis") or {}).get("labelExpr", "")


# Charts of packed lines say of an exact 0 in words of their own where it has gone.
SAY_IT = {
    "activations.asked": "",  # below: there is none
    "chain_rule.depth": "datum.sign == 0 ? '0'",
    "chain_rule.ledger": "nothing is left",
    "chain_rule.split": '{"name": "lost"}',
    "frameworks.gradients": "datum.beyond",
    "home.gradients": "",
    "initialization.gradients": "isValid(datum.dead)",
    "memory.gates": "isFinite(datum.kept)",
    "memory.through_time": "isFinite(datum.gradient)",
    "memory.touchy": "isFinite(datum.plain)",
    "optimizers.floors": "isFinite(datum.move)",
    "precision.asked": "",
    "products.powers": " is 0'",
    "shortcuts.blocks": "dh_says",
}


@pytest.mark.parametrize("name,builder", [(p.id, p.values[0]) for p in BUILDERS])
def test_a_log_axis_says_where_it_has_no_place_for_a_number(name, builder):
    """0 and subnormal numbers stand at the foot with their names, infinity at the head; the log of
    a negative nowhere."""
    spec = spec_of(builder)
    if not _is_in_powers(spec):
        assert name not in SAY_IT
        return
    if name in SAY_IT:
        assert SAY_IT[name] in json.dumps(spec, ensure_ascii=False)
        return
    (field,) = set(re.findall(r"isNumber\(datum\.(\w+)\)", json.dumps(spec)))
    rows = [dict.fromkeys(_columns(spec), 1) | {"name": "one"}]
    where = {}
    off = {"-1 / 0": "0", "1 / 0": "∞", "0 / 0": "", "-5e-324": ""}
    low = spec["encoding"]["y"]["scale"]["domain"][0]
    reaches_them = isinstance(low, float | int) and low < grammar.SUBNORMAL
    words = "0|∞|subnormal"
    off |= dict.fromkeys(("-307.7", "-323.3"), "" if reaches_them else "subnormal")
    for value, word in off.items():
        # JSON has no infinity: it is calculated, for all layers
        spec["transform"] = [{"calculate": value, "as": field}]
        svg = _drawn(specs.inheriting(spec), rows)
        found = re.findall(rf'translate\([-\d.]+,([-\d.]+)\)"[^>]*>({words})</text>', svg)
        assert {text for _, text in found} <= {word, "0"}, "axes have a 0"
        named = [float(y) for y, text in found if text == word]
        if word:
            assert named, (value, "is not named")
            where[word] = min(named) if word == "∞" else max(named)
        drawn = re.sub(r'aria-label="[^"]*"', "", svg)
        assert "NaN" not in drawn and "Infinity" not in drawn
    assert where["∞"] < 60 < 150 < where["0"], "0 at the foot, infinity at the head"
    assert reaches_them or where["subnormal"] == where["0"]


@pytest.mark.parametrize("path", dict.fromkeys(name.split(".")[0] for name in SAY_IT))
def test_packed_lines_have_no_subnormal_numbers(path):
    """Of those that say an exact 0 in words of their own."""
    for table in tables(open_page(path)):
        for column in table.to_pandas().select_dtypes(["object", "string"]):
            for text in table.to_pandas()[column].dropna().astype(str).unique():
                numbers = [float(t) for t in text.split() if re.fullmatch(r"-?\d+\.\d+", t)]
                assert all(x > grammar.SUBNORMAL or x == -999 for x in numbers), (column, text)


@pytest.mark.parametrize("network", home_data.NETWORKS)
def test_the_main_chart_of_home_has_no_number_off_its_kind_of_axis(network):
    found = home_data.drag(network, None)
    for sizes in (found.median, found.low, found.high, found.slopes):
        assert np.isfinite(sizes).all()


def test_what_the_questions_ask_about_is_never_exactly_0():
    activations = site.concept("activations", "data")
    for seed in range(5):
        assert np.isfinite(activations.asked_by_layer(seed)["log10"]).all()
    assert np.isfinite(site.concept("precision", "data").asked()["log10"]).all()


def test_an_exact_zero_of_a_page_reaches_its_chart():
    """Not dropped on the way: a slope that rounds to 0, a power of 0, a dead layer."""
    slopes = site.concept("precision", "data").slopes("float16", "sigmoid")
    assert (slopes.loc[slopes["says"] == "0", "log10"] == -np.inf).sum() > 10
    powers = site.concept("precision", "data").power(0.0)["frame"]
    assert list(powers["log10"][:3]) == [0.0, -np.inf, -np.inf]


def _titles(part, channel: str) -> Iterator[str]:
    """Each line of the titles of an axis."""
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    if isinstance(part, dict) and isinstance(said := part.get(channel), dict):
        title = (said.get("axis") or {}).get("title") or []
        yield from [title] if isinstance(title, str) else title
    for each in inner:
        yield from _titles(each, channel)


@pytest.mark.parametrize("name,builder", [(p.id, p.values[0]) for p in BUILDERS])
def test_an_axis_of_layers_says_which_way_the_gradient_travels(name, builder):
    """Toward the input, and that is to the left, but in the order of the chain rule's factors."""
    lines = list(_titles(spec_of(builder), "x"))
    of_layers = any(re.match("(hidden )?layer|after block|steps back", line) for line in lines)
    if of_layers and name != "initialization.activations":  # whose signal goes forward
        assert any("←" in line and "gradient" in line for line in lines), lines
    assert any("→" in line for line in lines) == (name == "chain_rule.ledger")
    if name == "chain_rule.ledger":
        assert any("the other way: ←" in line for line in lines)


@pytest.mark.parametrize("builder", BUILDERS)
def test_a_narrow_phone_has_room_for_the_words_on_its_horizontal_axis(builder):
    """On 320 pixels some 43 letters of them stand in a line."""
    for line in _titles(spec_of(builder), "x"):
        assert len(line) <= 43, line


@pytest.mark.parametrize(
    "phi,w,names",
    [
        ("selu", 0.6, {"1.6ⁿ", "∏ w·φ′(z)"}),
        ("softplus", 1.5, {"0.6ⁿ", "∏ w·φ′(z)"}),
        ("selu", 1.0, {"0.6ⁿ", "1.6ⁿ", "∏ w·φ′(z)"}),
        ("identity", 0.6, {"0.6ⁿ", "1.6ⁿ"}),
    ],
)
def test_a_name_of_another_base_stands_where_no_lines_name_does(phi, w, names):
    row = product_data.powers(phi).query("w == @w").astype(object)
    rows = row.where(row.notna(), None).to_dict("records")
    svg = _render(product_charts.powers, [row | {"n": 15} for row in rows], w=w)
    assert set(re.findall(r"0\.6ⁿ|1\.6ⁿ|∏ w·φ′\(z\)", svg)) == names
