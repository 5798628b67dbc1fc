"""The import rules of the house, read from the source: arrows point one way."""

import ast
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MARKUP = {"unsafe_allow_html", "unsafe_allow_javascript"}
RAW_HTML_CALLS = {"html", "iframe"}
SHORTHAND_TYPES = (":Q", ":N", ":O", ":T", ":G")


def sources(*folders):
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def module_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(source, module=""):
    """Names of the modules that a source imports, relative imports resolved against `module`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = module.split(".")[: -node.level] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            # `from pages import home` imports the module pages.home.
            yield from (f"{stem}.{alias.name}" for alias in node.names)


def under(name, package):
    return name == package or name.startswith(package + ".")


def is_page(name):
    inside = any(under(name, f"pages.{room}") for room in ("kit", "concepts", "classroom"))
    return under(name, "pages") and name != "pages" and not inside


def file_of(module):
    """The file of one of our own modules, or of the module that a name is taken from."""
    for name in (module, module.rpartition(".")[0]):
        stem = ROOT.joinpath(*name.split("."))
        for file in (stem.with_suffix(".py"), stem / "__init__.py"):
            if name and file.is_file():
                return file
    return None


@cache
def needed_by(path):
    return tuple(imports(path.read_text("utf-8"), module_of(path)))


def all_that_is_imported(path, seen=None):
    """Names of the modules that a file needs, and those that these need, of our own code."""
    seen = set() if seen is None else seen
    for name in needed_by(path):
        if name not in seen:
            seen.add(name)
            own = under(name, "core") or under(name, "pages")
            if own and (file := file_of(name)):
                all_that_is_imported(file, seen)
    return seen


def strings(node):
    constants = (n.value for n in ast.walk(node) if isinstance(n, ast.Constant))
    return [value for value in constants if isinstance(value, str)]


def calls(tree):
    """(name, node) of each call of an attribute: "html" for st.html(…)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr, node


def raw_html(source):
    """What writes markup into the page. A stylesheet of our own is let through: `st.html(NAME)`,
    where NAME is a constant of the module that names a .css file."""
    tree = ast.parse(source)
    stylesheets = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign) and any(s.endswith(".css") for s in strings(node.value))
        for target in node.targets
    }
    for name, node in calls(tree):
        argument = node.args[0] if len(node.args) == 1 and not node.keywords else None
        is_stylesheet = isinstance(argument, ast.Name) and argument.id in stylesheets
        if name in RAW_HTML_CALLS and not is_stylesheet:
            yield ast.unparse(node)
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in MARKUP:
            yield node.arg
        elif isinstance(node, ast.Constant) and node.value in MARKUP:
            yield repr(node.value)


def shorthand(source):
    """Channels given as text: a string is parsed each time, and hides what the type is."""
    tree = ast.parse(source)
    yield from (repr(text) for text in strings(tree) if text.endswith(SHORTHAND_TYPES))
    for name, node in calls(tree):
        if name != "encode":
            continue
        given = [("a position", argument) for argument in node.args]
        given += [(keyword.arg, keyword.value) for keyword in node.keywords]
        for channel, value in given:
            if isinstance(value, ast.Constant):
                yield f"{channel}: {value.value!r}"


def name_of(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", sources("core"), ids=name_of)
def test_core_imports_numpy_and_the_standard_library(path):
    allowed = {*sys.stdlib_module_names, "numpy", "core"}
    names = set(imports(path.read_text("utf-8"), module_of(path)))
    assert {name for name in names if name.split(".")[0] not in allowed} == set()


@pytest.mark.parametrize("path", sources("pages"), ids=name_of)
def test_nothing_imports_an_article(path):
    names = set(imports(path.read_text("utf-8"), module_of(path)))
    assert {name for name in names if is_page(name)} == set()


@pytest.mark.parametrize("path", sources("pages/kit"), ids=name_of)
def test_the_kit_knows_no_concept(path):
    names = set(imports(path.read_text("utf-8"), module_of(path)))
    assert {name for name in names if under(name, "pages.concepts")} == set()


@pytest.mark.parametrize("path", sources("pages", "core"), ids=name_of)
def test_no_page_knows_of_a_class(path):
    names = set(imports(path.read_text("utf-8"), module_of(path)))
    known = {name for name in names if under(name, "pages.classroom")}
    assert not known or path.parent.name == "classroom"


@pytest.mark.parametrize("path", sources("pages/concepts"), ids=name_of)
def test_a_concept_knows_of_another_only_its_controls(path):
    own = ".".join(module_of(path).split(".")[:3])
    for name in imports(path.read_text("utf-8"), module_of(path)):
        if under(name, "pages.concepts") and not under(name, own):
            assert name.split(".")[3:4] == ["panel"], name


ARTICLES = [path for path in sources("pages") if path.parent == ROOT / "pages"]


@pytest.mark.parametrize("path", ARTICLES, ids=name_of)
def test_an_article_imports_its_own_concept(path):
    for name in imports(path.read_text("utf-8"), module_of(path)):
        if under(name, "pages.concepts"):
            assert name.split(".")[2] == path.stem or name.split(".")[3:4] == ["panel"], name


@pytest.mark.parametrize("path", ARTICLES, ids=name_of)
def test_an_article_is_short_and_begins_with_what_it_draws(path):
    if path.name == "__init__.py":
        return
    source = path.read_text("utf-8")
    lines = source.count("\n")
    assert lines <= 250
    drawn = (n for n in ast.parse(source).body if DRAWS & {name for name, _ in calls(n)})
    first = next(node for node in drawn if "page.header" not in ast.unparse(node))
    assert first.lineno <= 0.15 * lines


DRAWS = {"show", "write", "size", "choice", "draw"}


KNOW_STREAMLIT = {
    *("lab", "turns"),  # they keep what a session and what the process has
    *("buttons", "looks", "autopsy"),  # they draw parts of the lab, which is no article alone
}


@pytest.mark.parametrize(
    "path", [p for p in sources("pages/concepts") if p.stem not in KNOW_STREAMLIT], ids=name_of
)
def test_below_the_article_only_what_draws_knows_streamlit(path):
    needed = all_that_is_imported(path)
    assert {name for name in needed if under(name, "streamlit")} == set()


@pytest.mark.parametrize("path", [ROOT / "app.py", *sources("pages", "core")], ids=name_of)
def test_no_raw_html(path):
    assert list(raw_html(path.read_text("utf-8"))) == []


@pytest.mark.parametrize("path", sources("pages"), ids=name_of)
def test_channels_are_explicit_objects(path):
    assert list(shorthand(path.read_text("utf-8"))) == []


@pytest.mark.parametrize("path", sources("core", "pages"), ids=name_of)
def test_there_is_no_drawer_for_everything(path):
    assert path.stem not in {"utils", "helpers", "common", "misc"}


# The rules themselves ----------------------------------------------------------------------


def test_the_rules_see_what_they_forbid():
    assert set(imports("import streamlit as st\nfrom scipy.special import erf")) == {
        "streamlit",
        "scipy.special.erf",
    }
    assert list(imports("from . import products", "pages.home")) == ["pages.products"]
    assert list(imports("from ..home import show", "pages.kit.page")) == ["pages.home.show"]
    assert is_page("pages.home.show") and not is_page("pages.kit.theme.BLUE")
    assert not is_page("pages.concepts.home.panel.PANEL")
    assert "streamlit" in all_that_is_imported(ROOT / "pages/kit/page.py")
    assert "streamlit" in all_that_is_imported(ROOT / "pages/products.py")
    assert list(raw_html("st.markdown(text, unsafe_allow_html=True)")) == ["unsafe_allow_html"]
    assert list(raw_html("st.html(text)")) == ["st.html(text)"]
    assert list(raw_html("show(**{'unsafe_allow_html': True})")) == ["'unsafe_allow_html'"]
    style = "STYLE = Path(__file__).with_name('style.css')\n"
    assert list(raw_html(f"{style}st.html(STYLE)")) == []
    assert list(raw_html(f"{style}st.html(STYLE + text)")) == ["st.html(STYLE + text)"]
    assert list(shorthand("base.encode(x='a', y='b')")) == ["x: 'a'", "y: 'b'"]
    assert list(shorthand("base.encode('a')")) == ["a position: 'a'"]
    assert list(shorthand("base.encode(x=alt.X(field='a', type='quantitative'))")) == []
    assert list(shorthand("alt.X('a:Q')")) == ["'a:Q'"]
