"""What a room costs: a class that follows its teacher beside the same class that does not.

    python -m benchmarks.room [--short] [--readers 100] [--seconds 40] [--rounds 3]

A teacher opens a room. In turn, a class without a room and a class of followers open the page and
move its control, ten moves a second in all; a follower's page looks for news every four seconds
besides, as a browser has it do. Compared is the server's CPU while they move.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from benchmarks.classroom import CONTROLS, MOVES_A_SECOND, Server, close, percentile
from benchmarks.reader import Reader, Widget, _state
from tests.browser.server import started

PAGE = "products"
CLASS = f"{PAGE}.class"  # the row for a class
LOOKS = 60  # seconds: what runs by itself more seldom is no look for news


@dataclass
class Teacher(Reader):
    """A reader who presses buttons too."""

    buttons: dict[str, Widget] = field(default_factory=dict)  # by the end of their ids

    def _element(self, element, fragment: str) -> None:
        if element.WhichOneof("type") == "button":
            drawn = element.button
            self.buttons[drawn.id] = Widget(drawn.id, fragment, "button", [])
        super()._element(element, fragment)

    async def open_room(self) -> str:
        """Choose the row's entry, press the button: the room's letters."""
        await self.open()
        row = next(w for w in self._widgets.values() if w.id.endswith(CLASS))
        self._states[row.id] = _state(row.id, row.kind, "A room")
        await self._run(row.fragment)
        await self._press("room.open")
        return self.query.partition("room=")[2].partition("&")[0]

    async def _press(self, key: str) -> None:
        button = next(b for b in reversed(self.buttons.values()) if b.id.endswith(key))
        self._states[button.id] = WidgetState(id=button.id, trigger_value=True)
        await self._run(button.fragment)
        del self._states[button.id]


@dataclass
class Follower(Reader):
    """A reader in a room: looks for news as often as the page says."""

    looks: dict[str, float] = field(default_factory=dict)  # seconds between two, by fragment
    looked: int = 0
    _busy: asyncio.Lock = field(default_factory=asyncio.Lock)  # one message at a time

    def _take(self, received: bytes) -> bool:
        message = ForwardMsg.FromString(received)
        if message.WhichOneof("type") == "auto_rerun" and message.auto_rerun.interval < LOOKS:
            self.looks[message.auto_rerun.fragment_id] = message.auto_rerun.interval
        return super()._take(received)

    async def move(self, value) -> float:
        async with self._busy:
            return await super().move(value)

    async def look(self, until: float) -> None:
        """Look for news until then."""
        (pause,) = set(self.looks.values())
        await asyncio.sleep(random.random() * pause)  # a class does not come in step
        while perf_counter() + pause < until:
            async with self._busy:
                for fragment in [*self.looks]:
                    await self._run(fragment)
                    self.looked += 1
            await asyncio.sleep(pause)


async def moved(server: Server, everyone: list[Reader], seconds: float) -> tuple[float, list]:
    """Moves at random times by all, looks by those in a room: the server's CPU, as a share of a
    core, and how long each move took."""
    chance, answered, end = random.Random(0), [], perf_counter() + seconds

    async def read(reader: Reader) -> None:
        while True:
            pause = chance.expovariate(MOVES_A_SECOND / len(everyone))
            if perf_counter() + pause > end:
                return
            await asyncio.sleep(pause)
            answered.append(await reader.move(chance.choice(reader.widget.values)))

    spent, begun = server.cpu(), perf_counter()
    followers = [reader for reader in everyone if isinstance(reader, Follower)]
    await asyncio.gather(*map(read, everyone), *(reader.look(end) for reader in followers))
    await asyncio.sleep(max(0.0, end - perf_counter()))
    return (server.cpu() - spent) / (perf_counter() - begun), answered


async def a_class(server: Server, count: int, seconds: float, query: str = "") -> tuple:
    """A class opens the page, waits until all is still, and moves."""
    make = Follower if query else Reader
    everyone = [make(server.address, PAGE, CONTROLS[PAGE], query) for _ in range(count)]
    await asyncio.gather(*(reader.open() for reader in everyone))
    await asyncio.sleep(2)
    cpu, answered = await moved(server, everyone, seconds)
    looked = sum(reader.looked for reader in everyone if isinstance(reader, Follower))
    with suppress(Exception):
        await close(everyone)
    await asyncio.sleep(1)
    return cpu, answered, looked / seconds


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--readers", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--short", action="store_true", help="a small class, for a first look")
    asked = parser.parse_args()
    if asked.short:
        asked.readers, asked.seconds, asked.rounds = 10, 8, 1
    with tempfile.TemporaryDirectory() as logs, started(Path(logs) / "site") as (address, process):
        server = Server(address, process.pid)
        teacher = Teacher(address, PAGE, CONTROLS[PAGE])
        code = await teacher.open_room()
        found: dict[str, list] = {"": [], f"room={code}": []}
        print(f"{asked.readers} readers of {PAGE}, {MOVES_A_SECOND} moves a second in all\n")
        print("| | server's CPU, of a core | looks a second | a move, median | p95 |")
        print("|---|---|---|---|---|")
        for _ in range(asked.rounds):
            for query, rounds in found.items():
                rounds.append(await a_class(server, asked.readers, asked.seconds, query))
        cpu = {}
        for query, rounds in found.items():
            cpu[query] = statistics.median(cpu for cpu, _, _ in rounds)
            answered = [seconds for _, answered, _ in rounds for seconds in answered]
            print(
                f"| {'in a room' if query else 'no room'} | {100 * cpu[query]:.1f} % | "
                f"{statistics.median(looks for _, _, looks in rounds):.1f} | "
                f"{statistics.median(answered):.3f} s | {percentile(answered, 0.95):.3f} s |"
            )
        alone, room = cpu.values()
        print(f"\nthe room adds {100 * (room - alone):.1f} % of a core: {room / alone:.2f} ×")
        await teacher.close()
        errors = Path(logs, "site").read_text().count("Traceback")
        print(f"tracebacks in the server's log: {errors}")
    raise SystemExit(errors > 0)


if __name__ == "__main__":
    asyncio.run(main())
