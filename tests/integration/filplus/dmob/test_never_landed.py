"""What is built on a landing that was never filled is not made: an empty hour would be a lie.

However it is asked for: by a refresh, a backfill, a schedule, or a person in the UI.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import dagster as dg
import psycopg
import pytest

from cdp_assets import clock, partitions
from cdp_assets.cli import cli_session
from cdp_assets.core.planning.configured_sources import built_on_nothing
from cdp_assets.core.planning.domain_plan import PlannedRun
from cdp_assets.core.planning.planner import Refresher
from cdp_assets.core.runs.run_tags import range_tags
from cdp_assets.errors import BadConfiguration, MissingUpstream
from cdp_assets.filplus.jobs import DAILY_JOB, ENTITIES_JOB, HOURLY_JOB, WEEKLY_JOB
from cdp_assets.filplus.reports.report_tables import ALLOCATOR_TABLES, CLIENT_TABLES
from cdp_assets.settings import get_settings, publish_environment
from cdp_assets.stack import status
from resources.postgres.warehouse import Warehouse

pytestmark = pytest.mark.integration

HOURS = "filplus/unified_verified_deal_hourly"
REFUSAL = "was never landed, and a table built on it would be empty, as if the source had nothing"
FIRST = partitions.hours.start.astimezone(UTC)
DAY = (FIRST, FIRST + timedelta(days=1))
SILENT = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
NEEDS_NO_DEALS = "filplus/edition5_pathways"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def sitting(
    definitions: dg.Definitions, instance: dg.DagsterInstance, ready_dsn: str, said: list[str]
) -> cli_session.Session:
    """A sitting over a migrated warehouse into which nothing was ever landed."""
    refresher = Refresher(
        definitions,
        instance,
        Warehouse(url=ready_dsn),
        as_of=clock.now(),
        user="ann",
        progress=said.append,
    )
    return cli_session.Session(refresher, said.append)


def _made(dsn: str) -> list[tuple[str, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            "select asset_key from ops.asset_version "
            "union all select asset_key from ops.asset_partition_status"
        ).fetchall()


def _landed(dsn: str, graph: dg.AssetGraph) -> None:
    """Say of every landing that a sync has seen its source: it has no rows."""
    with psycopg.connect(dsn) as connection:
        connection.cursor().executemany(
            "insert into ops.asset_version values (%s, 1, now(), 'run')",
            [
                (key.to_user_string(),)
                for key in graph.materializable_asset_keys
                if key.path[0] == "raw_dmob"
            ],
        )


@pytest.mark.parametrize("sync", [True, False])
@pytest.mark.parametrize("selection", [[], [HOURS], ["group:filplus_weekly"], [f"{HOURS}+"]])
def test_without_a_source_nothing_is_made_however_it_is_asked(
    sitting: cli_session.Session, ready_dsn: str, selection: list[str], sync: bool
) -> None:
    with pytest.raises(BadConfiguration, match="no source configured"):
        sitting.refresh(selection, None, sync=sync)
    assert _made(ready_dsn) == []


@pytest.mark.parametrize("sync", [True, False])
def test_another_source_makes_no_hours_of_deals_that_were_never_landed(
    sitting: cli_session.Session, ready_dsn: str, sync: bool
) -> None:
    publish_environment({"CDP_GITHUB_API_URL": "http://127.0.0.1:1"})
    with pytest.raises(BadConfiguration, match=r"raw_dmob/unified_verified_deal was never landed"):
        sitting.refresh([HOURS], None, sync=sync)
    assert _made(ready_dsn) == []


@pytest.mark.parametrize(
    ("selection", "sync", "advice"),
    [
        ("filplus/allocator_registry", True, "`cdp refresh` without `--select` lands it"),
        ("filplus/allocator_registry", False, "`cdp refresh` without `--select` lands it"),
        (f"+{HOURS}", False, "`cdp refresh` without `--no-sync` lands it"),
    ],
)
def test_the_advice_is_what_would_land_it(
    sitting: cli_session.Session, selection: str, sync: bool, advice: str
) -> None:
    publish_environment({"DMOB_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"})
    with pytest.raises(BadConfiguration) as refusal:
        sitting.refresh([selection], None, sync=sync)
    assert advice in str(refusal.value)
    named = re.search(r"--select '(.+?)'", str(refusal.value))
    chosen = sitting.refresher.select([named[1] if named else selection])
    assert "raw_dmob/unified_verified_deal" in {key.to_user_string() for key in chosen}


def test_what_needs_no_deals_is_made_and_the_rest_is_told_with_its_cause(
    sitting: cli_session.Session, ready_dsn: str, said: list[str], tmp_path: object
) -> None:
    publish_environment({"CDP_EDITION5_SOURCE": str(tmp_path)})
    report = sitting.refresh([HOURS, NEEDS_NO_DEALS], None)
    assert "skipped: 1 asset, because raw_dmob/unified_verified_deal was never landed" in said
    assert len(report.runs) == 1  # it fails, for the folder is empty, but it was tried
    assert not any(key.endswith("_hourly") for (key,) in _made(ready_dsn))


def test_a_first_sync_that_fails_makes_no_hours_and_tells_its_own_cause(
    sitting: cli_session.Session, ready_dsn: str
) -> None:
    publish_environment({"DMOB_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"})
    report = sitting.refresh([f"+{HOURS}"], None)
    assert [run.name for run in report.failed] == ["dmob_sync"]
    assert len(report.runs) == 1
    assert {key.split("/")[0] for (key,) in _made(ready_dsn)} == {"raw_dmob"}  # it failed


def test_a_landing_without_rows_counts_and_a_new_relation_stops_only_what_reads_it(
    definitions: dg.Definitions, ready_dsn: str
) -> None:
    graph = definitions.resolve_asset_graph()
    landings = [k for k in graph.materializable_asset_keys if k.path[0] == "raw_dmob"]
    claims = dg.AssetKey(["raw_dmob", "dc_allocation_claim"])
    with psycopg.connect(ready_dsn) as connection:
        connection.cursor().executemany(
            "insert into ops.asset_version values (%s, 1, now(), 'run')",
            [(key.to_user_string(),) for key in landings if key != claims],
        )
        skipped = built_on_nothing(connection, graph, graph.materializable_asset_keys)
    assert set(skipped.values()) == {claims.to_user_string()}
    assert dg.AssetKey(HOURS.split("/")) not in skipped
    children = {k for k in graph.get(claims).child_keys if graph.get(k).is_materializable}
    assert children <= skipped.keys()


def test_every_run_of_what_lacks_a_landing_is_refused_and_leaves_nothing(
    sitting: cli_session.Session, ready_dsn: str
) -> None:
    """One run of each step of the graph, as the UI would launch it."""
    publish_environment({"DMOB_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"})
    graph = sitting.refresher.graph
    with psycopg.connect(ready_dsn) as connection:
        unmakeable = built_on_nothing(connection, graph, graph.materializable_asset_keys)
    steps = {id(graph.get(key).assets_def.op): key for key in sorted(unmakeable)}
    outcomes = {
        key.to_user_string(): sitting.refresher.launch(_first_range(graph, key))
        for key in sorted(steps.values())
    }
    assert len(outcomes) >= 10
    assert {HOURS, "intermediate/client_provider_totals"} & outcomes.keys()
    assert [key for key, one in outcomes.items() if REFUSAL not in (one.error or "")] == []
    assert all("`cdp refresh` lands it" in (one.error or "") for one in outcomes.values())
    assert _made(ready_dsn) == []


def _first_range(graph: dg.AssetGraph, key: dg.AssetKey) -> PlannedRun:
    keys, definition = tuple(sorted(graph.get(key).assets_def.keys)), graph.get(key).partitions_def
    if definition is None:
        return PlannedRun("by hand", keys, "", "", 1)
    first = definition.get_first_partition_key()
    assert first is not None
    return PlannedRun("by hand", keys, first, first, 1)


@pytest.mark.parametrize("name", [HOURLY_JOB, DAILY_JOB, WEEKLY_JOB, ENTITIES_JOB])
def test_the_job_of_a_schedule_is_refused(
    definitions: dg.Definitions, instance: dg.DagsterInstance, ready_dsn: str, name: str
) -> None:
    job = definitions.resolve_job_def(name)
    first = job.partitions_def.get_first_partition_key() if job.partitions_def else None
    result = job.execute_in_process(
        instance=instance,
        tags=range_tags(first or "", first or ""),
        raise_on_error=False,
        run_config=SILENT,
    )
    assert not result.success
    failed = result.filter_events(lambda event: event.is_step_failure)
    said = [str(event.step_failure_data.user_failure_data.description) for event in failed]
    assert any(REFUSAL in text for text in said), said
    assert not any(key.endswith(("_hourly", "_weekly")) for (key,) in _made(ready_dsn))
    assert result.filter_events(lambda event: event.is_step_up_for_retry) == []


@pytest.mark.parametrize("is_plan_alone", [True, False])
def test_a_backfill_is_refused_before_its_first_run(
    sitting: cli_session.Session, instance: dg.DagsterInstance, ready_dsn: str, is_plan_alone: bool
) -> None:
    with pytest.raises(MissingUpstream, match=REFUSAL) as refusal:
        sitting.backfill(HOURS, DAY, dry_run=is_plan_alone)
    assert str(refusal.value).startswith(f"{HOURS}: raw_dmob/unified_verified_deal was never")
    assert str(refusal.value).endswith("set DMOB_DATABASE_URL, then `cdp refresh`")
    assert instance.get_runs() == []
    assert _made(ready_dsn) == []


def test_hours_of_a_source_without_deals_are_made(
    sitting: cli_session.Session, ready_dsn: str
) -> None:
    _landed(ready_dsn, sitting.refresher.graph)
    assert sitting.backfill(HOURS, DAY, dry_run=False) == []
    with psycopg.connect(ready_dsn) as connection:
        rows = connection.execute(
            "select count(*), sum(row_count), count(distinct state), min(state) "
            "from ops.asset_partition_status where asset_key = %s",
            [HOURS],
        ).fetchone()
    assert rows == (24, 0, 1, "MATERIALIZED")


def test_what_lacks_a_landing_is_not_due_and_the_status_says_why(
    sitting: cli_session.Session, ready_dsn: str
) -> None:
    publish_environment({"CDP_AS_OF": datetime(2024, 2, 20, tzinfo=UTC).isoformat()})
    with psycopg.connect(ready_dsn) as connection:
        graph = sitting.refresher.graph
        unmakeable = built_on_nothing(connection, graph, graph.materializable_asset_keys)
    lines = list(status._stale(get_settings()))
    due = {line.split()[1].rstrip(":") for line in lines}
    assert due.isdisjoint(key.to_user_string() for key in unmakeable)
    assert any(
        line.startswith("stale        skipped: ")
        and line.endswith("because raw_dmob/unified_verified_deal was never landed")
        for line in lines
    )
    _landed(ready_dsn, graph)
    lines = list(status._stale(get_settings()))
    assert any(line.startswith(f"stale        {HOURS}: ") for line in lines)
    assert not any("skipped" in line for line in lines)


def test_reports_are_skipped_while_one_of_their_sources_has_no_address(
    definitions: dg.Definitions, instance: dg.DagsterInstance, ready_dsn: str, said: list[str]
) -> None:
    """With GitHub alone the run of reports was launched, and refused for want of IPNI's tables."""
    refresher = Refresher(
        definitions, instance, Warehouse(url=ready_dsn), as_of=clock.now(), user="ann",
        progress=said.append,
    )  # fmt: skip
    address = "http://127.0.0.1:1"
    reports = {dg.AssetKey(t.key.split("/")) for t in (*CLIENT_TABLES, *ALLOCATOR_TABLES)}
    publish_environment({"CDP_GITHUB_API_URL": address, "CDP_URL_FINDER_API_URL": address})
    assert not reports & refresher.select([])
    assert any("because CDP_CID_CONTACT_URL is not set" in line for line in said)
    publish_environment({"CDP_CID_CONTACT_URL": address})
    assert reports <= refresher.select([])
