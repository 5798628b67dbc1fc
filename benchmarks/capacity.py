"""How many readers one process bears: more and more of them, until answers come late.

    python -m benchmarks.capacity [--short] [--pages home products] [--seconds 30]

Readers are spread over all pages. Each moves a control every ten seconds on average, as somebody
does who reads what has changed. Printed for each number of readers: the server's CPU, how long an
answer takes, and the memory. It ends where an answer in twenty takes longer than LATE.
"""

import argparse
import asyncio
import statistics
import tempfile
from pathlib import Path

from benchmarks.classroom import Server, mixed, percentile, visit
from pages.kit import site
from tests.browser.server import started

PAUSE = 10.0  # seconds between two moves of a reader
LATE = 0.7  # seconds until an answer that a reader waits for
COUNTS = (50, 100, 200, 300, 400, 500)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", nargs="+", default=[page.path for page in site.PAGES])
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--warm", type=float, default=20, help="seconds before readers come")
    parser.add_argument("--short", action="store_true", help="a few readers, for a first look")
    asked = parser.parse_args()
    counts = COUNTS
    if asked.short:
        asked.seconds, asked.warm, counts = 5, 0, (10, 20)
    with tempfile.TemporaryDirectory() as logs, started(Path(logs) / "site") as (address, process):
        server = Server(address, process.pid)
        await visit(server, asked.pages[0], asked.warm)
        print("| readers | CPU, of a core | an answer, median | p95 | MB |\n|---|---|---|---|---|")
        for count in counts:
            begun = server.cpu()
            await mixed(server, asked.pages, count, 0)  # opening alone
            opening = server.cpu() - begun
            answered = await mixed(server, asked.pages, count, asked.seconds, count / PAUSE)
            busy = (server.cpu() - begun - 2 * opening) / asked.seconds
            late = percentile(answered, 0.95)
            print(
                f"| {count} | {100 * busy:.0f} % | {statistics.median(answered):.3f} s | "
                f"{late:.3f} s | {server.megabytes():.0f} |",
                flush=True,
            )
            if late > LATE:
                break
        errors = Path(logs, "site").read_text().count("Traceback")
        print(f"tracebacks in the server's log: {errors}")
    raise SystemExit(errors > 0)


if __name__ == "__main__":
    asyncio.run(main())
