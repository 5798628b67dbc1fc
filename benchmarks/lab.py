"""A class that trains: many readers of the training lab at once, and what the others feel of it.

    python -m benchmarks.lab [--short] [--longest] [--readers 20] [--seconds 45]

Readers open the lab one after another and press “Train”; each then asks for its ticks as a browser
does. Printed: how long each waited for its next tick, how fast other readers are answered on the
other pages meanwhile and before, and what the server still computes after all tabs were closed.
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

from benchmarks.classroom import CONTROLS, Server, percentile
from benchmarks.reader import Reader
from pages.concepts.training.turns import FORGOTTEN
from pages.kit import site
from tests.browser.server import started

LAB = "training"
STEPS = "training_steps"
LINK = f"{STEPS}=2%2C000&training_seed={{}}"  # each another seed: the same would be trained once
# The longest training that the controls allow: both networks as deep and as wide as can be.
LONGEST = LINK + "".join(f"&training_{side}_depth=50&training_{side}_width=128" for side in "ab")


@dataclass
class Trainee(Reader):
    """A reader of the lab who comes by a link: asks for ticks until told not to."""

    tick: tuple[float, str] | None = None  # seconds between two, and the fragment to rerun
    waits: list[float] = field(default_factory=list)

    def _take(self, received: bytes) -> bool:
        message = ForwardMsg.FromString(received)
        kind = message.WhichOneof("type")
        if kind == "script_finished":
            early = message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN
            if early:  # what follows is a run of the whole page, which tells anew of its ticks
                self.tick = None
        elif kind == "stop_auto_rerun":
            self.tick = None
        elif kind == "auto_rerun" and message.auto_rerun.interval < FORGOTTEN:
            self.tick = (message.auto_rerun.interval, message.auto_rerun.fragment_id)
        return super()._take(received)

    async def train(self, seconds: float) -> None:
        """Open the link, whose settings are trained from then on, and ask for ticks for a while, as
        often as the server says."""
        await self.open()
        end, last = perf_counter() + seconds, perf_counter()
        while self.tick is not None and perf_counter() < end:
            await asyncio.sleep(max(0.0, last + self.tick[0] - perf_counter()))
            if self.tick is None:
                break
            await self._run(self.tick[1])
            self.waits.append(perf_counter() - last)
            last = perf_counter()


async def others(server: Server, seconds: float) -> list[float]:
    """Five readers of the other pages, who move a control about twice a second in all."""
    chance, answered = random.Random(0), []
    paths = [page.path for page in site.PAGES if page.path != LAB][:5]
    everyone = [Reader(server.address, path, CONTROLS[path]) for path in paths]
    for reader in everyone:
        await reader.open()
    end = perf_counter() + seconds

    async def read(reader: Reader) -> None:
        while perf_counter() < end:
            await asyncio.sleep(chance.expovariate(0.4))
            answered.append(await reader.move(chance.choice(reader.widget.values)))

    await asyncio.gather(*(read(reader) for reader in everyone))
    for reader in everyone:
        await reader.close()
    return answered


def said(answered: list[float]) -> str:
    return (
        f"median {1000 * statistics.median(answered):.0f} ms, "
        f"p95 {1000 * percentile(answered, 0.95):.0f} ms, slowest {1000 * max(answered):.0f} ms"
    )


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=45)
    parser.add_argument("--short", action="store_true", help="a few readers, for a first look")
    parser.add_argument("--longest", action="store_true", help="depth 50 and width 128 for all")
    asked = parser.parse_args()
    if asked.short:
        asked.readers, asked.seconds = 5, 12
    with tempfile.TemporaryDirectory() as logs, started(Path(logs) / "site") as (address, process):
        server = Server(address, process.pid)
        link = LONGEST if asked.longest else LINK
        trainees = [Trainee(address, LAB, STEPS, link.format(n)) for n in range(asked.readers)]
        print(f"before: other pages answer in {said(await others(server, asked.seconds / 3))}")

        spent, begun = server.cpu(), perf_counter()
        running = [asyncio.create_task(t.train(asked.seconds)) for t in trainees]
        await asyncio.sleep(asked.seconds / 4)  # until the periods have settled
        for trainee in trainees:
            trainee.waits.clear()
        answered = await others(server, asked.seconds / 2)
        await asyncio.gather(*running)
        busy = (server.cpu() - spent) / (perf_counter() - begun)
        waits = [wait for trainee in trainees for wait in trainee.waits]
        print(f"while {asked.readers} train: other pages answer in {said(answered)}")
        print(
            f"a tick every {statistics.median(waits):.2f} s, the longest wait {max(waits):.2f} s; "
            f"the server computes {100 * busy:.0f} % of a core, {server.megabytes():.0f} MB"
        )
        for trainee in trainees:
            with suppress(Exception):
                await trainee.close()
        await asyncio.sleep(FORGOTTEN)  # the ticks that were asked for have run
        spent = server.cpu()
        await asyncio.sleep(4)
        print(f"after all tabs were closed: {25 * (server.cpu() - spent):.1f} % of a core")
        errors = Path(logs, "site").read_text().count("Traceback")
        print(f"tracebacks in the server's log: {errors}")
    raise SystemExit(errors > 0)


if __name__ == "__main__":
    asyncio.run(main())
