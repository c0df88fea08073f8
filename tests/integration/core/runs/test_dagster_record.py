"""What was wiped in the UI is recorded again from the ops contract; no row is touched.

Where nothing was wiped, the comparison of a long history costs next to nothing.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from cdp_assets import partitions
from cdp_assets.core.runs.dagster_record import record_again
from cdp_assets.settings import get_settings
from resources.postgres.warehouse import Warehouse
from tests.integration.filplus.command import command
from tests.integration.sensors.world import World, every

pytestmark = pytest.mark.integration

HOURS = dg.AssetKey(["filplus", "unified_verified_deal_hourly"])
ALLOCATORS = dg.AssetKey(["filplus", "allocator"])
FIRST = datetime(2024, 2, 19, tzinfo=UTC)
MADE = every(FIRST, 949)


@pytest.fixture
def made(ready_dsn: str) -> Iterator[World]:
    """949 hours and a table without partitions that stand in ops."""
    with psycopg.connect(ready_dsn, autocommit=True, options="-c timezone=UTC") as connection:
        yield _made(World(connection))


def _made(world: World) -> World:
    connection = world.connection
    world.make(HOURS.to_user_string(), MADE, timedelta(hours=1))
    connection.execute(
        "update ops.asset_partition_status set materialized_at = window_end, run_id = 'old'"
    )
    connection.execute(
        "insert into ops.asset_partition_status (asset_key, partition_key, state, is_final, "
        "row_count, version, as_of, run_id, materialized_at) "
        "values (%s, '', 'MATERIALIZED', false, 7, 1, now(), 'old', now())",
        [ALLOCATORS.to_user_string()],
    )
    return world


def test_wiped_partitions_are_shown_as_materialized_again_and_nothing_is_rebuilt(
    definitions: dg.Definitions, instance: dg.DagsterInstance, made: World, ready_dsn: str
) -> None:
    graph, warehouse = definitions.resolve_asset_graph(), Warehouse(url=ready_dsn)
    keys = {HOURS, ALLOCATORS}
    before = _ops(made)
    assert record_again(instance, warehouse, graph, keys) == {HOURS: 949, ALLOCATORS: 1}
    assert record_again(instance, warehouse, graph, keys) == {}
    instance.wipe_assets([HOURS, ALLOCATORS])
    assert instance.get_materialized_partitions(HOURS) == set()
    assert record_again(instance, warehouse, graph, keys) == {HOURS: 949, ALLOCATORS: 1}
    wanted = {partitions.key_of(partitions.hours, start) for start in MADE}
    assert instance.get_materialized_partitions(HOURS) == wanted
    newest = instance.get_latest_materialization_event(HOURS)
    assert newest is not None
    assert newest.asset_materialization is not None
    assert newest.asset_materialization.metadata["built_by_run"].value == "old"
    built_at = newest.asset_materialization.metadata["built_at"].value
    assert built_at == (MADE[-1] + timedelta(hours=1)).timestamp()
    assert instance.get_latest_materialization_event(ALLOCATORS) is not None
    assert _ops(made) == before
    assert instance.get_runs() == []


def test_what_failed_is_not_said_to_be_made_and_only_what_is_missing_is_recorded(
    definitions: dg.Definitions, instance: dg.DagsterInstance, made: World, ready_dsn: str
) -> None:
    graph, warehouse = definitions.resolve_asset_graph(), Warehouse(url=ready_dsn)
    made.connection.execute(
        "update ops.asset_partition_status set state = 'CHECK_FAILED' where window_start = %s",
        [FIRST],
    )
    assert record_again(instance, warehouse, graph, {HOURS}) == {HOURS: 948}
    made.connection.execute(
        "update ops.asset_partition_status set state = 'MATERIALIZED' where window_start = %s",
        [FIRST],
    )
    assert record_again(instance, warehouse, graph, {HOURS}) == {HOURS: 1}


def test_refresh_says_what_it_recorded_again(
    definitions: dg.Definitions, instance: dg.DagsterInstance, made: World
) -> None:
    made.connection.execute(
        "insert into ops.asset_version values ('raw_dmob/unified_verified_deal', 1, now(), 'run')"
    )
    arguments = (
        "refresh",
        "--no-sync",
        "--select",
        "key:filplus/unified_verified_deal_hourly",
        "--from",
        "2024-02-19T00:00",
        "--to",
        "2024-02-19T01:00",
    )
    with command(*arguments) as process:
        assert process.process.wait(60) == 0, process.said()
        assert "recorded again in Dagster: 949 partitions of 1 asset" in process.said()
    assert len(instance.get_materialized_partitions(HOURS)) == 949


SCALE = 20_000
_FILL_OPS = """
insert into ops.asset_partition_status (asset_key, partition_key, window_start, window_end, state,
    is_final, row_count, version, as_of, run_id, materialized_at)
select k, to_char(h, 'YYYY-MM-DD-HH24:MI'), h, h + interval '1 hour', 'MATERIALIZED', true, 1, 1,
    h, 'old', h
from unnest(%(keys)s::text[]) k
cross join generate_series(%(first)s::timestamptz, %(last)s, interval '1 hour') h
"""
_FILL_WHOLE = """
insert into ops.asset_partition_status (asset_key, partition_key, state, is_final, row_count,
    version, as_of, run_id, materialized_at)
select k, '', 'MATERIALIZED', false, 1, 1, now(), 'old', now() from unnest(%(keys)s::text[]) k
"""
_FILL_EVENTS = """
insert into event_logs (run_id, event, dagster_event_type, timestamp, step_key, asset_key,
    partition)
select '', repeat(md5(h::text), 40), 'ASSET_MATERIALIZATION', h at time zone 'UTC', 'models', k,
    to_char(h, 'YYYY-MM-DD-HH24:MI')
from generate_series(%(first)s::timestamptz, %(last)s, interval '1 hour') h
cross join unnest(%(keys)s::text[]) k
"""


def test_a_refresh_with_nothing_wiped_compares_20_000_hours_of_every_table_in_few_statements(
    definitions: dg.Definitions, instance: dg.DagsterInstance, ready_dsn: str
) -> None:
    """Before and after they are analyzed, and as many of two tables as of all."""
    graph, warehouse = definitions.resolve_asset_graph(), Warehouse(url=ready_dsn)
    every = graph.materializable_asset_keys
    hours = sorted(key for key in every if graph.get(key).partitions_def == partitions.hours)
    whole = sorted(key for key in every if graph.get(key).partitions_def is None)
    assert len(hours) >= 2
    assert len(whole) > 20
    values = {"first": FIRST, "last": FIRST + (SCALE - 1) * timedelta(hours=1)}
    storage = get_settings().dagster_database_url
    assert storage is not None
    with (
        psycopg.connect(ready_dsn, autocommit=True, options="-c timezone=UTC") as ops,
        psycopg.connect(
            storage.get_secret_value(), autocommit=True, options="-c timezone=UTC"
        ) as dagster,
    ):
        ops.execute(_FILL_OPS, {**values, "keys": [key.to_user_string() for key in hours]})
        dagster.execute(_FILL_EVENTS, {**values, "keys": [key.to_string() for key in hours]})
        dagster.cursor().executemany(
            "insert into asset_keys (asset_key) values (%s)", [(k.to_string(),) for k in hours]
        )
        ops.execute(_FILL_WHOLE, {"keys": [key.to_user_string() for key in whole]})
        assert record_again(instance, warehouse, graph, every) == dict.fromkeys(whole, 1)
        told = []
        for is_analyzed in (False, True):
            if is_analyzed:
                ops.execute("analyze")
                dagster.execute("analyze")
            two, _ = _statements(instance, warehouse, graph, [hours[0], whole[0]])
            number, seconds = _statements(instance, warehouse, graph, every)
            told.append((number, round(seconds, 2)))
            assert number == two
            assert seconds < 2  # on a busy machine; a seventh of a second on a quiet one
        print(f"{len(hours)} tables of {SCALE:,} hours and {len(whole)} more: {told}")
        # What one table lacks is found among all of them.
        dagster.execute(
            "delete from event_logs where asset_key = %s and partition = %s",
            [hours[-1].to_string(), partitions.key_of(partitions.hours, FIRST)],
        )
    assert record_again(instance, warehouse, graph, every) == {hours[-1]: 1}


def _statements(
    instance: dg.DagsterInstance,
    warehouse: Warehouse,
    graph: dg.AssetGraph,
    keys: Collection[dg.AssetKey],
) -> tuple[int, float]:
    """Compare what is equal; return the statements to Dagster's storage and the seconds."""
    seen: list[str] = []

    def note(*arguments: object) -> None:
        seen.append(str(arguments[2]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        began = time.perf_counter()
        assert record_again(instance, warehouse, graph, keys) == {}
        return len(seen), time.perf_counter() - began
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def _ops(world: World) -> list[tuple[object, ...]]:
    return world.connection.execute(
        "select * from ops.asset_partition_status order by asset_key, partition_key"
    ).fetchall()
