"""A class of 100 that arrives together: the site beside the floor app, in one process each.

    python -m benchmarks.classroom [--short] [--readers 100] [--seconds 120] [--warm 20]
                                   [--pages home products]

A first reader comes some seconds before the class, as a teacher does: what is computed meanwhile is
the warm thread's. `--warm 0` is a class that meets a server as it starts. `--against` compares two
checkouts whose warm threads have nothing to do: they have more or less of it.

For every page: all readers open it at once, then all move its control at once, each to another
value. Then all pages mixed, moves at random times, ten a second in all. Then moves as fast as they
are answered, to see the memory stay flat. Times are from a reader's first byte to its whole answer;
CPU and memory are the server's. Readers draw nothing and load no static files.
"""

import argparse
import asyncio
import os
import random
import re
import statistics
import sys
import tempfile
from itertools import cycle, islice
from pathlib import Path
from time import perf_counter

from benchmarks.reader import Reader, mover
from pages.kit import site
from pages.kit.panels import Panel
from tests.browser.server import started

MOVES_A_SECOND = 10
FLOOR = "floor"
CONTROLS = {FLOOR: "floor_n"} | {
    page.path: Panel(page.path, ()).key(mover(page.path).name) for page in site.PAGES
}


class Server:
    """What the operating system says about the server's process."""

    def __init__(self, address: str, pid: int):
        self.address, self._proc = address, Path(f"/proc/{pid}")

    def cpu(self) -> float:
        """Seconds that its threads have computed so far."""
        after_name = self._proc.joinpath("stat").read_text().rpartition(")")[2].split()
        return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")

    def megabytes(self, what: str = "VmRSS") -> float:
        """Resident memory now, or its peak (VmHWM)."""
        status = self._proc.joinpath("status").read_text()
        return int(re.search(rf"{what}:\s+(\d+)", status)[1]) / 1024


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def readers(server: Server, paths: list[str], count: int) -> list[Reader]:
    """This many readers, spread over the pages."""
    return [Reader(server.address, p, CONTROLS[p]) for p in islice(cycle(paths), count)]


async def together(server: Server, actions: list) -> tuple[list[float], float]:
    """Do all at once: seconds that each took, and the server's ms of CPU for one."""
    spent = server.cpu()
    seconds = await asyncio.gather(*actions)
    return seconds, 1000 * (server.cpu() - spent) / len(actions)


async def close(everyone: list[Reader]) -> None:
    await asyncio.gather(*(reader.close() for reader in everyone))


async def visit(server: Server, path: str, seconds: float) -> None:
    """One reader opens a page and stays for a while."""
    reader = Reader(server.address, path, CONTROLS[path])
    await reader.open()
    await asyncio.sleep(seconds)
    await reader.close()


async def one_page(server: Server, path: str, count: int) -> dict:
    """All open a page at once, and all move its control at once."""
    first = Reader(server.address, path, CONTROLS[path])
    await first.open()
    everyone = readers(server, [path], count)
    opened, open_cpu = await together(server, [reader.open() for reader in everyone])
    received = sum(reader.bytes for reader in everyone)
    values = everyone[0].widget.values
    moves = [reader.move(values[i % len(values)]) for i, reader in enumerate(everyone)]
    moved, move_cpu = await together(server, moves)
    moved_bytes = sum(reader.bytes for reader in everyone) - received
    await close([first, *everyone])
    return {
        "opened": max(opened),
        "open_cpu": open_cpu,
        "open_kb": received / count / 1000,
        "moved": max(moved),
        "move_cpu": move_cpu,
        "move_kb": moved_bytes / count / 1000,
        "memory": server.megabytes(),
    }


async def mixed(
    server: Server, paths: list[str], count: int, seconds: float, rate: float = MOVES_A_SECOND
) -> list[float]:
    """Moves at random times for a while, on all pages: how long each answer took."""
    chance, answered = random.Random(0), []
    everyone = readers(server, paths, count)
    await asyncio.gather(*(reader.open() for reader in everyone))
    end = perf_counter() + seconds

    async def read(reader: Reader) -> None:
        while True:
            pause = chance.expovariate(rate / count)
            if perf_counter() + pause > end:
                return
            await asyncio.sleep(pause)
            answered.append(await reader.move(chance.choice(reader.widget.values)))

    await asyncio.gather(*(read(reader) for reader in everyone))
    await close(everyone)
    return answered


async def endurance(server: Server, paths: list[str], reruns: int) -> list[float]:
    """Moves as fast as they are answered; memory at the start and after each quarter."""
    chance = random.Random(1)
    everyone = readers(server, paths, 2 * len(paths))
    await asyncio.gather(*(reader.open() for reader in everyone))
    memory = [server.megabytes()]
    for _ in range(4):
        each = max(1, reruns // 4 // len(everyone))

        async def read(reader: Reader, each=each) -> None:
            for _ in range(each):
                await reader.move(chance.choice(reader.widget.values))

        await asyncio.gather(*(read(reader) for reader in everyone))
        memory.append(server.megabytes())
    await close(everyone)
    return memory


HEAD = (
    "                 | opened        CPU ms        kB | moved         CPU ms        kB |    MB\n"
    "                 |   s      ×  each     ×    each |   s      ×  each     ×    each | after"
)


def row(name: str, found: dict, floor: dict) -> str:
    line = f"{name:16} |"
    for what in ("open", "move"):
        done = "opened" if what == "open" else "moved"
        line += f" {found[done]:5.2f} {found[done] / floor[done]:5.1f}"
        cpu = found[f"{what}_cpu"]
        line += f" {cpu:6.1f} {cpu / floor[f'{what}_cpu']:5.1f} {found[f'{what}_kb']:7.0f} |"
    return line + f" {found['memory']:5.0f}"


def said(name: str, answered: list[float], seconds: float) -> str:
    return (
        f"{name:16} {len(answered) / seconds:5.1f} moves/s   "
        f"median {statistics.median(answered):.3f} s   p95 {percentile(answered, 0.95):.3f} s   "
        f"slowest {max(answered):.3f} s"
    )


def middle_of(rounds: list[dict]) -> dict:
    return {key: statistics.median(found[key] for found in rounds) for key in rounds[0]}


def compared_row(path: str, mine: dict, other: dict) -> str:
    times = {key: f"{mine[key] / other[key]:5.2f} ({mine[key]:5.1f})" for key in mine}
    columns = ("opened", "open_cpu", "open_kb", "moved", "move_cpu", "move_kb", "memory")
    return f"{path:16} | " + " | ".join(times[key] for key in columns)


async def compared(asked: argparse.Namespace) -> None:
    """The class opens and moves on this checkout and on another, in turn."""
    with (
        tempfile.TemporaryDirectory() as logs,
        started(Path(logs) / "this", precompute=False) as (address, process),
        started(Path(logs) / "other", root=asked.against, precompute=False) as (other, theirs),
    ):
        servers = Server(address, process.pid), Server(other, theirs.pid)
        for server in servers:
            for path in asked.pages:
                await visit(server, path, 0)
        await asyncio.sleep(asked.warm)  # one that knows no such setting computes all the same
        print(f"{asked.readers} readers, this checkout × the other, medians of {asked.rounds}")
        print("page             | opened     s | CPU      ms | sent     kB | moved      s | …")
        for path in asked.pages:
            found = [[], []]
            for i in range(asked.rounds):
                for which in ((0, 1), (1, 0))[i % 2]:
                    found[which].append(await one_page(servers[which], path, asked.readers))
            print(compared_row(path, *map(middle_of, found)), flush=True)
        answered = [await mixed(s, asked.pages, asked.readers, asked.seconds / 4) for s in servers]
        for name, times in zip(("this", "other"), answered, strict=True):
            print(said(name, times, asked.seconds / 4))


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--readers", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=120, help="of moves at random times")
    parser.add_argument("--reruns", type=int, default=2000, help="of the endurance run")
    parser.add_argument("--pages", nargs="+", default=[page.path for page in site.PAGES])
    parser.add_argument("--warm", type=float, default=20, help="seconds before the class comes")
    parser.add_argument("--short", action="store_true", help="a small class, for a first look")
    parser.add_argument("--against", type=Path, help="another checkout, side by side with this")
    parser.add_argument("--rounds", type=int, default=3, help="of the comparison")
    asked = parser.parse_args()
    if asked.short:
        asked.readers, asked.seconds, asked.reruns, asked.warm = 20, 6, 200, 0
    begun = perf_counter()
    if asked.against:
        await compared(asked)
        return
    with (
        tempfile.TemporaryDirectory() as logs,
        started(Path(logs) / "site") as (address, process),
        started(Path(logs) / "floor", "benchmarks/floor.py") as (floor_address, floor_process),
    ):
        server = Server(address, process.pid)
        floor_server = Server(floor_address, floor_process.pid)
        if asked.warm:
            await visit(server, asked.pages[0], asked.warm)
        print(f"{asked.readers} readers at once, × the floor\n{HEAD}")
        floor = await one_page(floor_server, FLOOR, asked.readers)
        print(row(FLOOR, floor, floor), flush=True)
        for path in asked.pages:
            print(row(path, await one_page(server, path, asked.readers), floor), flush=True)
        again = await one_page(floor_server, FLOOR, asked.readers)
        print(row("floor once more", again, floor), flush=True)

        print(f"\nall pages mixed, moves at random times, {asked.seconds:.0f} s")
        quarter = asked.seconds / 4
        answered = await mixed(floor_server, [FLOOR], asked.readers, quarter)
        print(said(FLOOR, answered, quarter), flush=True)
        answered = await mixed(server, asked.pages, asked.readers, asked.seconds)
        print(said("site", answered, asked.seconds), flush=True)

        memory = await endurance(server, asked.pages, asked.reruns)
        print(f"\nMB over {asked.reruns} reruns: " + ", ".join(f"{mb:.0f}" for mb in memory))
        print(f"peak {server.megabytes('VmHWM'):.0f} MB, floor {floor_server.megabytes():.0f} MB")
        errors = Path(logs, "site").read_text().count("Traceback")
        print(f"tracebacks in the server's log: {errors}; took {perf_counter() - begun:.0f} s")
        sys.exit(errors > 0)


if __name__ == "__main__":
    asyncio.run(main())
