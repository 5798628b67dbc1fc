"""A reader's hand on a page over a long way: quick moves, without waiting for what they bring."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

import streamlit
from playwright.async_api import BrowserContext, Page

from tests.browser.conftest import BUSY, CHART
from tests.browser.relay import Relay
from tests.panels import PANELS

_KEYS = {path: [panel.key(c.name) for c in panel.controls] for path, panel in PANELS.items()}
_PAGE = Path(__file__).with_name("agreement.js").read_text()
EYES = _PAGE.replace("(KEYS);", f"({json.dumps(_KEYS)});")  # to be read with every page

# Files that a page loads when it first needs them: kept, so that no cut keeps them away.
_SCRIPTS = Path(streamlit.__file__).parent / "static/static/js"
_FILES = [f"/static/js/{f.name}" for f in _SCRIPTS.glob("*.js") if f.stat().st_size < 2e6]
_KEEP = "files => Promise.all(files.map(file => fetch(file).then(found => found.arrayBuffer())))"

ON_THE_WAY = 0.15  # seconds after which nothing is left in the relay
_LIMIT = 30.0  # seconds in which a page has come to rest
_PATIENCE = 3.0  # seconds after a press on what pauses, before another: it makes the page run
_OFFLINE = ("WebSocket", "Failed to load resource", "disconnected", "ERR_CONNECTION")


@dataclass(frozen=True)
class Move:
    """What a hand does, to what, and how: `kind` is one of those that `Hand.MOVES` names."""

    kind: str
    target: str = ""
    how: tuple[float | str, ...] = ()

    def __str__(self) -> str:
        how = (f"{said:.4g}" if isinstance(said, float) else str(said) for said in self.how)
        return " ".join(filter(None, (self.kind, self.target, *how)))


@dataclass
class Hand:
    """One tab and its relay, what was done in it, and what went wrong on it."""

    page: Page
    relay: Relay
    done: list[str] = field(default_factory=list)  # since the page was opened, a line each
    errors: list[str] = field(default_factory=list)
    untrained: bool = True  # nothing of this tab's lab has been trained by its reader
    _is_wide: bool = False  # a chart fills the screen
    _leaves: bool = False  # a link or the history has led elsewhere since the last cut
    _begun: float = 0.0
    _first: int = 0  # the place in the browser's history before which Back leads elsewhere

    @classmethod
    async def new(cls, context: BrowserContext, relay: Relay) -> "Hand":
        await context.add_init_script(EYES)
        hand = cls(await context.new_page(), relay)
        hand.page.on("console", hand._console)
        hand.page.on("pageerror", lambda error: hand.errors.append(str(error)))
        await hand.page.goto(f"http://127.0.0.1:{relay.port}/_stcore/health")
        await hand.page.evaluate(_KEEP, _FILES)
        return hand

    def _console(self, message) -> None:
        if message.type == "error" and not any(word in message.text for word in _OFFLINE):
            self.errors.append(message.text)

    async def open(self, path: str) -> None:
        """A new visit, and nothing of those before."""
        self.relay.restore()
        self.done, self.errors, self.untrained, self._is_wide = [], [], True, False
        await self.page.goto(f"http://127.0.0.1:{self.relay.port}/{path}", wait_until="commit")
        await self._drawn()
        await self.rest()
        self._begun, self._first = time.monotonic(), await self._ask("place")
        self.note(f"open /{path}")

    def note(self, line: str) -> None:
        self.done.append(f"{time.monotonic() - self._begun:7.2f} s  {line}")

    async def _ask(self, question: str, *args):
        return await self.page.evaluate(f"args => agreement.{question}(...args)", list(args))

    async def _drawn(self) -> None:
        await self.page.wait_for_selector(CHART, timeout=30_000)

    # What is seen -------------------------------------------------------------------------------

    async def offers(self, kind: str) -> list[str]:
        """What a move of this kind can be made on now."""
        return await self._ask("offers", kind) if kind in self.ON_SOMETHING else [""]

    async def look(self) -> dict:
        """All that the page shows, as it stands."""
        return await self._ask("state")

    async def rest(self) -> float:
        """Wait until nothing is under way, and say for how many seconds something was."""
        begun = now = time.monotonic()
        pressed = begun - _PATIENCE
        while await self._ask("isBusy", BUSY) or self.relay.quiet < ON_THE_WAY:
            now = time.monotonic()
            if now - begun > _LIMIT:
                self.errors.append(f"the page has not come to rest in {_LIMIT} s")
                break
            if now - pressed >= _PATIENCE and await self._ask("click", "pause", "Pause training"):
                pressed = now
            await asyncio.sleep(0.05)
        return now - begun

    # Moves --------------------------------------------------------------------------------------

    async def do(self, move: Move) -> None:
        """Make a move, if what it is made on is there."""
        if self._is_wide and move.kind not in ("drag", "narrow", "cut"):
            await self.do(Move("narrow"))  # nothing else can be reached
        made = await self.MOVES[move.kind](self, move.target, *move.how)
        self.note(f"{move}{'' if made else ': not there'}")

    async def _press(self, target: str, key: str, times: int, gap: float) -> bool:
        if not await self._ask("focus", "press", target):
            return False
        for i in range(times):
            await asyncio.sleep(gap if i else 0)
            await self.page.keyboard.press(key)
        return True

    async def _type(self, target: str, share: float, between: float = 0.0) -> bool:
        """A value at this share of the box's range, possibly between two of its steps."""
        box = await self._ask("focus", "type", target)
        if not box:
            return False
        steps = round((box["max"] - box["min"]) / box["step"])
        value = box["min"] + (min(round(share * steps), steps - 1) + between) * box["step"]
        await self.page.keyboard.insert_text(f"{value:.6g}")
        await self.page.keyboard.press("Enter")
        return True

    async def _drag(self, target: str, *shares: float) -> bool:
        return await self._ask("drag", target, shares, 25) is not None

    async def _menu(self, target: str, share: float) -> bool:
        if not await self._ask("open", target):
            return False
        for _ in range(50):
            if options := await self._ask("listed"):
                return await self._ask("pick", int(share * len(options)))
            await asyncio.sleep(0.02)
        await self.page.keyboard.press("Escape")
        return False

    async def _click(self, kind: str, target: str) -> bool:
        return await self._ask("click", kind, target)

    async def _button(self, target: str) -> bool:
        self.untrained &= target != "One step"
        return await self._click("button", target)

    async def _train(self, target: str) -> bool:
        self.untrained = False
        return await self._click("train", target)

    async def _wide(self, target: str) -> bool:
        self._is_wide = await self._click("wide", target)
        return self._is_wide

    async def _narrow(self, _: str) -> bool:
        self._is_wide = False
        await self.page.keyboard.press("Escape")
        return True

    # A step through the history, or a link, while there is no connection: Streamlit's frontend
    # never tells the server, and after links not what was dragged before either, until something
    # else is moved. That much a page cannot mend. Nor that it asks for the page before, if the
    # connection is lost before the new one begins: so a cut waits for that.
    async def _link(self, target: str) -> bool:
        self.untrained = False  # the lab trains for who comes by a link with values
        self._leaves = await self._ask("isConnected") and await self._click("link", target)
        return self._leaves

    async def _back(self, _: str) -> bool:
        if await self._ask("place") <= self._first or not await self._ask("isConnected"):
            return False
        await self.page.evaluate("history.back()")
        self._leaves = True
        return True

    async def _forward(self, _: str) -> bool:
        if await self._ask("place") >= await self._ask("last") or not await self._ask(
            "isConnected"
        ):
            return False
        await self.page.evaluate("history.forward()")
        self._leaves = True
        return True

    async def _reload(self, _: str) -> bool:
        self.untrained = False
        await self.page.reload(wait_until="commit")
        await self._drawn()
        self.untrained = not urlsplit(self.page.url).query  # the lab trains at an address's values
        return True

    async def _cut(self, _: str, seconds: float, *drag: float) -> bool:
        """Cut the way for a while, and drag in a chart meanwhile."""
        if self._leaves:
            await self.rest()
        self._leaves = False
        self.relay.cut()
        await asyncio.sleep(seconds / 2)
        ranges = await self.offers("drag")
        if drag and ranges:
            await self.do(Move("drag", ranges[int(drag[0] * len(ranges))], drag[1:]))
        await asyncio.sleep(seconds / 2)
        self.relay.restore()
        return True

    @staticmethod
    def _clicks(kind: str) -> Callable[["Hand", str], Awaitable[bool]]:
        return lambda hand, target: hand._click(kind, target)

    MOVES: ClassVar[dict[str, Callable]] = {
        "press": _press,
        "type": _type,
        "step": _clicks("step"),
        "option": _clicks("option"),
        "menu": _menu,
        "preset": _clicks("preset"),
        "drag": _drag,
        "fold": _clicks("fold"),
        "wide": _wide,
        "narrow": _narrow,
        "link": _link,
        "button": _button,
        "train": _train,
        "back": _back,
        "forward": _forward,
        "reload": _reload,
        "cut": _cut,
    }
    ON_SOMETHING: ClassVar = MOVES.keys() - {"narrow", "back", "forward", "reload", "cut"}
