"""The database: one pool, and reading in one kind of transaction.

Every read is one ``REPEATABLE READ, READ ONLY`` transaction whose first statement sets the caller's
claims, the correlation id and the time limits, transaction-local. The role behind it cannot write;
``require_reader`` refuses one that can. Scope: connections and their errors; not here: which
statements are run (``query_layer.read.statements``).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import asyncpg

from query_layer.auth.claims import ANONYMOUS, Claims
from query_layer.errors import Code, code_for_sqlstate, database_error
from query_layer.http.correlation import current
from query_layer.read.statements import statement
from query_layer.settings import Settings, StartRefused

_APPLICATION_NAME = "cdp-query"  # of idle connections; in a transaction it is the correlation id
_APPLICATION_NAME_LENGTH = 63  # Postgres cuts at NAMEDATALEN - 1
_CLOSE_SECONDS = 5.0
_EXPORTS = 2  # at once in one process (query_layer.md §8)
_GRACE_SECONDS = 2.0  # beyond statement_timeout: then the server itself is gone

T = TypeVar("T")


class Reader(Protocol):
    """What a function may do inside a transaction."""

    async def fetch(self, query: str, *args: Any) -> list[Mapping[str, Any]]:
        """Return all rows."""

    async def fetchval(self, query: str, *args: Any) -> Any:
        """Return the first column of the first row."""

    async def copy_from_query(self, query: str, *args: Any, output: Any, **options: Any) -> str:
        """Write all rows to a function of bytes; each call has whole rows. Return ``COPY n``."""


@dataclass(frozen=True)
class PoolLimits:
    """The limits of one pool.

    Attributes:
        smallest: Connections always open.
        largest: Most connections.
        statement_timeout_ms: Longest statement.
    """

    smallest: int
    largest: int
    statement_timeout_ms: int


def read_limits(settings: Settings) -> PoolLimits:
    """Return the limits of the pool that pages are read from."""
    return PoolLimits(settings.pool_min, settings.pool_max, settings.statement_timeout_ms)


def export_limits(settings: Settings) -> PoolLimits:
    """Return the limits of the pool of exports: they would take all connections of the pages."""
    return PoolLimits(0, _EXPORTS, settings.export_statement_timeout_ms)


class Database:
    """The pool of one process. Its errors are those of the catalogue."""

    def __init__(self, settings: Settings, limits: PoolLimits | None = None) -> None:
        self._settings = settings
        self._limits = limits or read_limits(settings)
        self._pool: Any = None
        self.waiting = 0

    async def open(self) -> None:
        """Open the pool.

        Raises:
            StartRefused: The database does not respond or refuses the login.
        """
        url = self._settings.database_url.get_secret_value()
        try:
            self._pool = await asyncpg.create_pool(
                url,
                min_size=self._limits.smallest,
                max_size=self._limits.largest,
                timeout=self._settings.pool_acquire_seconds,
                command_timeout=self._limits.statement_timeout_ms / 1_000 + _GRACE_SECONDS,
                server_settings={"application_name": _APPLICATION_NAME},
                reset=_nothing_to_reset,
            )
        except asyncpg.PostgresError as error:
            raise StartRefused(f"{_place(url)} refused the login: {error.args[0]}") from error
        except OSError as error:
            raise StartRefused(
                f"{_place(url)} does not respond: start it, or set CDP_QUERY_DATABASE_URL"
            ) from error
        except (asyncpg.InterfaceError, ValueError) as error:
            raise StartRefused("CDP_QUERY_DATABASE_URL is not an address of Postgres") from error

    async def close(self) -> None:
        """Close the pool, waiting a little for requests in progress."""
        if self._pool is None:
            return
        try:
            await asyncio.wait_for(self._pool.close(), _CLOSE_SECONDS)
        except TimeoutError:
            self._pool.terminate()
        self._pool = None

    async def read(
        self, claims: Claims, work: Callable[[Reader], Awaitable[T]], *, repeats: bool = True
    ) -> T:
        """Run work in one read-only transaction as an identity and return what it returns.

        A rebuilt view can make a prepared statement invalid inside a transaction; the
        transaction is then tried once more (query_layer.md §12, 3), unless the work may not be.

        Raises:
            ApiError: REQUEST_TIMEOUT, ASSET_REBUILDING, POOL_EXHAUSTED, DATABASE_UNAVAILABLE, or
                INTERNAL_ERROR for any other error of the database.
        """
        try:
            try:
                return await self._transaction(claims, work)
            except asyncpg.InvalidCachedStatementError:
                if not repeats:
                    raise
                return await self._transaction(claims, work)
        except asyncpg.PostgresError as error:
            raise database_error(code_for_sqlstate(error.sqlstate)) from error
        except OSError as error:  # refused, reset, or silent beyond the statement timeout
            raise database_error(Code.DATABASE_UNAVAILABLE) from error
        except asyncpg.InterfaceError as error:
            is_ours = isinstance(error, ValueError)  # an argument that does not fit its statement
            code = Code.INTERNAL_ERROR if is_ours else Code.DATABASE_UNAVAILABLE
            raise database_error(code) from error

    async def ping(self) -> float:
        """Return the seconds that the smallest transaction takes."""
        start = time.monotonic()

        async def select_one(reader: Reader) -> None:
            await reader.fetchval("select 1")

        await self.read(ANONYMOUS, select_one)
        return time.monotonic() - start

    @property
    def size(self) -> int:
        """Open connections."""
        return 0 if self._pool is None else int(self._pool.get_size())

    @property
    def active(self) -> int:
        """Connections in use."""
        return 0 if self._pool is None else self._pool.get_size() - self._pool.get_idle_size()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        if self._pool is None:
            raise database_error(Code.DATABASE_UNAVAILABLE)
        self.waiting += 1
        try:
            connection = await self._pool.acquire(timeout=self._settings.pool_acquire_seconds)
        except TimeoutError as error:
            # With connections left to open, the wait is for the server.
            is_full = self._pool.get_size() >= self._limits.largest
            code = Code.POOL_EXHAUSTED if is_full else Code.DATABASE_UNAVAILABLE
            raise database_error(code) from error
        finally:
            self.waiting -= 1
        try:
            yield connection
        finally:
            await self._pool.release(connection)

    async def _transaction(self, claims: Claims, work: Callable[[Reader], Awaitable[T]]) -> T:
        async with (
            self._connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            await connection.fetch(
                statement("begin"),
                *claims.session_values(),
                (current.get() or _APPLICATION_NAME)[:_APPLICATION_NAME_LENGTH],
                f"{self._limits.statement_timeout_ms}ms",
                f"{self._settings.lock_timeout_ms}ms",
            )
            return await work(connection)


async def require_reader(database: Database, settings: Settings) -> None:
    """Refuse to start with a role that could write.

    Raises:
        StartRefused: The role is a superuser, bypasses row security or may write a table, and the
            development switch is off.
    """

    async def look(reader: Reader) -> Mapping[str, Any]:
        return (await reader.fetch(statement("reader_rights")))[0]

    rights = await database.read(ANONYMOUS, look)
    if rights["reason"] is not None and settings.allow_writing_role == "off":
        raise StartRefused(
            f"the database role {rights['role']} is not a reader, {rights['reason']}: log in as "
            "api_ro in CDP_QUERY_DATABASE_URL, or for development set "
            "CDP_QUERY_ALLOW_WRITING_ROLE=on"
        )


async def _nothing_to_reset(_: Any) -> None:
    """Reset nothing: all our settings ended with the transaction (17 % less CPU)."""


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"the database {parts.path.lstrip('/')} at {parts.hostname}:{parts.port or 5432}"
