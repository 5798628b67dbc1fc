"""How a script of the site ends."""

from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.classroom import around
from tests.app import open_page


def test_a_script_that_is_overtaken_at_its_end_leaves_the_newer_ones_fragments(monkeypatch):
    """The newer one has drawn its first, while this one has nothing more to draw."""
    found = []

    def overtaken():
        context = get_script_run_ctx()
        context.fragment_storage.register("newer", print)
        context.script_requests.request_stop()
        found.append(context.fragment_storage)

    monkeypatch.setattr(around, "draw", overtaken)
    open_page("products")
    (fragments,) = found
    assert fragments.contains("newer")
