"""What nobody has asked for: 100 readers move a control at once, each to a value that is new.

    python -m benchmarks.unasked [--short] [--against DIR] [--readers 100]
                                 [--pages initialization training]

Every reader comes by a link with a seed of their own, so that nobody finds what another has asked
for, nor what the warm thread computes. Then all move one control of the page at once, and the next
one after that, from wherever they are. Servers take turns at each move: the floor app, this
checkout, and with `--against` another one. Seconds are until all are answered, CPU is the server's
for one move; the floor's share is what any page costs.
"""

import argparse
import asyncio
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from benchmarks.classroom import CONTROLS, FLOOR, Server, close, together, visit
from benchmarks.reader import Reader
from pages.kit.panels import Range
from pages.kit.site import panel
from tests.browser.server import ROOT, started

# What is moved, in this order: the page's first slider, then what changes the networks or what is
# shown of them. And what a link sets besides the seed, so that the page draws these controls.
MOVES = {
    "initialization": (
        *("depth", "activation", "width", "bias", "seed", "draws"),
        *("quantity", "center", "beside", "g"),
    ),
    "training": (
        *("a_depth", "b_width", "a_activation", "b_initializer", "a_scale", "b_rate"),
        *("seed", "b_shortcut", "a_norm", "b_clip", "data", "steps"),
    ),
}
LINKS = {"initialization": {}, "training": {"b_limit": "3"}}
QUIET = 0.5  # seconds without work after which a server is taken to be done with what it began
LONGEST = 120  # seconds that it is waited for


@dataclass
class Site:
    """A checkout that is served, and the readers who have its page open."""

    name: str
    server: Server
    log: Path
    everyone: list[Reader]
    seconds: float = 0.0  # of all moves of the page so far
    cpu: float = 0.0


def link(path: str, i: int) -> str:
    """The query of the link by which reader i comes: an own seed, its other values the page's."""
    controls = panel(path)
    values = LINKS[path] | {"seed": 100 + i}
    told = {
        name: controls[name].text(controls[name].parse(value)) for name, value in values.items()
    }
    return "&".join(f"{controls.key(name)}={text}" for name, text in told.items())


def value(path: str, name: str, i: int, values: list):
    """Where reader i moves a control to: not its default, and spread over all it can take."""
    control = panel(path)[name]
    if isinstance(control, Range) and control.seed:
        return 1000 + i
    default = control.text(control.default)
    others = [v for v in values if v not in (control.default, default)]
    return others[7 * i % len(others)]


async def quiet(server: Server) -> None:
    """Wait until the server has nothing to do: what it computes beforehand is not measured."""
    end, before = perf_counter() + LONGEST, -1.0
    while server.cpu() - before > 0.02 and perf_counter() < end:
        before = server.cpu()
        await asyncio.sleep(QUIET)


async def moved(site: Site, path: str, name: str) -> tuple[float, float]:
    """All move this control at once: seconds until the last is answered, ms of CPU for one."""
    for reader in site.everyone:
        reader.control = panel(path).key(name) if path != FLOOR else CONTROLS[FLOOR]
    await quiet(site.server)
    moves = []
    for i, reader in enumerate(site.everyone):
        values = reader.widget.values
        to = value(path, name, i, values) if path != FLOOR else values[i % len(values)]
        moves.append(reader.move(to))
    seconds, cpu = await together(site.server, moves)
    return max(seconds), cpu


async def opened(site: Site, path: str, readers: int) -> None:
    """All open the page, each by an own link."""
    await close(site.everyone)
    queries = ["" if path == FLOOR else link(path, i) for i in range(readers)]
    site.everyone = [Reader(site.server.address, path, CONTROLS[path], q) for q in queries]
    await asyncio.gather(*(reader.open() for reader in site.everyone))


async def one_page(sites: list[Site], floor: Site, path: str, readers: int) -> None:
    for site in sites:
        site.seconds = site.cpu = 0.0
        await opened(site, path, readers)
    for name in MOVES[path]:
        floor_seconds, floor_cpu = await moved(floor, FLOOR, "")
        line = f"{path:14} {name:14} {floor_seconds:6.2f} {floor_cpu:6.1f}"
        for site in sites:
            seconds, cpu = await moved(site, path, name)
            site.seconds += seconds
            site.cpu += cpu
            line += f"   {seconds:6.2f} {cpu:6.1f}"
        print(line, flush=True)
    line = f"{path:14} {'all':14} {'':13}"
    line += "".join(f"   {site.seconds:6.2f} {site.cpu:6.1f}" for site in sites)
    if len(sites) > 1:
        this, other = sites
        line += f"   seconds × {this.seconds / other.seconds:.2f}, CPU × {this.cpu / other.cpu:.2f}"
    print(line, flush=True)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", type=Path, help="another checkout, served beside this one")
    parser.add_argument("--readers", type=int, default=100)
    parser.add_argument("--pages", nargs="+", default=list(MOVES), choices=list(MOVES))
    parser.add_argument("--short", action="store_true", help="a few readers, for a first look")
    asked = parser.parse_args()
    if asked.short:
        asked.readers = 10
    roots = {"this": ROOT} | ({"against": asked.against.resolve()} if asked.against else {})
    with tempfile.TemporaryDirectory() as logs, ExitStack() as servers:

        def served(name: str, *script: str, root: Path = ROOT) -> Site:
            log = Path(logs) / name
            address, process = servers.enter_context(started(log, *script, root=root))
            return Site(name, Server(address, process.pid), log, [])

        floor = served(FLOOR, "benchmarks/floor.py")
        sites = [served(name, root=root) for name, root in roots.items()]
        await opened(floor, FLOOR, asked.readers)
        for site in sites:  # imports, charts and what the warm thread computes come before
            await visit(site.server, asked.pages[0], 3)
            await quiet(site.server)
        print(f"{asked.readers} moves at once: s until all are answered, ms of CPU for one")
        print(f"{'page':14} {'moved':14} {FLOOR:>13}" + "".join(f"   {n:>13}" for n in roots))
        for path in asked.pages:
            await one_page(sites, floor, path, asked.readers)
        for site in (floor, *sites):
            await close(site.everyone)
        errors = sum(site.log.read_text().count("Traceback") for site in sites)
    print(f"tracebacks in the servers' logs: {errors}")
    sys.exit(errors > 0)


if __name__ == "__main__":
    asyncio.run(main())
