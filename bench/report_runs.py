"""Two daily report runs for many allocators and clients: seconds, memory and statements.

The second run also compares with the first. A smaller world shows whether statements are per batch
or per client. Scope: measuring. Not here: the rows (``bench.report_world``).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql

from bench.machine import peak_mb
from bench.report_world import fill_report_world
from cdp_assets.filplus.reports.generation import (
    GenerationReport,
    generate_allocator_reports,
    generate_client_reports,
)
from cdp_assets.filplus.scoring.rules import load_rules
from resources.postgres.embedded_postgres import create_database

_FIRST = datetime(2025, 3, 6, tzinfo=UTC)
_CLIENT_HOUR, _ALLOCATOR_HOUR = timedelta(hours=1), timedelta(hours=6)
_FEW_CLIENTS = 5


class CountingCursor(psycopg.Cursor[Any]):
    """A cursor that counts the statements sent to the server, COPY included."""

    sent = 0

    def execute(self, *arguments: Any, **named: Any) -> Any:
        """Count one statement."""
        CountingCursor.sent += 1
        return super().execute(*arguments, **named)

    def executemany(self, query: Any, params_seq: Any, **named: Any) -> Any:
        """Count one statement per row, as the server receives them."""
        rows = list(params_seq)
        CountingCursor.sent += len(rows)
        return super().executemany(query, rows, **named)

    def copy(self, *arguments: Any, **named: Any) -> Any:
        """Count one statement."""
        CountingCursor.sent += 1
        return super().copy(*arguments, **named)


def measure_reports(admin: str, template: str, allocators: int, clients: int) -> dict[str, object]:
    """Return seconds, statements and rows of two daily runs, and the statements of few clients."""
    few = _runs(admin, template, allocators, min(_FEW_CLIENTS, clients - 1))
    many = _runs(admin, template, allocators, clients)
    return {
        "allocators": allocators,
        "clients": clients,
        "runs": many,
        "statements_of_few": [run["statements"] for run in few],
        "peak_mb": peak_mb(),
    }


def _runs(admin: str, template: str, allocators: int, clients: int) -> list[dict[str, Any]]:
    name = f"reports_{clients}"
    create_database(admin, name, template=template)
    try:
        address = f"{admin.rsplit('/', 1)[0]}/{name}"
        with psycopg.connect(address) as connection:
            fill_report_world(connection, allocators, clients, _FIRST)
        with psycopg.connect(address, cursor_factory=CountingCursor) as connection:
            connection.execute("set timezone = 'UTC'")
            connection.commit()
            return [_run(connection, _FIRST + timedelta(days=day)) for day in range(2)]
    finally:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(
                sql.SQL("drop database {} with (force)").format(sql.Identifier(name))
            )


def _run(connection: psycopg.Connection[Any], day: datetime) -> dict[str, Any]:
    begun, spent = CountingCursor.sent, time.process_time()
    clients, client_seconds = _batch(connection, generate_client_reports, day + _CLIENT_HOUR)
    allocators, seconds = _batch(connection, generate_allocator_reports, day + _ALLOCATOR_HOUR)
    return {
        "client_reports": clients.entities,
        "client_seconds": client_seconds,
        "allocator_reports": allocators.entities,
        "allocator_seconds": seconds,
        "cpu": time.process_time() - spent,
        "rows": sum(clients.rows.values()) + sum(allocators.rows.values()),
        "statements": CountingCursor.sent - begun,
    }


def _batch(
    connection: psycopg.Connection[Any],
    generate: Callable[..., GenerationReport],
    now: datetime,
) -> tuple[GenerationReport, float]:
    """Write the reports of one kind in one transaction, commit included."""
    started = time.monotonic()
    with connection.transaction(), connection.cursor() as cursor:
        done = generate(connection, cursor, now, load_rules())
    return done, time.monotonic() - started


if __name__ == "__main__":
    print(json.dumps(measure_reports(**json.loads(sys.argv[1]))))
