"""A narrow way to a server: so many megabits a second, so long a delay, and what went through.

All connections share the way, as they share a reader's line. A connection begins a round trip
late. What a server sends is counted as it is on the wire, compressed or not.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress

CHUNK = 16_384  # bytes that are held back together


class Link:
    """A port of this machine that leads to another: `with Link(port, megabits=10, delay=0.02)`.

    delay: seconds, each way. Without `megabits` the way is as wide as the machine's own.
    """

    def __init__(self, port: int, *, megabits: float | None = None, delay: float = 0.0):
        self._to, self._delay = port, delay
        self._rate = megabits * 1e6 / 8 if megabits else None  # bytes a second
        self._free = {True: 0.0, False: 0.0}  # when the way down, and up, is free again
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._ends: set[asyncio.StreamWriter] = set()
        self.received = 0  # bytes from the server
        self.port = 0

    def __enter__(self) -> "Link":
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._begin(), self._loop).result(10)
        return self

    def __exit__(self, *_) -> None:
        asyncio.run_coroutine_threadsafe(self._finish(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _begin(self) -> None:
        self._server = await asyncio.start_server(self._opened, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _finish(self) -> None:
        self._server.close()
        for end in [*self._ends]:
            end.transport.abort()
        await asyncio.sleep(0.05)  # until every end has been told
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _opened(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(2 * self._delay)
        there, to = await asyncio.open_connection("127.0.0.1", self._to)
        self._ends |= {writer, to}
        with suppress(OSError):
            await asyncio.gather(self._pump(reader, to), self._pump(there, writer, down=True))
        self._ends -= {writer, to}

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, down: bool = False
    ) -> None:
        while data := await source.read(CHUNK):
            if down:
                self.received += len(data)
            due = max(self._loop.time(), self._free[down])
            if self._rate:
                due += len(data) / self._rate
            self._free[down] = due
            self._later(due, lambda data=data: sink.write(data))
            await asyncio.sleep(max(0.0, due - self._loop.time()))  # a line has no store of its own
        self._later(self._loop.time(), sink.close)

    def _later(self, due: float, action: Callable[[], None]) -> None:
        self._loop.call_at(due + self._delay, action)
