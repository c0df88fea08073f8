"""A source as it was: rows that it received later are held back, and come back unchanged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from cdp_assets.units import time_to_height
from simulator.dmob.database import create_dmob
from simulator.dmob.held_rows import held_until, hold_back, release
from simulator.dmob.scale import DmobScale

pytestmark = pytest.mark.integration
START = datetime(2026, 7, 6, tzinfo=UTC)
END = datetime(2026, 8, 14, 12, tzinfo=UTC)
MIDDLE = datetime(2026, 7, 19, 20, tzinfo=UTC)
TABLES = (
    "unified_verified_deal",
    "dc_allocation_claim",
    "verifier_allowance",
    "verified_client_allowance",
    "unique_providers",
)


def _content(connection: psycopg.Connection) -> dict[str, tuple[int, str]]:
    return {
        table: connection.execute(
            f"select count(*), md5(string_agg(t::text, ';' order by t::text)) from {table} t"
        ).fetchone()
        for table in TABLES
    }  # type: ignore[misc]


def _newest(connection: psycopg.Connection) -> datetime:
    """Return the start of the newest deal that has a usable one and was created in time."""
    (height,) = connection.execute(
        'select max("height") from verified_client_allowance'
    ).fetchone() or (0,)
    return START + (height - time_to_height(START)) * timedelta(seconds=30)


def test_rows_come_back_as_the_clock_goes_on_and_all_are_there_at_the_end(empty_dsn: str) -> None:
    scale = DmobScale(
        deals=2_000, clients=20, providers=10, allocators=8, start=START, end=END, seed=3
    )
    with psycopg.connect(empty_dsn) as connection:
        create_dmob(connection, scale)
        whole = _content(connection)
        hold_back(connection, START)
        held = _content(connection)
        assert held_until(connection) == START
        assert _newest(connection) <= START
        release(connection, MIDDLE)
        middle = _content(connection)
        assert held_until(connection) == MIDDLE
        assert START < _newest(connection) <= MIDDLE
        release(connection, START)
        assert _content(connection) == middle, "time does not go back"
        assert held_until(connection) == MIDDLE
        release(connection)
        assert _content(connection) == whole
        assert held_until(connection) is None
        release(connection)
    assert held["unified_verified_deal"][0] < middle["unified_verified_deal"][0]
    assert middle["unified_verified_deal"][0] < whole["unified_verified_deal"][0]
