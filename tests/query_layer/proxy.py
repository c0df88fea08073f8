"""A loopback door to the database that a test can shut, so that the server itself stays up."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit


class Door:
    """Forward connections to Postgres while open; a mute one takes them and passes nothing on."""

    def __init__(self, dsn: str) -> None:
        self._parts = urlsplit(dsn)
        self._server: asyncio.Server | None = None
        self._port = 0
        self.is_mute = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Let connections through, on the same port as before."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        """Break all connections and refuse new ones."""
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def dsn(self) -> str:
        """The address behind the door, without TLS: a door shut in a handshake upsets asyncpg."""
        place = self._parts.netloc.rpartition("@")[0]
        netloc = f"{place}@127.0.0.1:{self._port}"
        return urlunsplit(self._parts._replace(netloc=netloc, query="sslmode=disable"))

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(
            self._parts.hostname, self._parts.port
        )
        self._writers |= {writer, there_writer}
        for source, target in ((reader, there_writer), (there_reader, writer)):
            task = asyncio.create_task(self._pump(source, target))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65_536):
                if not self.is_mute:
                    target.write(data)
                    await target.drain()
        target.close()


@contextlib.asynccontextmanager
async def door_to(dsn: str) -> AsyncIterator[Door]:
    """Give an open door; shut it afterwards."""
    door = Door(dsn)
    await door.open()
    try:
        yield door
    finally:
        await door.shut()
