"""Side logins: small pools of roles that may do one thing, beside the reader's pool.

``cdp_auth`` reads users and keys through functions; ``cdp_audit`` inserts into the access log.
Scope: their connections and errors; not here: what they run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import asyncpg
from pydantic import SecretStr

from query_layer.errors import Code, code_for_sqlstate, database_error
from query_layer.settings import StartRefused

_POOL = 2  # connections: users and keys are cached, an insert takes a millisecond
_SECONDS = 2.0  # of waiting for a connection, and of a statement


class SideLogin:
    """A pool of one role; without an address it is off and every call is refused."""

    def __init__(self, url: SecretStr | None, variable: str) -> None:
        self._url = url
        self._variable = variable
        self._pool: Any = None

    @property
    def is_on(self) -> bool:
        """Whether an address is set."""
        return self._url is not None

    async def open(self) -> None:
        """Open the pool, if an address is set.

        Raises:
            StartRefused: The database does not respond, refuses the login, or the role is a
                superuser.
        """
        if self._url is None:
            return
        place = _place(self._url.get_secret_value())
        try:
            self._pool = await asyncpg.create_pool(
                self._url.get_secret_value(),
                min_size=1,
                max_size=_POOL,
                timeout=_SECONDS,
                command_timeout=_SECONDS,
                reset=_nothing_to_reset,
                server_settings={"application_name": "cdp-query", "statement_timeout": "2s"},
            )
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
            raise StartRefused(
                f"{place} of {self._variable} refused the login or does not respond "
                f"({type(error).__name__})"
            ) from error
        [row] = await self.fetch(
            "select session_user::text as role, rolsuper or rolbypassrls as is_mighty "
            "from pg_roles where rolname = session_user"
        )
        if row["is_mighty"]:
            await self.close()
            raise StartRefused(
                f"{self._variable} logs in as {row['role']}, which passes row security: it takes "
                "the role that was created for it"
            )

    async def close(self) -> None:
        """Close the pool."""
        if self._pool is not None:
            self._pool.terminate()
            self._pool = None

    async def fetch(self, query: str, *arguments: Any) -> list[Mapping[str, Any]]:
        """Run one statement and return its rows.

        Raises:
            ApiError: As of the reader's pool; DATABASE_UNAVAILABLE where the login is off.
        """
        if self._pool is None:
            raise database_error(Code.DATABASE_UNAVAILABLE)
        try:
            async with self._pool.acquire(timeout=_SECONDS) as connection:
                rows: list[Mapping[str, Any]] = await connection.fetch(query, *arguments)
                return rows
        except asyncpg.PostgresError as error:
            raise database_error(code_for_sqlstate(error.sqlstate)) from error
        except (OSError, asyncpg.InterfaceError) as error:  # TimeoutError is an OSError
            raise database_error(Code.DATABASE_UNAVAILABLE) from error


async def _nothing_to_reset(_: Any) -> None:
    """Reset nothing: these sessions set nothing."""


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"the database {parts.path.lstrip('/')} at {parts.hostname}"
