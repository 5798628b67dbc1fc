"""Every page of the site, run as a reader's session: presets, ends of controls, links."""

import io
import re
from functools import cache
from itertools import cycle
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from pages.kit import address, page, site
from pages.kit.panels import Choice, Range
from tests.app import (
    charts,
    choose_preset,
    link,
    open_page,
    prose,
    set_to,
    set_value,
    title,
    values_of,
    widget_of,
    widgets,
)
from tests.pages.test_sentences import check as check_sentences
from tests.panels import PANELS, PATHS

PARTS = ("panel", "data", "charts", "first")  # of every concept
HOSTILE = [
    "abc",
    "",
    "NaN",
    "inf",
    "-1e400",
    "9" * 5000,
    "0.123456789",
    "<script>alert(1)</script>",
    "${7*7}",
    "😀\u202e",
    "None",
    "[1,2]",
]


untouched = cache(open_page)  # for tests that look at a page, and move nothing


def concept_of(path: str) -> Path:
    return Path(site.__file__).parents[1] / "concepts" / path


@pytest.mark.parametrize("path", PATHS)
def test_page_stands_alone_in_its_navigation(path):
    at = untouched(path)
    assert title(at) == site.info(path).title
    assert charts(at), "a page without a chart"


@pytest.mark.parametrize("path", PATHS)
def test_every_chart_is_described_in_words(path):
    for chart in charts(untouched(path)):
        assert len(chart.alt) > 40
        powers_of_ten = "'10' +" in chart.spec
        assert not powers_of_ten or "log" in chart.alt.lower(), chart.alt


@pytest.mark.parametrize("path", PATHS)
def test_every_widget_stands_in_a_fragment(path):
    """So that what a page that was left still says is dropped, and draws nothing."""
    at = untouched(path)
    state = at.session_state._state._state
    known, ids = state._new_widget_state.widget_metadata, {w.proto.id for w in widgets(at)}
    assert ids and {id for id in ids if not known[id].fragment_id} == set()


@pytest.mark.parametrize("path", PATHS)
def test_what_the_first_picture_shows_is_said_before_it_and_what_to_drag(path):
    said, here = prose(untouched(path)), site.info(path)
    assert said.index(here.claim) < said.index(here.picture) < said.index("**Predict first.**")
    live = next(c for c in PANELS[path].controls if isinstance(c, Range) and c.live)
    name = live.label.removeprefix("threshold ").removeprefix("branch factor ").lower()
    bare = here.picture.replace("*", "").partition("Drag")[2].lower()
    assert re.search(rf"(?<!\w){re.escape(name)}(?!\w)", bare), "by its name, as a word"


@pytest.mark.parametrize("path", PATHS)
def test_the_question_and_the_idea_come_before_the_presets_that_try_it(path):
    at = untouched(path)
    said = prose(at)
    assert said.index("**Predict first.**") < said.index("## The idea")
    order = [element for element in at.main if element.type in ("markdown", "button_group")]
    idea = next(i for i, e in enumerate(order) if "## The idea" in str(e.value))
    rows = [i for i, e in enumerate(order) if ".preset" in (e.key or "")]
    assert rows and idea < rows[0]


@pytest.mark.parametrize("path", PATHS)
def test_what_to_keep_stands_at_the_pages_foot_and_leads_on(path):
    said, here = prose(untouched(path)), site.info(path)
    assert said.count("**What to keep:**") == 1
    assert said.index(f"**What to keep:** {here.keep}") > said.index("## The fine print")
    assert len(here.keep.split()) <= 30
    assert ("Next" in here.keep) == bool(site.neighbors(path)[1])
    claimed, kept = (set(re.findall(r"\w{4,}", text.lower())) for text in (here.claim, here.keep))
    assert len(claimed & kept) <= len(claimed) / 3, "the claim once more"
    assert "**What to keep:**" not in prose(open_page(path, present="1")), "no links to pages there"


@pytest.mark.parametrize("path", PATHS)
def test_no_chart_follows_a_heading_without_a_sentence(path):
    """What a picture is about is said before it."""
    bare = False
    for element in untouched(path).main:
        if element.type == "markdown":
            bare = bool(re.search(r"^## .*\Z", element.value.strip(), re.M))
        assert not (bare and element.type == "vega_lite_chart"), "a heading, and then a chart"


@pytest.mark.parametrize("path", PATHS)
def test_prose_is_short(path):
    text = re.sub("## Words\n.*?\n[^-]", "", prose(untouched(path)), flags=re.S)
    about_the_picture = re.findall(r"\w+", site.info(path).picture)
    assert len(about_the_picture) <= 40
    # 900 words of prose and the numbers in it
    assert len(re.findall(r"\w+", text)) - len(about_the_picture) < 1100


@pytest.mark.parametrize("path", PATHS)
def test_preset_sets_what_it_says(path):
    """Each of them, one after the other, whatever the one before has set."""
    at, panel = open_page(path), PANELS[path]
    for preset in panel.presets:
        choose_preset(at, preset.name)
        assert not at.exception, preset.name
        for name, value in preset.values.items():
            assert set_to(at, panel.key(name)) == value, (preset.name, name)
            assert panel[name].parse(value) == value, "a preset outside its own control"
        words = prose(at)
        check_sentences(words, preset.name)
        assert f"{preset.comment} See " in words, "where is it to be seen?"
        assert preset.verdict in ("good", "bad", "trap")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("first", range(0, len(HOSTILE), 4))
def test_hostile_link_gives_allowed_values_and_is_not_echoed(path, first):
    panel, raws = PANELS[path], HOSTILE[first:] + HOSTILE[:first]
    query = {panel.key(c.name): raw for c, raw in zip(panel.controls, cycle(raws), strict=False)}
    at = open_page(path, **query, evil=raws[-1])
    for control in panel.controls:
        value = set_to(at, panel.key(control.name))
        assert control.parse(value) == value
    words = prose(at)
    assert "The link asked for a value that this page does not have." in words
    assert "evil" not in at.query_params
    assert not [raw for raw in raws if len(raw) > 5 and raw[:30] in words]


@pytest.mark.parametrize("path", PATHS)
def test_link_restores_the_whole_state(path):
    panel = PANELS[path]
    wanted = {
        panel.key(control.name): control.high
        if isinstance(control, Range)
        else list(control.options)[-1]
        for control in panel.controls
    }
    at = open_page(path, **{key: str(value) for key, value in wanted.items()})
    for key, value in wanted.items():
        assert set_to(at, key) == value
    told = link(at, path)
    assert told == address.query(panel, {c.name: wanted[panel.key(c.name)] for c in panel.controls})
    again = open_page(path, **told)
    for key, value in wanted.items():
        assert set_to(again, key) == value
    assert "does not have" not in prose(again)


@pytest.mark.parametrize("path", PATHS)
def test_link_writes_defaults_too(path):
    told = link(open_page(path), path)
    assert told.keys() == {PANELS[path].key(control.name) for control in PANELS[path].controls}


@pytest.mark.parametrize("path", PATHS)
def test_more_opens(path):
    at = open_page(path)

    def drawn() -> tuple:
        return prose(at), len(charts(at)), len(at.code), len(at.get("download_button"))

    closed = drawn()
    for name in widget_of(at, f"{path}.more").options:
        widget_of(at, f"{path}.more").set_value(name).run()
        assert not at.exception
        if name == "The data":
            assert at.get("download_button"), "the data cannot be taken away"
        elif name == "The NumPy that ran":
            assert any("def " in block.value for block in at.code), "the NumPy is not shown"
        else:
            assert drawn() != closed, name
        widget_of(at, f"{path}.more").set_value(None).run()
        assert drawn() == closed


@pytest.mark.parametrize("path", PATHS)
def test_charts_keep_their_spec_while_the_data_change(path):
    panel = PANELS[path]
    at = open_page(path)
    before = [chart.spec for chart in charts(at)]
    for control in panel.controls:
        if control.name in ("view", "steps"):
            continue  # another view is another chart, and other steps another scrubber
        if isinstance(control, Choice):
            set_value(at, panel.key(control.name), list(control.options)[-1])
        elif not control.live:
            set_value(at, panel.key(control.name), control.high)
    at.run()
    assert not at.exception
    assert [chart.spec for chart in charts(at)] == before


@pytest.mark.parametrize("path", PATHS)
def test_every_table_that_a_chart_draws_is_sent_with_it(path):
    for chart in charts(untouched(path)):
        drawn = set(re.findall(r'"data": ?{"name": ?"(\w+)"}', chart.spec))
        assert drawn == {dataset.name for dataset in chart.datasets} and drawn


def test_site_lists_files_that_exist_and_no_address_twice():
    assert len(set(PATHS)) == len(PATHS)
    for entry in site.PAGES:
        assert Path(site.__file__).parents[2].joinpath(entry.file).is_file()
        assert set(PARTS) <= {name.stem for name in concept_of(entry.path).glob("*.py")}
    listed = {f"{path}.py" for path in PATHS}
    files = {file.name for file in Path(site.__file__).parents[1].glob("*.py")} - {"__init__.py"}
    assert files == listed, "a page that the navigation does not offer"


def test_neighbors_walk_the_whole_site():
    walked, here = [], PATHS[0]
    while here:
        walked.append(here)
        after = site.neighbors(here)[1]
        here = after.path if after else None
    assert walked == PATHS
    assert site.neighbors(PATHS[0])[0] is None


def test_a_stranger_in_an_otherwise_right_link_is_dropped():
    at = open_page("products", products_w="0.7", evil="1")
    assert "evil" not in at.query_params
    assert set_to(at, "products_w") == 0.7
    assert "does not have" not in prose(at)


def test_a_link_names_options_by_their_labels():
    at = open_page("products", products_activation="leaky_relu")
    assert set_to(at, "products_activation") == "leaky_relu"
    told = link(at, "products")
    label = PANELS["products"]["activation"].options["leaky_relu"]
    assert told["products_activation"] == label != "leaky_relu"


@pytest.mark.parametrize("path", PATHS)
def test_reset_sets_every_control_to_its_default(path):
    panel = PANELS[path]
    query = {
        panel.key(c.name): panel[c.name].text(c.high if hasattr(c, "high") else [*c.options][-1])
        for c in panel.controls[:3]
    }
    at = open_page(path, **query)
    assert values_of(at, path) != panel.defaults
    at.button(key=f"{path}.reset_all").click().run()
    assert values_of(at, path) == panel.defaults
    assert not at.exception


@pytest.mark.parametrize("path", PATHS)
def test_what_is_taken_away_opens_as_a_tidy_table(path, monkeypatch):
    """A unit in each header, one value in each cell, and the mark that spreadsheets look for."""
    taken = []
    real = page.st.download_button

    def button(label, make, **how):
        if how["mime"] == "text/csv":
            taken.append(make())
        return real(label, make, **how)

    monkeypatch.setattr(page.st, "download_button", button)
    at = open_page(path)
    at.session_state[f"{path}.more"] = "The data"
    at.run()
    assert not at.exception and taken
    for text in taken:
        assert text.startswith(b"\xef\xbb\xbf")
        table = pd.read_csv(io.BytesIO(text), encoding="utf-8-sig")
        assert all(re.fullmatch(r"\S+ \[[^\[\]]+\]", header) for header in table), list(table)
        for header, column in table.select_dtypes(exclude="number").items():
            if header.startswith("version"):
                continue  # of a library, and of what it runs on
            several = (
                column.dropna().astype(str).str.fullmatch(r"(-?[\d.e+-]+|x)( (-?[\d.e+-]+|x))+")
            )
            assert not several.any(), header
        assert not table.duplicated().any()


@pytest.mark.parametrize("path,name,to", [("products", "w", 1.2), ("training", "a_depth", 3)])
def test_a_file_is_of_the_values_at_the_press(path, name, to, monkeypatch):
    """What is pressed is the button that was drawn before a value changed."""
    makers = []
    monkeypatch.setattr(page, "file", lambda label, make, *how: makers.append(make))
    at = open_page(path)
    at.session_state[f"{path}.more"] = "The data"
    at.run()
    before = makers[0]()
    set_value(at, PANELS[path].key(name), to)
    assert len(makers) == 1 and makers[0]() != before


@pytest.mark.parametrize("path", PATHS)
def test_no_button_for_a_file_is_drawn_anew_when_a_value_changes(path):
    """It would forget a press that came just before."""
    at = open_page(path)
    rows = [row for row in at.get("button_group") if row.key.endswith((".more", ".class"))]
    found = 0
    for row in rows:
        for choice in row.options:
            at.session_state[row.key] = choice
            at.run()
            if at.get("download_button"):
                found += 1
                assert at.session_state["values"].notes[row.key].read == {}, choice
        at.session_state[row.key] = None
    assert found == 2 + (path == "training")  # the data, the cards; the scripts


@pytest.mark.parametrize("path", PATHS)
def test_the_frameworks_own_tables_and_boxes_round_no_number_away(path):
    """They show four decimals, or two: so numbers in tables are texts, and boxes have a format."""
    at = open_page(path)
    (row,) = (row for row in at.get("button_group") if row.key.endswith(".more"))
    for choice in row.options:
        at.session_state[row.key] = choice
        at.run()
        for table in [*at.get("table"), *at.get("arrow_data_frame")]:
            rows = table.value.reset_index(drop=True)
            fractions = rows.select_dtypes("floating").columns
            assert not len(fractions), (choice, list(fractions))
    for control in PANELS[path].controls:
        if not isinstance(control, Range):
            continue
        boxed = control.live or control.seed
        decimals = control.decimals if boxed or control.whole else 2  # a slider's own
        for value in control.values():
            assert control.base or float(f"{value:.{decimals}f}") == value, control.name


def test_what_a_chart_reads_out_is_sent_with_the_digits_for_it():
    """A log₁₀ of two decimals is fine to draw; as a number it is off by a percent."""
    found = set()
    for path in PATHS:
        for chart in charts(untouched(path)):
            read_out = set(re.findall(r"pow\(10, \(?datum\.(\w+)\)", chart.spec))
            packed = read_out & set(re.findall(r"split\(datum\.(\w+), ' '\)", chart.spec))
            for dataset in chart.datasets:
                table = pa.ipc.open_stream(dataset.data.data).read_all()
                for column in packed & set(table.column_names):
                    found.add((path, column))
                    numbers = " ".join(table[column].to_pylist()).split(" ")
                    assert all(n == "x" or len(n.partition(".")[2]) >= 6 for n in numbers), column
    assert {path for path, _ in found} >= {"home", "initialization", "frameworks", "memory"}, found


@pytest.mark.parametrize(
    ("path", "name", "says"),
    [
        ("clipping", "limit", "*c* = {}:"),
        ("shortcuts", "r", "*r* = {})"),
        ("initialization", "g", "At σ√*n* = {} a layer"),
        ("optimizers", "e", "ε = {} "),
    ],
)
def test_a_control_of_powers_has_the_same_digits_in_the_words(path, name, says):
    panel = PANELS[path]
    for value in (panel[name].low, panel[name].values()[3], panel[name].high):
        words = prose(open_page(path, **{panel.key(name): str(value)}))
        assert says.format(panel[name].shown(value)) in words, value


@pytest.mark.parametrize("path", PANELS)
def test_a_menu_is_as_wide_as_its_longest_option(path):
    """Half a phone holds 18 characters."""
    drawn = [widget.key for widget in open_page(path).selectbox]
    for control in PANELS[path].controls:
        if isinstance(control, Choice) and control.menu:
            long = max(map(len, control.options.values())) > 18
            keys = [key for key in drawn if key.startswith(PANELS[path].key(control.name))]
            assert all(("-wide-" in key) == long for key in keys)
