"""A release is done fully or not at all: killed, launched twice, and what it closes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from cdp_assets.errors import CdpError, PermanentFailure
from cdp_assets.governance.audit_log import first_broken
from cdp_assets.validators.agreements.override_job import OverrideForm, change_override
from cdp_assets.validators.statements.states import Status
from tests.integration.validators.statements.statement_world import (
    ADMIN,
    ANN,
    BOB,
    CAT,
    CHAIN,
    StatementWorld,
)

ROOT = Path(__file__).resolve().parents[4]
MAX_WAIT_SECONDS = 60
_AUDIT_LOCK = "select pg_advisory_lock(hashtextextended('audit.log', 0))"
_WAITING = (
    "select 1 from pg_stat_activity where wait_event_type = 'Lock' "
    "and datname = current_database() and query like '%%advisory%%'"
)


@pytest.fixture
def approved(earned: StatementWorld) -> StatementWorld:
    """A world whose statement of August is approved."""
    earned.do("draft")
    earned.do("submit")
    earned.do("approve", ANN)
    earned.do("approve", BOB)
    return earned


@contextmanager
def held_audit_log(world: StatementWorld) -> Iterator[None]:
    """Hold the lock of the audit log: a release has written all but its last row."""
    with psycopg.connect(world.dsn, autocommit=True) as blocker:
        blocker.execute(_AUDIT_LOCK)
        yield


def wait_until_waiting(world: StatementWorld, count: int) -> None:
    """Wait for sessions that wait for the lock of the audit log."""
    deadline = time.monotonic() + MAX_WAIT_SECONDS
    while len(world.query(_WAITING)) < count:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_killed_during_a_release_it_is_released_fully_by_the_next_launch(
    approved: StatementWorld,
) -> None:
    before, logged = approved.remember(), approved.audit()
    command = [sys.executable, "-m", "tests.integration.validators.statements.worker"]
    with held_audit_log(approved):
        process = subprocess.Popen(
            [*command, approved.dsn, approved.now.isoformat()], cwd=ROOT, stderr=subprocess.DEVNULL
        )
        wait_until_waiting(approved, 1)
        process.kill()
        process.wait()
    deadline = time.monotonic() + MAX_WAIT_SECONDS
    while approved.query(
        "select 1 from pg_stat_activity where datname = current_database() "
        "and pid <> pg_backend_pid()"
    ):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert approved.remember() == before
    assert approved.audit() == logged
    released = approved.do("release", CAT)
    assert (released.status, released.total_native) == (Status.RELEASED, 60)
    with psycopg.connect(approved.dsn) as connection:
        assert first_broken(connection) is None
    assert [action for action, _ in approved.audit()][len(logged) :] == ["RELEASE_STATEMENT"]


def test_two_launches_at_once_release_it_once(approved: StatementWorld) -> None:
    outcomes: list[str] = []

    def launch() -> None:
        try:
            outcomes.append(StatementWorld(approved.dsn).do("release", CAT).status)
        except CdpError as refused:
            outcomes.append(str(refused))

    threads = [threading.Thread(target=launch) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "RELEASED" in outcomes
    assert any("`release` needs APPROVED" in outcome for outcome in outcomes)
    assert [action for action, _ in approved.audit()].count("RELEASE_STATEMENT") == 1


def test_a_closed_period_takes_no_override(approved: StatementWorld) -> None:
    approved.do("release", CAT)
    form = OverrideForm(
        action="create", agreement_id="A", chain_id=CHAIN, period_id="841", amount_native=1
    )
    with pytest.raises(PermanentFailure, match="841"), approved.change(ADMIN) as change:
        change_override(change, form)
    assert approved.query("select count(*) from governance.overrides") == [(0,)]


def test_the_database_refuses_to_change_what_was_released(approved: StatementWorld) -> None:
    released = approved.do("release", CAT)
    draft = approved.do("draft", month="2025-09")
    assert approved.items(draft)
    for statement in (
        "update validators.partner_statement_items set "
        f"statement_id = '{released.statement_id}' where statement_id = '{draft.statement_id}'",
        "update validators.partner_commission_statements set total_native = 61",
        "update validators.partner_commission_statements set status = 'DRAFT'",
        "delete from validators.partner_commission_statements",
        "update validators.partner_statement_items set amount_native = 1",
        "delete from validators.partner_statement_items",
        "truncate validators.partner_statement_items",
    ):
        with pytest.raises(psycopg.Error, match=r"never|truncate|not allowed|refuse"):
            approved.run(statement)
