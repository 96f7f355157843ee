"""A way to PostgreSQL that is cut in the middle of a COMMIT."""

import asyncio
from contextlib import suppress
from typing import Final, Literal

COMMIT: Final = b"COMMIT;\x00"

When = Literal["before", "after"]


class Cable:
    """Passes bytes between a service and PostgreSQL, and cuts one connection when it commits a certain change.

    `before`: PostgreSQL never hears of the COMMIT. `after`: it has committed, and its answer never arrives. The service
    cannot tell one from the other.
    """

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._armed: tuple[When, bytes] | None = None
        self._passing: set[asyncio.Task[None]] = set()
        self.cut = asyncio.Event()

    async def start(self) -> int:
        """Begin to listen; the port."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    def arm(self, when: When, about: bytes) -> None:
        """Cut the next connection that commits after it has sent these bytes; only that one."""
        self._armed = (when, about)
        self.cut.clear()

    async def stop(self) -> None:
        """Cut everything."""
        self._server.close()
        for task in self._passing:
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, to_there = await asyncio.open_connection(*self._to)
        swallow, answered = asyncio.Event(), asyncio.Event()
        both = {
            asyncio.create_task(self._out(reader, to_there, swallow, answered)),
            asyncio.create_task(self._back(there, writer, swallow, answered)),
        }
        self._passing |= both
        with suppress(asyncio.CancelledError):
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for task in both:
            task.cancel()
        self._passing -= both
        for one in (writer, to_there):
            one.transport.abort()

    async def _out(
        self,
        reader: asyncio.StreamReader,
        to_there: asyncio.StreamWriter,
        swallow: asyncio.Event,
        answered: asyncio.Event,
    ) -> None:
        seen = False
        while sent := await self._read(reader):
            if self._armed is not None:
                when, about = self._armed
                seen = seen or about in sent
                if seen and COMMIT in sent:
                    self._armed = None
                    if when == "after":
                        swallow.set()
                        to_there.write(sent)
                        await asyncio.wait_for(answered.wait(), 60)
                    self.cut.set()
                    return
            to_there.write(sent)

    async def _back(
        self,
        there: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        swallow: asyncio.Event,
        answered: asyncio.Event,
    ) -> None:
        while answer := await self._read(there):
            if swallow.is_set():
                answered.set()
            else:
                writer.write(answer)

    async def _read(self, reader: asyncio.StreamReader) -> bytes:
        try:
            return await reader.read(65_536)
        except ConnectionError:
            return b""
