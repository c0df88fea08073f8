"""Report assets in the framework: a night's two families, past days, one entity, alerts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import dagster as dg
import psycopg
import pytest

from cdp_assets import partitions
from cdp_assets.core.planning.staleness import StalePartition, stale_partitions
from cdp_assets.filplus.report_inputs import client_deals
from cdp_assets.filplus.reports.entity_job import entity_report_job
from cdp_assets.filplus.reports.report_assets import build_report_assets
from cdp_assets.filplus.reports.report_tables import ALLOCATOR_TABLES, CLIENT_TABLES, ReportTable
from cdp_assets.governance.audit_log import AuditEntry, append, first_broken
from cdp_assets.settings import publish_environment
from resources.postgres.embedded_postgres import EmbeddedServer
from tests.conftest import fresh_database
from tests.integration.conftest import environment
from tests.integration.filplus.command import waiting_sessions
from tests.integration.filplus.conftest import copied_world
from tests.integration.filplus.report_world import NOW, TIB, ReportWorld

pytestmark = pytest.mark.integration
CLIENTS, ALLOCATORS, ALERTS = build_report_assets(frozenset())
TODAY = "2026-03-15"


def run(
    world: ReportWorld, assets: list[dg.AssetsDefinition], key: str = TODAY
) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        assets,
        partition_key=key,
        resources={"warehouse": world.warehouse()},
        selection=[k for a in assets for k in a.keys],
        raise_on_error=False,
    )


@pytest.fixture(scope="module")
def night(
    server: EmbeddedServer, ready_template: str
) -> Iterator[tuple[str, dg.ExecuteInProcessResult]]:
    """Address of a warehouse with the standard world after a night's run, and that run."""
    for dsn in fresh_database(server, ready_template):
        with ReportWorld.empty(dsn) as made, environment({"CDP_AS_OF": NOW.isoformat()}):
            made.shown_to_runs().standard()
            result = run(made, [CLIENTS, ALLOCATORS, ALERTS])
        yield dsn, result


@pytest.fixture
def next_world(
    server: EmbeddedServer, night: tuple[str, dg.ExecuteInProcessResult]
) -> Iterator[ReportWorld]:
    """A copy of that warehouse for a test that goes on from there."""
    publish_environment({"CDP_AS_OF": NOW.isoformat()})
    for copy in copied_world(server, night[0]):
        yield copy.shown_to_runs()


def failed_checks(result: dg.ExecuteInProcessResult) -> list[str]:
    return [e.check_name for e in result.get_asset_check_evaluations() if not e.passed]


def test_a_night_publishes_every_table_with_good_checks(
    night: tuple[str, dg.ExecuteInProcessResult], next_world: ReportWorld
) -> None:
    _, result = night
    assert result.success
    assert failed_checks(result) == []
    names = {table.key for table in (*CLIENT_TABLES, *ALLOCATOR_TABLES)}
    status = _published(next_world)
    assert set(status) == names | {"filplus/compliance_alerts"}
    assert {state for state, _ in status.values()} == {"MATERIALIZED"}
    for table in (*CLIENT_TABLES, *ALLOCATOR_TABLES):
        ((stored,),) = next_world.rows(f"select count(*) from filplus.{table.name}")
        assert status[table.key][1] == stored, table.name
        assert stored > 0, table.name


def test_running_the_night_again_changes_no_row_and_no_version(next_world: ReportWorld) -> None:
    before = next_world.rows("select asset_key, version from ops.asset_version order by 1")
    assert run(next_world, [CLIENTS, ALLOCATORS]).success
    assert next_world.rows("select asset_key, version from ops.asset_version order by 1") == before


def test_a_past_day_is_not_made_from_the_present(run_world: ReportWorld) -> None:
    run_world.standard()
    assert run(run_world, [CLIENTS, ALLOCATORS, ALERTS], "2026-03-10").success
    assert run_world.rows("select count(*) from filplus.client_report") == [(0,)]
    states = run_world.rows("select distinct state from ops.asset_partition_status")
    assert states == [("NOT_OBSERVED",)]


def test_a_past_day_with_reports_keeps_them(next_world: ReportWorld) -> None:
    stored = next_world.rows("select * from filplus.client_report order by id")
    publish_environment({"CDP_AS_OF": (NOW + timedelta(days=1)).isoformat()})
    assert run(next_world, [CLIENTS]).success
    assert next_world.rows("select * from filplus.client_report order by id") == stored
    assert next_world.rows(
        "select state, is_final, row_count from ops.asset_partition_status "
        "where asset_key = 'filplus/client_report'",
    ) == [("MATERIALIZED", True, 4)]


def test_an_issued_report_is_not_due_again_on_its_day_though_its_inputs_change(
    next_world: ReportWorld,
) -> None:
    next_world.connection.execute(
        "update ops.asset_partition_status set version = version + 9 "
        "where asset_key = 'filplus/client_report'"
    )
    graph = dg.Definitions(
        assets=[CLIENTS, ALLOCATORS], resources={"warehouse": next_world.warehouse()}
    ).resolve_asset_graph()
    key = dg.AssetKey(ALLOCATOR_TABLES[0].key.split("/"))
    start = partitions.floor_day(NOW)

    def due(as_of: datetime) -> list[StalePartition]:
        window = (start, partitions.floor_day(as_of) + timedelta(days=1))
        return stale_partitions(next_world.connection, graph, [key], window, as_of).get(key, [])

    assert due(NOW) == []
    assert due(NOW + timedelta(hours=1)) == []
    assert due(NOW + timedelta(days=1)) == [
        StalePartition(TODAY, "open"),
        StalePartition("2026-03-16", "missing"),
    ]


def test_an_unknown_allocator_is_a_warning_that_names_it(run_world: ReportWorld) -> None:
    run_world.standard()
    run_world.registry("f0399")
    result = run(run_world, [CLIENTS, ALLOCATORS])
    assert result.success
    (evaluation,) = [e for e in result.get_asset_check_evaluations() if not e.passed]
    assert evaluation.check_name == "every_registered_allocator_has_a_report"
    assert evaluation.severity is dg.AssetCheckSeverity.WARN
    assert "f0399" in evaluation.metadata["skipped"].value


def test_a_failure_leaves_no_half_report_and_says_why(run_world: ReportWorld) -> None:
    run_world.standard()
    run(run_world, [CLIENTS])
    run_world.connection.execute(
        "alter table filplus.allocator_score_explained add check (component <> 'CID_SHARING')"
    )
    assert not run(run_world, [ALLOCATORS]).success
    for table in ALLOCATOR_TABLES:
        assert run_world.rows(f"select count(*) from filplus.{table.name}") == [(0,)], table.name
    ((message,),) = run_world.rows(
        "select error_message from ops.asset_partition_status "
        "where asset_key = 'filplus/allocator_report'",
    )
    assert "CheckViolation" in message


@pytest.fixture
def doubled_midway(run_world: ReportWorld, monkeypatch: pytest.MonkeyPatch) -> ReportWorld:
    """The standard world, in which another session doubles all data while a report is read."""
    run_world.standard()
    read_pairs = client_deals.pair_sizes

    def read_then_double(*arguments: Any) -> Any:
        found = read_pairs(*arguments)
        for table in ("client_provider_distribution", "client_replica_distribution"):
            run_world.connection.execute(
                f"update filplus.{table} set total_deal_size = 2 * total_deal_size"
            )
        return found

    monkeypatch.setattr(client_deals, "pair_sizes", read_then_double)
    return run_world


_SIZES = {
    "client": """
        select (select sum(d.total_deal_size) from
            filplus.client_report_storage_provider_distribution d where d.client_report_id = r.id),
            (select sum(d.total_deal_size) from
            filplus.client_report_replica_distribution d where d.client_report_id = r.id)
        from filplus.client_report r where r.client = 'f0100'
    """,
    "allocator": """
        select (select sum(d.total_deal_size) from
            filplus.allocator_report_storage_provider_distribution d
            where d.allocator_report_id = r.id),
            (select sum(d.total_deal_size) from
            filplus.allocator_report_client_replica_distribution d
            where d.allocator_report_id = r.id)
        from filplus.allocator_report r where r.allocator = 'f0301'
    """,
}  # bytes by provider, bytes by replica


@pytest.mark.parametrize("kind", ["client", "allocator"])
def test_what_another_session_commits_in_the_middle_tears_no_report_of_a_night(
    doubled_midway: ReportWorld, kind: str
) -> None:
    assert run(doubled_midway, [CLIENTS if kind == "client" else ALLOCATORS]).success
    assert doubled_midway.rows(_SIZES[kind]) == [(10 * TIB, 10 * TIB)]


@pytest.mark.parametrize(("kind", "entity"), [("client", "f0100"), ("allocator", "f0301")])
def test_what_another_session_commits_in_the_middle_tears_no_report_of_one_entity(
    doubled_midway: ReportWorld, kind: str, entity: str
) -> None:
    assert _launch(doubled_midway, kind=kind, entity=entity, reason="asked by governance").success
    assert doubled_midway.rows(_SIZES[kind]) == [(10 * TIB, 10 * TIB)]


def _launch(run_world: ReportWorld, **config: str) -> dg.ExecuteInProcessResult:
    return entity_report_job.execute_in_process(
        tags={"user": "ann"},
        run_config={"ops": {"build_entity_report": {"config": config}}},
        resources={"warehouse": run_world.warehouse()},
        raise_on_error=False,
    )


def _labels(result: dg.ExecuteInProcessResult) -> dict[str, object]:
    """Return what the step says of its end."""
    (output,) = result.filter_events(lambda event: event.is_successful_output)
    metadata = output.step_output_data.metadata
    return {label: value.value for label, value in metadata.items()}


@pytest.mark.parametrize(("kind", "entity"), [("client", "f0101"), ("allocator", "f2f0300")])
def test_one_entity_can_be_reported_on_by_a_job(
    run_world: ReportWorld, kind: str, entity: str
) -> None:
    run_world.standard()
    result = _launch(run_world, kind=kind, entity=entity, reason="asked by governance")
    assert result.success
    labels = _labels(result)
    ((stored,),) = run_world.rows(
        f"select {'report_id' if kind == 'client' else 'id'}::text from filplus.{kind}_report"
    )
    assert labels["report_id"] == stored
    seen = {event.asset_key.to_user_string() for event in result.get_asset_observation_events()}
    assert f"filplus/{kind}_report" in seen
    assert labels["rows_written"] > 0
    found = run_world.rows(f"select {kind} from filplus.{kind}_report")
    assert found == [("f0101" if kind == "client" else "f0300",)]
    assert run_world.rows(
        "select version from ops.asset_version where asset_key = %s", f"filplus/{kind}_report"
    ) == [(1,)]


@pytest.mark.parametrize(
    ("kind", "entity", "tables"),
    [("client", "f0101", CLIENT_TABLES), ("allocator", "f0300", ALLOCATOR_TABLES)],
)
def test_a_report_after_the_night_is_published_and_audited(
    next_world: ReportWorld, kind: str, entity: str, tables: Sequence[ReportTable]
) -> None:
    counts = _published(next_world)
    next_world.connection.execute("update filplus.cid_sharing set total_deal_size = 5")
    assert _launch(next_world, kind=kind, entity=entity, reason="asked by governance").success
    for table in tables:
        ((stored,),) = next_world.rows(f"select count(*) from filplus.{table.name}")
        assert stored > counts[table.key][1], table.name
        assert _published(next_world)[table.key] == ("MATERIALIZED", stored), table.name
        assert next_world.rows(
            "select outcome, launched_by, partitions, rows_written from ops.runs "
            "where asset_key = %s order by started_at desc limit 1",
            table.key,
        ) == [("SUCCESS", "ann", 0, stored - counts[table.key][1])], table.name
    newest = {
        "client": "select report_id::text from filplus.client_report order by id desc limit 1",
        "allocator": "select id::text from filplus.allocator_report order by report_number desc "
        "limit 1",
    }[kind]
    ((report,),) = next_world.rows(newest)
    assert next_world.rows(
        "select seq, actor_id, action, resource_type, resource_id, before, after, reason, "
        "correlation_id is null from audit.log"
    ) == [
        (
            1,
            "ann",
            "CREATE_REPORT",
            f"{kind}_report",
            report,
            None,
            {kind: entity, "report_day": TODAY},
            "asked by governance",
            False,
        )
    ]


def test_a_report_before_the_night_leaves_the_day_to_be_made(run_world: ReportWorld) -> None:
    run_world.standard()
    assert _launch(run_world, kind="client", entity="f0101", reason="asked by governance").success
    assert _published(run_world) == {}
    assert run_world.rows("select count(*) from audit.log") == [(1,)]
    assert run(run_world, [CLIENTS]).success
    assert _published(run_world)["filplus/client_report"] == ("MATERIALIZED", 4)


def test_a_report_that_is_there_already_changes_no_row_no_version_and_no_log(
    next_world: ReportWorld,
) -> None:
    before = next_world.rows("select asset_key, version from ops.asset_version order by 1")
    result = _launch(next_world, kind="allocator", entity="f0300", reason="asked again")
    assert result.success
    ((stored,),) = next_world.rows(
        "select id::text from filplus.allocator_report where allocator = 'f0300'"
    )
    labels = _labels(result)
    assert labels["result"] == (
        f"nothing was written: f0300 has report {stored} for {TODAY} already, and none of its "
        "inputs changed since"
    )
    assert (labels["report_id"], labels["rows_written"]) == (stored, 0)
    assert result.get_asset_observation_events() == []
    assert next_world.rows("select asset_key, version from ops.asset_version order by 1") == before
    assert next_world.rows("select count(*) from audit.log") == [(0,)]


def test_an_entry_of_somebody_else_while_a_report_waits_keeps_the_log_whole(
    run_world: ReportWorld,
) -> None:
    run_world.standard()
    with (
        psycopg.connect(run_world.dsn) as other,
        psycopg.connect(run_world.dsn, autocommit=True) as gate,
        ThreadPoolExecutor(1) as thread,
    ):
        with other.cursor() as cursor:
            append(cursor, AuditEntry(NOW, "bob", "A", "t", "1", None, None, None, None))
        job = thread.submit(
            _launch, run_world, kind="client", entity="f0101", reason="asked by governance"
        )
        while not waiting_sessions(gate, "advisory"):
            assert not job.done()
        other.commit()
        assert job.result().success
    assert run_world.rows("select seq, actor_id from audit.log order by 1") == [
        (1, "bob"),
        (2, "ann"),
    ]
    assert first_broken(run_world.connection) is None


def _published(world: ReportWorld) -> dict[str, tuple[str, int]]:
    """Return state and rows of the day by asset."""
    return {
        key: (state, count)
        for key, state, count in world.rows(
            "select asset_key, state, row_count from ops.asset_partition_status "
            "where partition_key = %s",
            TODAY,
        )
    }


def test_an_unknown_entity_fails_with_a_sentence(run_world: ReportWorld) -> None:
    run_world.standard()
    result = _launch(run_world, kind="client", entity="f0999", reason="asked by governance")
    assert not result.success
    (failure,) = result.filter_events(lambda event: event.is_step_failure)
    text = failure.step_failure_data.user_failure_data.description
    assert text.startswith("f0999: no row in the source's verified clients")
    assert run_world.rows("select distinct outcome, error_code from ops.runs") == [
        ("FAILED", "BadConfiguration")
    ]
    assert _published(run_world) == {}  # the day did not fail
    assert run_world.rows("select count(*) from audit.log") == [(0,)]


@pytest.mark.parametrize(
    "config",
    [
        {"kind": "miner", "entity": "f0100", "reason": "asked"},
        {"kind": "client", "entity": "0100", "reason": "asked"},
        {"kind": "client", "entity": "f0100", "reason": ""},
        {"kind": "client", "entity": "f0100"},
    ],
)
def test_a_wrong_config_is_refused_before_any_work(
    run_world: ReportWorld, config: dict[str, str]
) -> None:
    with pytest.raises(Exception, match=r"(?i)config|validation"):
        entity_report_job.execute_in_process(
            run_config={"ops": {"build_entity_report": {"config": config}}},
            resources={"warehouse": run_world.warehouse()},
        )
