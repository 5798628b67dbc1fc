"""The app as AppTest sees it: open a page, by a link or without one."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[1]


def open_page(path: str, **query: str) -> AppTest:
    """The page at this path after its first run, its address carrying `query`."""
    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for key, value in query.items():
        at.query_params[key] = value
    at.switch_page(f"pages/{path}.py").run()
    assert not at.exception, at.exception
    return at


def prose(at: AppTest) -> str:
    """All the words of the page, in order."""
    return "\n".join(
        block.value for kind in ("markdown", "caption", "latex") for block in at.get(kind)
    )


def charts(at: AppTest) -> list:
    """The page's charts as the browser gets them."""
    return [element.proto for element in at.get("vega_lite_chart")]
