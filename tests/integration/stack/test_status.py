"""What ``cdp status`` says of the tables: failures of every kind, and alerts by rule."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from cdp_assets.cli.app import main
from cdp_assets.core.checks.alerts import CheckOutcome, apply_outcomes, describe_rules
from cdp_assets.settings import Settings, get_settings, publish_environment
from cdp_assets.stack import status
from cdp_assets.stack.status_tables import describe_tables
from resources.postgres.embedded_postgres import EmbeddedServer
from resources.postgres.migrator import migrate_down
from resources.postgres.migrator import status as migration_status

pytestmark = pytest.mark.integration

NOON = datetime(2026, 8, 12, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def lines(dsn: str) -> list[str]:
    return list(
        describe_tables(Settings(database_url=SecretStr(dsn), dagster_database_url=SecretStr(dsn)))
    )


def partition(
    connection: psycopg.Connection,
    asset: str,
    start: datetime | None,
    state: str,
    error: str | None,
) -> None:
    connection.execute(
        "insert into ops.asset_catalog (asset_key, description, owner, asset_group, layer, cadence)"
        " values (%s, '', '', '', '', %s) on conflict do nothing",
        [asset, "hourly" if start else "snapshot"],
    )
    connection.execute(
        "insert into ops.asset_partition_status (asset_key, partition_key, window_start, "
        "window_end, state, is_final, version, as_of, error_code) "
        "values (%s, %s, %s, %s, %s, true, 1, %s, %s)",
        [
            asset,
            f"{start:%Y-%m-%d-%H:%M}" if start else "",
            start,
            start and start + HOUR,
            state,
            NOON,
            error,
        ],
    )


def test_a_failed_check_is_counted_and_said(warehouse_dsn: str) -> None:
    with psycopg.connect(warehouse_dsn) as connection:
        partition(connection, "filplus/hours", NOON, "MATERIALIZED", None)
        partition(connection, "filplus/hours", NOON + HOUR, "CHECK_FAILED", "check:not_null")
        partition(connection, "filplus/hours", NOON + 2 * HOUR, "CHECK_FAILED", None)
        partition(connection, "filplus/hours", NOON - HOUR, "MATERIALIZED", "SourceUnavailable")
        partition(connection, "filplus/other", NOON, "FAILED", "SourceUnavailable")
        partition(connection, "filplus/things", None, "CHECK_FAILED", "check:not_null")
    assert lines(warehouse_dsn) == [
        "runs         0 queued, 0 running",
        "hourly       newest good 2026-08-12 12:00, 2 failed, 2 with a failed check",
        "snapshot     none is good, 0 failed, 1 with a failed check",
    ]


def test_a_database_without_tables_is_said_to_be_one(empty_dsn: str) -> None:
    assert lines(empty_dsn)[1:] == [
        "tables       none: the warehouse is not migrated, `cdp migrate` or `cdp refresh`"
    ]


def outcome(number: int, check: str, **other: object) -> CheckOutcome:
    values = {
        "kind": "check",
        "subject": "raw_dmob/deals",
        "check_name": check,
        "first": f"{number}",
        "last": f"{number}",
        "is_good": False,
        "failing": (),
        "severity": "WARN",
        "is_blocking": False,
        "message": "Rows\nbreak it.",
        "run_id": "r",
        "at": NOON + number * HOUR,
        **other,
    }
    return CheckOutcome(**values)  # type: ignore[arg-type]


def test_many_alerts_of_a_rule_are_one_line_and_bury_no_other(warehouse_dsn: str) -> None:
    invented = [outcome(number, "deals_have_a_client") for number in range(40)]
    others = [
        outcome(3, "hours_add_up", subject="filplus/hours"),
        outcome(4, "hours_add_up", subject="filplus/weeks"),
        outcome(1, "", kind="run", subject="hourly_job", severity="ERROR", is_blocking=True),
    ]
    with psycopg.connect(warehouse_dsn) as connection:
        apply_outcomes(connection, [*invented, *others])
        assert list(describe_rules(connection)) == [
            "ERROR runs of hourly_job: 1 open, failed 1 time, the newest since 2026-08-12 13:00",
            "WARN deals_have_a_client of raw_dmob/deals: 40 open, failed 40 times, "
            "the newest since 2026-08-14 03:00",
            "WARN hours_add_up of 2 tables: 2 open, failed 2 times, "
            "the newest since 2026-08-12 16:00",
            "`cdp status --alerts` lists each with its message",
        ]
        assert list(describe_rules(connection, limit=1))[1] == "and 2 more rules"


def test_status_imports_neither_dagster_nor_dbt() -> None:
    code = (
        "import sys, cdp_assets.cli.app, cdp_assets.stack.status; "
        "print([n for n in ('dagster', 'dbt') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture
def reader_of(server: EmbeddedServer) -> Iterator[Callable[[str], str]]:
    """Return the address of a database for a role that may only read the schema ``ops``."""
    made: list[str] = []

    def address(dsn: str) -> str:
        with psycopg.connect(dsn, autocommit=True) as owner:
            owner.execute("create role only_reads login")
            owner.execute("grant usage on schema ops to only_reads")
            owner.execute("grant select on all tables in schema ops to only_reads")
        made.append(dsn)
        return dsn.replace("postgres@", "only_reads@", 1)

    yield address
    for dsn in made:
        with psycopg.connect(dsn, autocommit=True) as owner:
            owner.execute("drop owned by only_reads")
            owner.execute("drop role only_reads")


@pytest.mark.parametrize("release", [None, "0032"])  # 0033 renames a table that is read for it
def test_status_only_reads_also_of_an_older_release(
    ready_dsn: str, reader_of: Callable[[str], str], release: str | None, tmp_path: Path
) -> None:
    """The role could neither migrate nor lock; an older migration stays where it is."""
    before = migration_status(ready_dsn)
    if release:
        migrate_down(ready_dsn, sum(one.revision > release for one in before))
        before = migration_status(ready_dsn)
    address = reader_of(ready_dsn)
    publish_environment(
        {
            "DATABASE_URL": address, "CDP_DAGSTER_DATABASE_URL": address,
            "CDP_STATE_DIR": str(tmp_path), "CDP_AS_OF": NOON.isoformat(),
        }
    )  # fmt: skip
    found = list(status.describe(get_settings(), [], with_stale=True, with_alerts=True))
    lacks = "unknown: the warehouse is of another release, `cdp migrate`"
    assert (f"stale        {lacks}" in found) is bool(release)
    assert migration_status(ready_dsn) == before
    assert list(tmp_path.iterdir()) == []


def test_a_help_text_looks_for_no_demo(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish_environment({"CDP_STATE_DIR": str(tmp_path)})
    (tmp_path / "demo.json").write_text("damaged")
    monkeypatch.setattr(sys, "argv", ["cdp", "status", "--help"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in (0, None)
    assert "Show processes" in capsys.readouterr().out
