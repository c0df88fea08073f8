"""The warehouse as a Dagster resource: connections with our session settings, and table locks.

Belongs here: opening a connection as the writing role, one-writer-per-table locks. Does not: what
is written about a write (``resources.publication``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import dagster as dg
import psycopg

from cdp_assets.errors import TransientFailure
from resources.servers import addresses

_SESSION = (
    "select set_config('timezone', 'UTC', false), set_config('lock_timeout', '10s', false), "
    "set_config('idle_in_transaction_session_timeout', '30min', false)"
)
_BECOME_WRITER = """
do $$
begin
    if exists (
        select from pg_roles where rolname = 'cdp_writer' and pg_has_role(oid, 'member')
    ) then
        set role cdp_writer;
    end if;
end
$$
"""


class Warehouse(dg.ConfigurableResource[psycopg.Connection]):
    """The Postgres database that holds every table of the graph.

    Attributes:
        url: Address; empty takes ``DATABASE_URL`` or the embedded server when a run needs it,
            so that the address never stands in run configuration.
    """

    url: str = ""

    def address(self) -> str:
        """Return the address with its password; never log it."""
        return self.url or addresses().warehouse

    def connect(self, *, autocommit: bool = False, application: str = "cdp") -> psycopg.Connection:
        """Open a connection as role ``cdp_writer`` (where it exists) with the session in UTC.

        Raises:
            TransientFailure: The server does not answer.
        """
        try:
            connection = psycopg.connect(
                self.address(), autocommit=True, application_name=application, connect_timeout=10
            )
        except psycopg.OperationalError as error:
            raise TransientFailure(
                f"the warehouse does not answer ({str(error).splitlines()[0]})",
                hint="`cdp status` tells whether it runs; `cdp up` starts it",
            ) from None
        connection.execute(_SESSION)
        connection.execute(_BECOME_WRITER)
        connection.autocommit = autocommit
        return connection

    @contextmanager
    def lock_tables(self, asset_keys: Sequence[str]) -> Iterator[None]:
        """Hold the right to write the named tables; a second writer of one of them waits its turn.

        This is the pool of one per table: kept by the database, it also holds between a UI launch,
        the CLI and dbt, lets launches on different tables pass each other, and ends with a killed
        process. Locks are taken in sorted order, so two launches cannot wait for each other.
        """
        with self.connect(autocommit=True, application="cdp table lock") as connection:
            connection.execute("set lock_timeout = 0")
            connection.execute("set idle_in_transaction_session_timeout = 0")
            for key in sorted(set(asset_keys)):
                connection.execute(
                    "select pg_advisory_lock(hashtextextended(%s, 0))", [f"cdp table {key}"]
                )
            yield
