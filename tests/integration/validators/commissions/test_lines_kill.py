"""Kill -9 in the middle of a period's lines, then the same work again: equal lines."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from cdp_assets.settings import publish_environment
from cdp_assets.validators.chains.chain_registry import Registry
from tests.integration.validators.conftest import current_bytes
from tests.integration.validators.payments import (
    NOW,
    RULE,
    Ledger,
    add_override,
    add_partner,
    add_periods,
    add_validators,
    add_version,
)

ROOT = Path(__file__).resolve().parents[4]
MAX_WAIT_SECONDS = 60


@pytest.fixture
def ledger(dsn: str, registry: Registry) -> Iterator[Ledger]:
    with earned(dsn, registry) as made:
        yield made


@contextmanager
def earned(dsn: str, registry: Registry) -> Iterator[Ledger]:
    """A period with P&L, an agreement and an override; its lines are not computed."""
    publish_environment({"CDP_AS_OF": NOW.isoformat()})
    with psycopg.connect(dsn, autocommit=True) as connection, connection.cursor() as cursor:
        add_periods(cursor, range(850, 853))
        add_partner(cursor)
        add_version(cursor, "A", RULE)
        add_validators(cursor, 850, A=9_007_199_254_740_993, B=700)
        add_override(cursor, "A", 850, 77)
        made = Ledger(dsn, registry, cursor)
        made.run(made.keys.client_stakes, [850])
        made.pnl(850)
        yield made


def blocked(ledger: Ledger) -> bool:
    """Return whether the worker has its rows in and waits to publish them."""
    return bool(
        ledger.query(
            "select 1 from pg_stat_activity where wait_event_type = 'Lock' "
            "and datname = current_database() and query like '%bump_version%' "
            "and pid <> pg_backend_pid()"
        )
    )


def wait_while(condition: bool, ledger: Ledger, statement: str) -> None:
    deadline = time.monotonic() + MAX_WAIT_SECONDS
    while bool(ledger.query(statement)) is condition:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_killed_before_it_publishes_nothing_is_written_and_again_gives_the_lines(
    ledger: Ledger, other_dsn: str
) -> None:
    arguments = ["write_lines", ledger.dsn, "http://127.0.0.1:9", NOW.isoformat(), "850", "850"]
    with psycopg.connect(ledger.dsn) as blocker:
        blocker.execute("lock table ops.asset_version in share mode")
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.validators.worker", *arguments], cwd=ROOT
        )
        try:
            deadline = time.monotonic() + MAX_WAIT_SECONDS
            while not blocked(ledger):
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.02)
        finally:
            process.kill()
            process.wait()
        assert ledger.rows() == []
    wait_while(
        True,
        ledger,
        "select 1 from pg_stat_activity where datname = current_database() "
        "and application_name = 'cdp'",
    )
    assert ledger.rows() == []
    assert ledger.query("select 1 from ops.computed_inputs where asset_key like '%lines'") == []
    ledger.lines(850)
    assert ledger.finals(850) == {"A": 77, "B": 0}
    once = ledger.rows()
    ledger.lines(850)
    assert ledger.rows() == once
    with earned(other_dsn, ledger.registry) as undisturbed:
        undisturbed.lines(850)
    table = "partner_commission_lines"
    expected = current_bytes(other_dsn, table)
    assert len(expected) == 2
    assert current_bytes(ledger.dsn, table) == expected
