"""Whether a database responds: where it is, how fast it is, and why it does not respond.

Scope: one attempt to connect, and its failure in words; not here: which database it is
(``resources.postgres.database_urls``), or trying again (``resources.http.retry``).
"""

from __future__ import annotations

import time

import psycopg
from psycopg.conninfo import conninfo_to_dict

from cdp_assets.errors import TransientFailure

_CONNECT_SECONDS = 10
_EMBEDDED = "the embedded Postgres"
_NAMED = "correct the variable, or start that server; `cdp doctor` tries every database"
_EMBEDDED_RESTS = "`cdp up` starts it; `cdp doctor` tries every database"


def measure_connection(dsn: str, variable: str | None) -> float:
    """Return the seconds in which a database accepts a connection and executes one statement.

    Args:
        dsn: Its address; never logged.
        variable: The setting that names it; null for the embedded server.

    Raises:
        TransientFailure: It does not respond or refuses us; variable, host and port are named.
    """
    began = time.monotonic()
    try:
        with psycopg.connect(dsn, autocommit=True, connect_timeout=_CONNECT_SECONDS) as connection:
            connection.execute("select 1")
    except psycopg.OperationalError as error:
        raise connection_failure(dsn, variable, error) from None
    return time.monotonic() - began


def connection_failure(
    dsn: str, variable: str | None, error: psycopg.OperationalError, *, hint: str | None = None
) -> TransientFailure:
    """Return the failure to connect in words: setting, host, port, cause; no password."""
    return TransientFailure(
        failure_words(dsn, error),
        key=variable or _EMBEDDED,
        hint=hint or (_NAMED if variable else _EMBEDDED_RESTS),
    )


def failure_words(dsn: str, error: psycopg.OperationalError) -> str:
    """Return host and port, and why the server did not respond or refused us."""
    where = conninfo_to_dict(dsn)
    place = f"{where.get('host') or where.get('hostaddr') or 'localhost'}, "
    place += f"port {where.get('port') or 5432},"
    text = str(error).strip()
    if "FATAL:" in text:
        refusal = text.rpartition("FATAL:")[2].strip().partition("\n")[0]
        return f"{place} refuses the connection ({refusal})"
    cause = text.rpartition("failed: ")[2].partition("\n")[0]
    return f"{place} does not respond ({cause})"
