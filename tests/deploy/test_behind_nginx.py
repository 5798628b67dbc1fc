"""Two replicas behind nginx, in Chromium and without: what readers and strangers get."""

import asyncio
import http.client
import os
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import pytest
import websockets

from pages.kit import site as pages
from tests.browser.test_training import LONG, await_step, button
from tests.deploy.conftest import deployed

pytestmark = pytest.mark.browser
PATHS = ["home"]  # one policy for all pages
HEADERS = (
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "Referrer-Policy",
    "Cross-Origin-Opener-Policy",
    "Permissions-Policy",
)


def ask(site, path: str, method: str = "GET", **headers: str):
    """An answer's status, headers and body."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, answer.headers, body


def cookie_of(tab) -> str:
    """Which replica the reader is told to come back to."""
    return next(c["value"] for c in tab.page.context.cookies() if c["name"] == "replica")


def script(site) -> str:
    return "/" + re.search(rb'src="\./(static/js/index\.[^"]+)"', ask(site, "/")[2])[1].decode()


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_sound_under_the_policy(path, site, reader):
    tab = reader().goto(f"{site.address}/{path}")
    assert tab.page.locator("h1").inner_text() == pages.info(path).title
    assert tab.page.evaluate("document.fonts.ready.then(() => document.fonts.size)") > 0
    tab.assert_sound()


def test_a_live_drag_ends_in_the_address(site, reader):
    tab = reader().goto(f"{site.address}/products")
    handle = tab.page.locator("input[name=w]").first
    handle.scroll_into_view_if_needed()
    handle.focus()
    for _ in range(5):
        tab.page.keyboard.press("ArrowRight")
    for _ in range(100):
        if "products_w=" in tab.page.url:
            break
        tab.page.wait_for_timeout(100)
    assert "products_w=" in tab.page.url
    tab.assert_sound()


def test_it_trains(site, reader):
    tab = reader()
    tab.page.goto(f"{site.address}/training?{LONG}")  # by a link, it begins by itself
    await_step(tab, 0)
    button(tab, "Pause training").click()
    tab.assert_sound()


def test_a_download_comes_from_the_process_that_made_it(site, reader):
    for number in "12":
        tab = reader()
        cookie = {"name": "replica", "value": number, "url": site.address}
        tab.page.context.add_cookies([cookie])
        tab.goto(f"{site.address}/products")
        assert cookie_of(tab) == number
        more = tab.page.locator("[data-testid=stButtonGroup]", has_text="More")
        more.locator("[role=radio]", has_text="The data").click()
        tab.settle()
        with tab.page.expect_download(timeout=20_000) as begun:
            tab.page.get_by_text("Data as CSV").first.click()
        assert "," in begun.value.path().read_text().splitlines()[0]


def test_readers_of_one_address_are_spread_and_come_back_to_their_replica(site, reader):
    told = [ask(site, "/products")[1]["Set-Cookie"].split(";")[0] for _ in range(40)]
    assert 8 <= told.count("replica=1") <= 32 and len(set(told)) == 2
    for number in "12":
        for _ in range(5):  # the cookie is right as it is
            assert ask(site, "/products", Cookie=f"replica={number}")[1]["Set-Cookie"] is None


@pytest.mark.parametrize("path", ["/", "/products", "/static/none.js", "/_stcore/health", "SCRIPT"])
def test_headers_are_on_every_answer(path, site):
    status, headers, _ = ask(site, script(site) if path == "SCRIPT" else path)
    assert status == (404 if "none" in path else 200)
    for name in HEADERS:
        assert len(headers.get_all(name, [])) == 1, (name, headers.get_all(name))
    assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
    assert "nginx/" not in headers["Server"]


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/products/extra", "/products"),
        ("/products/a/b/?products_w=0.9&x=1", "/products?products_w=0.9&x=1"),
        ("/products//other.example.org/", "/products"),
        ("//other.example.org/x", None),  # which a browser would take for another host
        ("/%2F%2Fother.example.org/x", None),
        ("/a%0D%0Ab/x", None),
        ("/products", None),
        ("/products/_stcore/health", None),  # asked for before each page, in vain
    ],
)
def test_beneath_a_page_is_the_way_to_it_and_to_nowhere_else(path, to, site):
    status, headers, _ = ask(site, path, Host="any.example.org")
    assert headers["Location"] == to and (status == 302) == (to is not None)


def test_a_path_beneath_a_page_opens_it_as_its_query_says(site, reader):
    tab = reader().goto(f"{site.address}/products/extra?products_w=0.9")
    assert urlsplit(tab.page.url).path == "/products"
    assert tab.page.get_by_label("w", exact=True).input_value() == "0.90"
    tab.assert_sound()


def test_files_are_kept_and_small_and_pages_are_not_kept(site):
    _, headers, small = ask(site, script(site), **{"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip" and "immutable" in headers["Cache-Control"]
    _, plain_headers, plain = ask(site, script(site))
    assert "Content-Encoding" not in plain_headers and len(small) < 0.4 * len(plain)
    assert "immutable" not in ask(site, "/products")[1]["Cache-Control"]
    assert ask(site, "/static/none.js")[1]["Cache-Control"] is None


@pytest.mark.parametrize("name", ["metrics", "agent/mcp", "script-health-check"])
def test_what_no_reader_needs_is_not_there(name, site):
    assert ask(site, f"/_stcore/{name}")[0] == 404
    assert ask(site, f"//_stcore/./{name}")[0] == 404


def test_nothing_is_taken_but_questions_and_lessons(site):
    upload = "/_stcore/upload_file/none/none"
    assert ask(site, upload, "PUT")[0] not in (404, 405)  # Streamlit's own answer to no session
    assert ask(site, upload, "PUT", **{"Content-Length": "300000"})[0] == 413
    for method in ("POST", "PUT", "DELETE"):
        assert ask(site, "/products", method)[0] == 405
    assert ask(site, "/products", Filler="x" * 20_000)[0] in (400, 414, 494)
    assert ask(site, "/products?" + "x" * 20_000)[0] == 414


def run(coroutine):
    """Its result, from a thread of its own: in this one Playwright has an event loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result(120)


async def _open(port: int, local: str = "127.0.0.1", origin: str | None = None):
    try:
        return await websockets.connect(
            f"ws://127.0.0.1:{port}/_stcore/stream",
            subprotocols=["streamlit"],
            origin=origin,
            local_addr=(local, 0),
            open_timeout=30,
        )
    except websockets.InvalidStatus as refused:
        return refused.response


def test_another_sites_page_opens_no_websocket(site):
    own = f"http://127.0.0.1:{site.port}"

    async def statuses():
        ours = await _open(site.port, origin=own)
        await ours.close()
        others = ("https://other.example.org", f"{own}.example.org")
        return [(await _open(site.port, origin=origin)).status_code for origin in others]

    assert run(statuses()) == [403, 403]


def test_beyond_the_limit_an_address_is_refused_politely_and_others_are_not(tmp_path):
    async def crowd(site):
        opened = await asyncio.gather(*(_open(site.port) for _ in range(300)))
        inside = [each for each in opened if hasattr(each, "close")]
        refused = [each for each in opened if not hasattr(each, "close")]
        status, headers, body = await asyncio.to_thread(ask, site, "/products")
        other = await _open(site.port, local="127.0.0.2")
        for each in (*inside, other):
            await each.close()
        return len(inside), refused, (status, headers["Retry-After"], body.decode()), other

    with deployed(tmp_path / "log", readers_per_address=250) as site:
        inside, refused, (status, again, body), other = run(crowd(site))
    assert inside == 250 and len(refused) == 50
    assert {(each.status_code, each.headers["Retry-After"]) for each in refused} == {(429, "30")}
    assert status == 429 and again == "30" and "All places are taken" in body
    assert other.subprotocol == "streamlit"


def test_the_replica_in_use_ends_and_the_reader_goes_on(tmp_path, reader):
    with deployed(tmp_path / "log") as site:
        tab = reader().goto(f"{site.address}/products?products_w=1.1&products_n=30")
        asked = parse_qs(urlsplit(tab.page.url).query)
        before, served = set(site.replicas()), cookie_of(tab)
        os.kill(site.replicas()[int(served) - 1], signal.SIGKILL)
        tab.page.wait_for_timeout(3000)
        tab.settle()
        assert cookie_of(tab) != served
        assert parse_qs(urlsplit(tab.page.url).query) == asked
        radio = tab.page.locator("[data-testid=stButtonGroup] [role=radio]").first
        radio.click()
        tab.settle()
        assert tab.page.locator("h1").inner_text() == pages.info("products").title
        assert not tab.page.locator("[data-testid=stException]").count()
        for _ in range(100):  # and the one that ended is started again
            if len(now := site.replicas()) == 2 and set(now) != before:
                break
            time.sleep(0.1)
        assert len(now) == 2 and set(now) != before
