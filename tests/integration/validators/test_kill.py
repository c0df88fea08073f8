"""Kill -9 at the worst moments, then the same work again: equal tables."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from simulator.server.faults import FaultRule
from tests.integration.validators.conftest import (
    AS_OF,
    FIRST,
    Station,
    current_bytes,
    load_epoch,
    validator,
)

ROOT = Path(__file__).resolve().parents[3]
MAX_WAIT_SECONDS = 60


@pytest.fixture
def ended(station: Station) -> Station:
    return end_epoch(station)


def end_epoch(station: Station) -> Station:
    """Observe an epoch of two validators and let it end."""
    load_epoch(
        station.node,
        [validator("A", 9_007_199_254_740_993, slots=48), validator("B", 700, slots=48)],
    )
    station.observed_and_ended(933)
    return station


def assert_as_undisturbed(killed: Station, other_dsn: str) -> None:
    """Fetch and write the same in another warehouse, and compare all that readers see."""
    killed.node.world.clock.set(AS_OF)
    undisturbed = Station(other_dsn, killed.node, killed.registry)
    undisturbed.configure()
    end_epoch(undisturbed).fees(933)
    table = "canonical_validator_fees"
    expected = current_bytes(other_dsn, table)
    assert len(expected) == 2
    assert current_bytes(killed.dsn, table) == expected


@contextmanager
def worker(station: Station, step: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that does one step; killed at the end whatever happens."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.integration.validators.worker",
            step,
            station.dsn,
            station.node.url,
            station.now.isoformat(),
            "933",
            str(FIRST),
        ],
        cwd=ROOT,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Wait for a condition that another process brings about."""
    deadline = time.monotonic() + MAX_WAIT_SECONDS
    while not condition():
        assert process.poll() is None, (process.stderr and process.stderr.read() or b"").decode()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_killed_while_it_fetches_the_next_fetch_ends_equal(ended: Station, other_dsn: str) -> None:
    world = ended.node.world
    world.faults.rules.append(FaultRule("timeout", body='"getBlock"', after=1, seconds=60))
    with worker(ended, "stage_fees") as process:
        wait_until(lambda: world.journal.faults["timeout"] > 0, process)
    world.faults.rules.clear()
    assert ended.query("select status from ops.ingestion_runs where data_type = 'FEES'") == [
        ("RUNNING",)
    ]
    assert ended.query("select count(*) > 0 from staging.staging_fees where role = 'part'") == [
        (True,)
    ]
    assert ended.query("select 1 from staging.staging_fees where role = 'manifest'") == []
    ended.fees(933)
    assert [row[:2] for row in ended.current_fees(933)] == [
        ("A", 9_007_199_254_740_993),
        ("B", 700),
    ]
    assert ended.query(
        "select status, error_code from ops.ingestion_runs where data_type = 'FEES' order by status"
    ) == [("FAILED", "Abandoned"), ("SUCCESS", None)]
    assert_as_undisturbed(ended, other_dsn)


def test_killed_between_staging_and_canonical_nothing_is_half_written(
    ended: Station, other_dsn: str
) -> None:
    ended.stage_fees(933)
    version = "select coalesce(max(version), 0) from ops.asset_version where asset_key like %s"
    before = ended.query(version, "%canonical_validator_fees")
    with psycopg.connect(ended.dsn) as blocker:
        # The rows are in; the publication waits for a lock that the test holds.
        blocker.execute("lock table ops.asset_version in share mode")
        with worker(ended, "write_fees") as process:
            wait_until(
                lambda: (
                    ended.query(
                        "select 1 from pg_stat_activity where wait_event_type = 'Lock' "
                        "and datname = current_database() and query like '%%ops.bump_version%%' "
                        "and pid <> pg_backend_pid()"
                    )
                    != []
                ),
                process,
            )
            assert ended.current_fees(933) == []
    wait_for_end_of_killed_session(ended)
    assert ended.current_fees(933) == []
    assert ended.query(version, "%canonical_validator_fees") == before
    ended.write_fees(933)
    assert [row[:2] for row in ended.current_fees(933)] == [
        ("A", 9_007_199_254_740_993),
        ("B", 700),
    ]
    assert ended.query("select max(version) from validators.canonical_validator_fees") == [(1,)]
    assert_as_undisturbed(ended, other_dsn)


def wait_for_end_of_killed_session(station: Station) -> None:
    """The server notices a dead client when it answers; only then its locks are free."""
    deadline = time.monotonic() + MAX_WAIT_SECONDS
    while station.query(
        "select 1 from pg_stat_activity where datname = current_database() "
        "and application_name = 'cdp'"
    ):
        assert time.monotonic() < deadline
        time.sleep(0.02)
