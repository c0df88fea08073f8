"""Backfills that the real daemon launches, as from the UI (U-03, U-06, U-31)."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta

import psutil
import psycopg
import pytest

from tests.e2e import graphql
from tests.e2e.conftest import Demo
from tests.e2e.demo_run import cdp, wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]

MONDAY = datetime(2026, 8, 3, tzinfo=UTC)
HOURS = [f"{MONDAY + timedelta(hours=n):%Y-%m-%d-%H:%M}" for n in range(168)]
ASSET = "filplus/client_claims_hourly"


def test_a_week_of_hours_is_one_run_and_completes_though_the_daemon_dies_in_between(
    demo: Demo,
) -> None:
    before = _content(demo)
    backfill_id = graphql.launch_backfill(demo, ASSET, HOURS)
    wait_until(lambda: graphql.backfill(demo, backfill_id)["runs"] != [], "a run of the backfill")
    _kill_daemon(demo)
    assert graphql.backfill(demo, backfill_id)["status"] == "REQUESTED"

    assert cdp(demo.environment, "up").code == 0
    wait_until(
        lambda: graphql.backfill(demo, backfill_id)["status"] not in ("REQUESTED", "COMPLETING"),
        "the end of the backfill",
    )
    found = graphql.backfill(demo, backfill_id)
    assert (found["status"], found["numPartitions"]) == ("COMPLETED_SUCCESS", 168)
    (run,) = found["runs"]
    assert run["status"] == "SUCCESS"
    assert _recorded(demo, run["runId"]) == (168, MONDAY, MONDAY + timedelta(days=7))
    assert _content(demo) == before


def test_a_run_tells_who_launched_it(demo: Demo) -> None:
    with _warehouse(demo) as connection:
        rows = connection.execute("select distinct launched_by from ops.runs").fetchall()
    assert ("demo",) in rows
    assert [row for row in rows if not row[0]] == []


def test_a_dry_run_prints_partitions_runs_and_an_estimate_and_makes_nothing(demo: Demo) -> None:
    before = _last_run(demo)
    done = cdp(
        demo.environment,
        "backfill",
        ASSET,
        "--from",
        "2026-08-03",
        "--to",
        "2026-08-10",
        "--dry-run",
    )
    assert done.code == 0, done.text
    assert f"{ASSET}: 168 partitions in 1 run, about " in done.text
    assert "2026-08-03-00:00 to 2026-08-09-23:00: 168 partitions" in done.text
    assert _last_run(demo) == before


def test_a_backfill_from_the_command_line_makes_every_partition_of_its_range(demo: Demo) -> None:
    before = _content(demo)
    done = cdp(
        demo.environment,
        "backfill",
        ASSET,
        "--from",
        "2026-08-03T22:00:00",
        "--to",
        "2026-08-04",
    )
    assert done.code == 0, done.text
    with _warehouse(demo) as connection:
        row = connection.execute(
            "select partitions, window_start, window_end, launched_by, outcome from ops.runs "
            "where asset_key = %s order by started_at desc limit 1",
            [ASSET],
        ).fetchone()
    assert row is not None
    start = MONDAY + timedelta(hours=22)
    assert row[:3] == (2, start, start + timedelta(hours=2))
    assert row[3].startswith("cli:")
    assert row[4] == "SUCCESS"
    assert _content(demo) == before


def test_a_selection_of_nothing_is_a_sentence_and_launches_nothing(demo: Demo) -> None:
    before = _last_run(demo)
    done = cdp(demo.environment, "refresh", "--select", "group:filplus_weakly")
    assert done.code == 1
    assert "Traceback" not in done.text
    assert "did you mean group:filplus_weekly" in done.text
    assert _last_run(demo) == before


def _kill_daemon(demo: Demo) -> None:
    record = json.loads((demo.state / "services" / "daemon.json").read_text())
    daemon = psutil.Process(record["pid"])
    daemon.kill()
    psutil.wait_procs([daemon], timeout=10)


def _recorded(demo: Demo, run_id: str) -> tuple[int, datetime, datetime]:
    with _warehouse(demo) as connection:
        row = connection.execute(
            "select partitions, window_start, window_end from ops.runs "
            "where run_id = %s and asset_key = %s",
            [run_id, ASSET],
        ).fetchone()
    assert row is not None
    return row[0], row[1], row[2]


def _last_run(demo: Demo) -> datetime:
    with _warehouse(demo) as connection:
        row = connection.execute("select max(started_at) from ops.runs").fetchone()
    assert row is not None
    assert isinstance(row[0], datetime)
    return row[0]


def _content(demo: Demo) -> str:
    with _warehouse(demo) as connection:
        rows = connection.execute(
            "select t.* from filplus.client_claims_hourly t where hour >= %s and hour < %s "
            "order by t.*::text",
            [MONDAY.replace(tzinfo=None), MONDAY.replace(tzinfo=None) + timedelta(days=7)],
        ).fetchall()
    assert rows
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def _warehouse(demo: Demo) -> psycopg.Connection[tuple[object, ...]]:
    record = json.loads((demo.state / "postgres.json").read_text())
    return psycopg.connect(
        host="127.0.0.1",
        port=record["port"],
        user="postgres",
        password=record["password"],
        dbname="warehouse",
        options="-c timezone=UTC",
    )
