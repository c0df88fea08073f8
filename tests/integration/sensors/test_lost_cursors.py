"""A cursor that is lost or reset over a current history asks for nothing, whoever made it.

Over every sensor of the code location; each is also seen to ask once something is missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from cdp_assets.filplus.jobs import HOURLY_JOB, WEEKLY_JOB
from cdp_assets.filplus.jobs import JOBS as ALL_JOBS
from cdp_assets.settings import publish_environment
from cdp_assets.validators.chain_assets.chain_steps import period_steps_of
from cdp_assets.validators.chains.chain_keys import ChainKeys
from cdp_assets.validators.chains.chain_registry import load_registry
from cdp_assets.validators.ingestion.sources import ChainSources
from resources.postgres.warehouse import Warehouse
from sensors.unfinished_partitions import JOBS
from simulator.server.http_server import SimulatorServer
from tests.integration.sensors.world import HOUR, WEEK, World, every

pytestmark = pytest.mark.integration

DAY = timedelta(days=1)
NOW = datetime(2026, 8, 12, 12, 5, tzinfo=UTC)  # a Wednesday; 14 epochs after the chain's first
BEGAN = datetime(2026, 7, 13, tzinfo=UTC)
KEYS = ChainKeys("solana_mainnet")
CURSORS = (None, "", '{"version": 0}')
STEPS = {HOURLY_JOB: HOUR, WEEKLY_JOB: WEEK}


@pytest.fixture
def current(world: World, definitions: dg.Definitions) -> Iterator[World]:
    """Everything that has begun was made, by somebody; the node of the chain answers."""
    with SimulatorServer(seed=7, as_of=NOW) as node:
        publish_environment(
            {"CDP_AS_OF": NOW.isoformat(), "CDP_SOLANA_RPC_URL": f"{node.url}/solana"}
        )
        graph = definitions.resolve_asset_graph()
        version = world.land(*every(BEGAN, (NOW - BEGAN) // HOUR))
        for job in (job for job in ALL_JOBS if job.name in JOBS):
            step = STEPS.get(job.name, DAY)
            starts = every(BEGAN, (NOW - BEGAN) // step + 1, step)
            for key in job.selection.resolve(graph):
                if graph.get(key).partitions_def is not None:
                    world.make(key.to_user_string(), starts, step)
        assert version == 1  # as every partition says that it was made from
        _observe_chain(world, node.world.chain.epoch)
        yield world


def _observe_chain(world: World, head: int) -> None:
    registry = load_registry()
    chain = registry.chain("solana-mainnet")
    rows = [
        (key, str(period), json.dumps(dict.fromkeys(step.inputs, 1)))
        for key, step in period_steps_of(registry, chain).items()
        for period in range(chain.first_period, head + 1)
    ]
    with world.connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.asset_partition_status (asset_key, partition_key, state, is_final, "
            "row_count, version, input_versions) "
            "values (%s, %s, 'MATERIALIZED', true, 1, 1, %s::text::jsonb)",
            rows,
        )


def _asked(
    definitions: dg.Definitions, world: World, instance: dg.DagsterInstance, cursor: str | None
) -> dict[str, list[str | None]]:
    """Return the run keys that each sensor asks for."""
    info = world.connection.info
    url = f"postgresql://{info.user}:{info.password}@{info.host}:{info.port}/{info.dbname}"
    resources = {"warehouse": Warehouse(url=url), "chain_sources": ChainSources(tries=1)}
    asked = {}
    for sensor in definitions.sensors or []:
        assert isinstance(sensor, dg.SensorDefinition)
        context = dg.build_sensor_context(
            instance=instance, cursor=cursor, resources=resources, definitions=definitions
        )
        with dg.partition_loading_context(dynamic_partitions_store=instance):
            tick = sensor.evaluate_tick(context)
        asked[sensor.name] = [request.run_key for request in tick.run_requests or []]
    return asked


def test_a_lost_or_reset_cursor_over_a_current_history_asks_for_nothing(
    current: World, definitions: dg.Definitions
) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        for cursor in CURSORS:
            asked = _asked(definitions, current, instance, cursor)
            assert len(asked) >= 5
            assert asked == dict.fromkeys(asked, [])
        current.land(BEGAN + 5 * HOUR)
        current.connection.execute(
            "delete from ops.asset_partition_status "
            "where asset_key = %s and partition_key = '1005' "
            "or asset_key = %s and window_start = %s",
            [KEYS.staging_fees, "filplus/clients_stats_daily", BEGAN + 9 * DAY],
        )
        asked = _asked(definitions, current, instance, None)
    assert {name for name, keys in asked.items() if keys} == {
        "solana_mainnet_period_sensor",
        "late_data_sensor",
        "unfinished_partitions_sensor",
    }
    assert asked["solana_mainnet_period_sensor"] == ["solana-mainnet:fees:1005..1005:2026-08-12T12"]
