"""A long way to a server: what goes through a relay arrives, in order, and a while later.

A connection that carries a page's websocket is delayed both ways; files are passed on at once, as
they would be read from a browser's cache. The way can be cut and restored, and it has an end: so
many connections, so many seconds.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial

DELAYED = b"/_stcore/stream"  # in the first line of what a browser says to open a websocket


class Relay:
    """A port of this machine that leads to another: `with Relay(port, delay=0.08) as relay: …`.

    A delay line, not a narrow one: chunks follow each other through it, however many.
    """

    def __init__(self, port: int, *, delay: float, most: int = 1000, seconds: float = 600):
        self._to, self._delay, self._most, self._seconds = port, delay, most, seconds
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._open: set[asyncio.Transport] = set()
        self._cut = False
        self._last = time.monotonic()  # when something delayed came or went
        self.connections = 0  # that were asked for so far
        self.port = 0

    def __enter__(self) -> "Relay":
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._begin(), self._loop).result(10)
        return self

    def __exit__(self, *_) -> None:
        asyncio.run_coroutine_threadsafe(self._finish(), self._loop).result(10)
        self._now(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def cut(self) -> None:
        """Close all connections, and accept none."""
        self._now(self._close)

    def restore(self) -> None:
        """Accept connections again."""
        self._now(partial(setattr, self, "_cut", False))

    @property
    def quiet(self) -> float:
        """Seconds since something delayed came or went: more than the delay, and nothing is left
        on the way."""
        return time.monotonic() - self._last

    def _now(self, action: Callable) -> None:
        self._loop.call_soon_threadsafe(action)

    async def _begin(self) -> None:
        self._server = await self._loop.create_server(partial(_End, self), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self._loop.call_later(self._seconds, self._end)

    def _end(self) -> None:
        self._most = 0
        self._close()
        self._server.close()

    async def _finish(self) -> None:
        self._end()
        await asyncio.sleep(0.05)  # until every end has been told

    def _close(self) -> None:
        self._cut = True
        for transport in [*self._open]:
            transport.abort()

    def opened(self, end: "_End") -> None:
        """A new end of a connection: a browser's is led to the server, or turned away."""
        self._open.add(end.transport)
        if end.other is None:
            self.connections += 1
            end.transport.pause_reading()
            if self._cut or self.connections > self._most:
                end.transport.abort()
            else:
                self._loop.create_task(self._lead_on(end))

    async def _lead_on(self, end: "_End") -> None:
        try:
            await self._loop.create_connection(partial(_End, self, end), "127.0.0.1", self._to)
        except OSError:
            end.transport.abort()
            return
        if end.transport.is_closing():
            end.other.transport.abort()
        else:
            end.transport.resume_reading()

    def closed(self, end: "_End") -> None:
        self._open.discard(end.transport)

    def later(self, action: Callable) -> None:
        """Do it after the delay."""
        self._last = time.monotonic()
        self._loop.call_later(self._delay, self._arrived, action)

    def _arrived(self, action: Callable) -> None:
        self._last = time.monotonic()
        action()


class _End(asyncio.Protocol):
    """One end of a connection through a relay: what it hears, the other end says."""

    def __init__(self, relay: Relay, other: "_End | None" = None):
        self._relay, self.other = relay, other
        self._delayed = False
        self._line: deque[Callable] = deque()  # what is on its way, in order
        if other is not None:
            other.other = self

    def connection_made(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self._relay.opened(self)

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"GET ") and DELAYED in data.split(b"\r\n", 1)[0]:
            self._delayed = self.other._delayed = True
        self._pass_on(partial(self.other.say, data))

    def say(self, data: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(data)

    def connection_lost(self, _) -> None:
        self._relay.closed(self)
        if self.other is not None:
            self._pass_on(self.other.transport.close)

    def _pass_on(self, action: Callable) -> None:
        if self._delayed:
            self._line.append(action)
            # by its place in the line: timers that are due together come in any order
            self._relay.later(lambda: self._line.popleft()())
        else:
            action()
