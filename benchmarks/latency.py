"""From a key press to the changed chart, in headless Chromium, beside the floor app.

    python -m benchmarks.latency [--short] [--rounds 3] [--presses 25] [--pages home products]

For every page: presses of a key on its first committed slider, or the first committed control that
takes a key, each timed inside the browser from the key to the first animation frame after a
chart has changed. The floor app's slider is pressed in turn with the page's, so that whatever else
the machine does meets both. Then a drag of the page's live control: a pointer move per frame, the
time between frames, and what went over the websocket meanwhile.
"""

import argparse
import statistics
import tempfile
from pathlib import Path
from time import perf_counter

from playwright.sync_api import Locator, Page, sync_playwright

from benchmarks.reader import mover
from pages.kit import site
from pages.kit.panels import Choice, Range
from tests.browser.server import ROOT, launch, started

PAUSE = 150  # ms of rest between presses: the reader looks
FLOOR = Range("n", "Slope", 1, 60, 1, 15)  # the slider of floor.py
LOST = 10_000  # ms until a press counts as unanswered

# Charts are drawn as SVG or on a canvas. Vega changes an SVG's nodes; a canvas changes only by its
# context's calls, so a call that paints text or a path counts as the change there.
WATCH = """() => {
  const charts = '[data-testid=stVegaLiteChart]';
  window.changed = null;
  const note = () => { if (window.pressed && window.changed === null)
      requestAnimationFrame(() => {
        if (window.pressed && window.changed === null) window.changed = performance.now(); }); };
  new MutationObserver(records => {
    if (records.some(r => {
      const node = r.target.nodeType === 1 ? r.target : r.target.parentElement;
      return node && node.closest(charts) && node.closest('svg, .vega-embed'); })) note();
  }).observe(document.body,
    {subtree: true, childList: true, attributes: true, characterData: true,
     attributeFilter: ['d', 'transform', 'x', 'y', 'width', 'height', 'x1', 'x2', 'y1', 'y2']});
  for (const name of ['fill', 'stroke', 'fillText', 'fillRect']) {
    const draw = CanvasRenderingContext2D.prototype[name];
    CanvasRenderingContext2D.prototype[name] = function (...a) {
      if (this.canvas.isConnected) note(); return draw.apply(this, a); };
  }
  document.addEventListener('keydown', () => {
    window.changed = null; window.pressed = performance.now(); }, true);
}"""

DRAG = """async ([selector, frames]) => {
  const input = document.querySelector(selector);
  const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
  const low = +input.min, high = +input.max, gaps = [];
  let before = null;
  const middle = (low + high) / 2, reach = (high - low) / 3;
  for (let i = 0; i < frames; i++) {
    const now = await new Promise(requestAnimationFrame);
    if (before !== null) gaps.push(now - before);
    before = now;
    set.call(input, middle + reach * Math.sin(i / 12));
    input.dispatchEvent(new Event('input', {bubbles: true}));
  }
  return gaps;
}"""


class Tab:
    """A page with a control to press, and a count of what it sends to the server."""

    def __init__(self, page: Page, address: str):
        self.page, self.sent = page, 0
        page.on("websocket", lambda socket: socket.on("framesent", lambda _: self._count()))
        page.goto(address)
        page.wait_for_selector("[data-testid=stVegaLiteChart] :is(svg, canvas)", timeout=60_000)
        page.wait_for_timeout(1500)
        page.evaluate(WATCH)

    def _count(self) -> None:
        self.sent += 1

    def press(self, target: Locator, key: str) -> float:
        """Milliseconds from the key to the frame with the changed chart."""
        self.page.evaluate("() => { window.pressed = null; }")
        target.press(key)
        self.page.wait_for_function("() => window.changed !== null", timeout=LOST)
        spent = self.page.evaluate("() => window.changed - window.pressed")
        self.page.wait_for_timeout(PAUSE)
        return spent


def stroke(tab: Tab, control: Range | Choice, press: int) -> tuple[Locator, str]:
    """What takes the key, and which key: there and back, so that no press runs into an end."""
    if isinstance(control, Choice):  # a row of options: the space bar chooses the focused one
        options = tab.page.locator("[data-testid=stButtonGroup]", has_text=control.label).first
        return options.locator("[role=radio][aria-checked=false]").first, "Space"
    slider = tab.page.locator("[data-testid=stSlider]", has_text=control.label).first
    return slider.locator("input[type=range]"), ("ArrowRight", "ArrowLeft")[press // 4 % 2]


def drag(tab: Tab, path: str, frames: int) -> tuple[float, int] | None:
    """Median ms between frames of a live drag, and messages sent during it."""
    live = next((c for c in site.panel(path).controls if isinstance(c, Range) and c.live), None)
    if live is None:
        return None
    selector = f"input[name={live.name}], input[name=live_{live.name}_{live.name}]"
    tab.page.locator(selector).first.scroll_into_view_if_needed()
    tab.page.wait_for_timeout(500)
    sent = tab.sent
    gaps = tab.page.evaluate(DRAG, [selector, frames])
    return statistics.median(gaps), tab.sent - sent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presses", type=int, default=25)
    parser.add_argument("--rounds", type=int, default=3, help="tabs that each page is opened in")
    parser.add_argument("--pages", nargs="+", default=[page.path for page in site.PAGES])
    parser.add_argument("--short", action="store_true", help="a few presses, for a first look")
    parser.add_argument("--against", type=Path, help="another checkout, pressed in turn with this")
    asked = parser.parse_args()
    rounds, presses, frames = (1, 5, 60) if asked.short else (asked.rounds, asked.presses, 200)
    begun = perf_counter()
    with (
        tempfile.TemporaryDirectory() as logs,
        started(Path(logs) / "site") as (address, _),
        started(Path(logs) / "floor", "benchmarks/floor.py") as (floor_address, _),
        started(Path(logs) / "other", root=asked.against or ROOT) as (other_address, _),
        sync_playwright() as playwright,
    ):
        browser = launch(playwright.chromium)
        view = {"width": 1280, "height": 720}
        print("page             | key to chart, median ms | floor |    × | drag ms/frame | sent")
        for path in asked.pages:
            control, times, floor_times, other_times, drags = mover(path), [], [], [], []
            if isinstance(control, Choice) and control.menu:
                print(f"{path:16} | {control.name} is a menu: no single key moves it")
                continue
            for _ in range(rounds):
                # Both are opened anew: a tab that has been pressed for long runs code compiled
                # better, and how its presses fall between two frames is a matter of luck.
                floor = Tab(browser.new_page(viewport=view), floor_address)
                tab = Tab(browser.new_page(viewport=view), f"{address}/{path}")
                tabs = [tab, floor]
                if asked.against:
                    tabs.append(Tab(browser.new_page(viewport=view), f"{other_address}/{path}"))
                    stroke(tabs[-1], control, 0)[0].scroll_into_view_if_needed()
                stroke(tab, control, 0)[0].scroll_into_view_if_needed()
                for i in range(presses + 2):
                    tab.page.bring_to_front()
                    spent = tab.press(*stroke(tab, control, i))
                    floor.page.bring_to_front()
                    floor_spent = floor.press(*stroke(floor, FLOOR, i))
                    if i >= 2:  # the first meet cold caches and code that is not compiled yet
                        times.append(spent)
                        floor_times.append(floor_spent)
                    for other in tabs[2:]:
                        other.page.bring_to_front()
                        spent = other.press(*stroke(other, control, i))
                        other_times += [spent] * (i >= 2)
                tab.page.bring_to_front()
                drags += filter(None, [drag(tab, path, frames)])
                for opened in tabs:
                    opened.page.close()
            middle, floor_middle = statistics.median(times), statistics.median(floor_times)
            line = f"{path:16} | {middle:8.0f} ({control.name:10})    | {floor_middle:5.0f} | "
            line += f"{middle / floor_middle:4.2f} | "
            if drags:
                gap, sent = statistics.median(gap for gap, _ in drags), sum(n for _, n in drags)
                line += f"{gap:13.1f} | {sent:4d}"
            else:
                line += f"{'none':>13} |"
            if other_times:
                other_middle = statistics.median(other_times)
                line += f" | {other_middle:4.0f} other, this × it {middle / other_middle:4.2f}"
            print(line, flush=True)
        browser.close()
    print(f"took {perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()
