"""The warehouse as a Dagster resource: connections with our session settings, and locks of a run.

Scope: opening a connection as the writing role, what a run locks; not here: how a lock is taken
(``resources.postgres.locks``), what is published about a write (``resources.postgres.ops_status``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import dagster as dg
import psycopg

from cdp_assets.settings import get_settings
from resources.postgres.database_reach import connection_failure
from resources.postgres.database_urls import addresses
from resources.postgres.locks import application_name, disable_idle_timeouts, take_lock

# The server checks every ten seconds whether the client of a long statement is still there, and
# within two minutes on an idle connection, so a killed process or a dead machine holds no lock.
_SESSION = (
    "select set_config('timezone', 'UTC', false), set_config('lock_timeout', '10s', false), "
    "set_config('idle_in_transaction_session_timeout', '30min', false), "
    "set_config('client_connection_check_interval', '10s', false), "
    "set_config('tcp_keepalives_idle', '60', false), "
    "set_config('tcp_keepalives_interval', '20', false), "
    "set_config('tcp_keepalives_count', '3', false)"
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


def analyze_outgrown(cursor: psycopg.Cursor, *tables: str) -> None:
    """Analyze those of the tables that have outgrown their statistics, in the same transaction.

    For rows that a later statement of the transaction reads, temporary tables included; Postgres
    skips a plain ``analyze`` by a role that does not own the table, with a warning. The tables that
    a run wrote are analyzed by ``resources.postgres.ops_status.record_run``.
    """
    cursor.execute(
        "select ops.analyze_outgrown(t::regclass) from unnest(%s::text[]) t", [[*tables]]
    )


class Warehouse(dg.ConfigurableResource[psycopg.Connection]):
    """The Postgres database that holds every table of the graph.

    Attributes:
        url: Address; empty takes ``DATABASE_URL`` or the embedded server when a run needs it,
            so that the address is never in run configuration.
    """

    url: str = ""

    def address(self) -> str:
        """Return the address with its password; never log it."""
        return self.url or addresses().warehouse

    def connect(
        self, *, autocommit: bool = False, application: str = "cdp", is_read_only: bool = False
    ) -> psycopg.Connection:
        """Open a connection as role ``cdp_writer`` (where it exists) with the session in UTC.

        Args:
            autocommit: Each statement is a transaction of its own.
            application: The connection's name in the server's list.
            is_read_only: Postgres refuses every write. Without autocommit all statements up to a
                commit see one state of the database.

        Raises:
            TransientFailure: The server does not respond.
        """
        try:
            connection = psycopg.connect(
                self.address(), autocommit=True, application_name=application, connect_timeout=10
            )
        except psycopg.OperationalError as error:
            named = None if self.url or get_settings().database_url is None else "DATABASE_URL"
            raise connection_failure(
                self.address(),
                named,
                error,
                hint="`cdp status` shows whether it runs; `cdp up` starts it",
            ) from None
        connection.execute(_SESSION)
        connection.execute(_BECOME_WRITER)
        connection.autocommit = autocommit
        if is_read_only:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return connection

    @contextmanager
    def lock_tables(
        self, asset_keys: Sequence[str], *, source: str | None = None
    ) -> Iterator[None]:
        """Hold the right to write the named tables, and to land from a source; others wait in line.

        The database holds these locks, so they also work between a UI launch, the CLI and dbt, let
        launches on different tables and sources run side by side, and end with a killed process.
        They are taken in sorted order, so two launches cannot wait for each other.

        Args:
            asset_keys: The tables that are written.
            source: The outside source that is requested: one run at a time lands from it.

        Raises:
            TransientFailure: Another run holds one of them longer than ``CDP_LOCK_WAIT_SECONDS``.
        """
        names = {f"cdp table {key}" for key in asset_keys}
        names |= {f"cdp source {source}"} if source else set()
        wait = get_settings().lock_wait_seconds
        with self.connect(autocommit=True, application=application_name("lock")) as connection:
            disable_idle_timeouts(connection)
            for name in sorted(names):
                take_lock(connection, name, wait)
            yield
