"""The assets in real Dagster runs over a real warehouse and a simulated chain."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import dagster as dg
import pytest
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
)

from cdp_assets.errors import SourceUnavailable
from cdp_assets.validators.assets import build_chain_assets
from cdp_assets.validators.chain_keys import REGISTRY_KEY, ChainKeys
from cdp_assets.validators.chain_refresh import known_plan, runs_due
from cdp_assets.validators.period_plan import plan_periods, register_periods
from cdp_assets.validators.registry_asset import build_registry_asset
from cdp_assets.validators.sources import ChainSources
from sensors.period_sensor import build_period_sensor
from simulator.faults import FaultRule
from tests.integration.validators.conftest import Station, shorten

pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning")

KEYS = ChainKeys("solana_mainnet")
OBSERVATION = (KEYS.periods, KEYS.staging_meta, KEYS.identities)
EVERYTHING = (KEYS.periods, *KEYS.partitioned())


class Runner:
    """Launches runs of the validator assets as the UI and the CLI do."""

    def __init__(self, station: Station, instance: dg.DagsterInstance) -> None:
        self.station = station
        self.instance = instance
        self.retries = dg.RetryPolicy(max_retries=1)

    @property
    def assets(self) -> list[dg.AssetsDefinition]:
        registry = self.station.registry
        return [
            build_registry_asset(registry),
            *build_chain_assets(registry, self.station.chain, retries=self.retries),
        ]

    def prepare(self) -> None:
        """Bring periods and partitions up to the head, without a run."""
        update = self.station.periods()
        plan = plan_periods(self.station.chain, update.head.epoch)
        register_periods(self.instance, self.station.chain, plan)

    def run(
        self, selection: Sequence[str], first: object = None, last: object = None, **tags: str
    ) -> dg.ExecuteInProcessResult:
        if first is not None:
            tags |= {ASSET_PARTITION_RANGE_START_TAG: str(first)}
            tags |= {ASSET_PARTITION_RANGE_END_TAG: str(first if last is None else last)}
        return dg.materialize(
            self.assets,
            selection=list(selection),
            instance=self.instance,
            resources={"warehouse": self.station.warehouse, "chain_sources": ChainSources(tries=2)},
            tags=tags,
            raise_on_error=False,
        )


@pytest.fixture
def runner(station: Station, instance: dg.DagsterInstance) -> Runner:
    return Runner(station, instance)


def metadata(result: dg.ExecuteInProcessResult, asset_key: str) -> dict[str, Any]:
    event = next(
        event
        for event in result.get_asset_materialization_events()
        if event.asset_key == dg.AssetKey(asset_key.split("/"))
    )
    found = event.step_materialization_data.materialization.metadata
    return {name: value.value for name, value in found.items()}


def failed_checks(result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetCheckSeverity]:
    return {e.check_name: e.severity for e in result.get_asset_check_evaluations() if not e.passed}


def failure_text(result: dg.ExecuteInProcessResult) -> str:
    (event,) = [event for event in result.all_events if event.is_step_failure]
    data = event.step_failure_data.user_failure_data
    assert data is not None
    return f"{data.description} {data.metadata}"


def test_periods_register_their_partitions_in_order(runner: Runner) -> None:
    assert runner.run([REGISTRY_KEY, KEYS.periods]).success
    keys = list(runner.instance.get_dynamic_partitions("periods_solana_mainnet"))
    assert keys == ["930", "931", "932", "933"]
    rows = runner.station.query(
        "select period_id, status, start_ts is not null, end_block - start_block + 1 "
        "from validators.canonical_periods where is_current order by period_ordinal"
    )
    assert rows == [
        ("930", "FINAL", True, 90),
        ("931", "FINAL", True, 90),
        ("932", "ENDED", True, 90),
        ("933", "OPEN", False, None),
    ]
    assert runner.station.query("select native_decimals from validators.chain_registry") == [(9,)]


def test_chains_that_are_as_they_were_keep_the_version_of_their_registry(runner: Runner) -> None:
    version = (
        f"select version, row_count from ops.asset_version join ops.asset_partition_status "
        f"using (asset_key, version) where asset_key = '{REGISTRY_KEY}'"
    )
    assert runner.run([REGISTRY_KEY]).success
    assert runner.station.query(version) == [(1, 1)]
    assert runner.run([REGISTRY_KEY]).success
    assert runner.station.query(version) == [(1, 1)]


def test_five_periods_in_one_run_give_the_rows_of_each(runner: Runner) -> None:
    station = runner.station
    for _ in range(5):
        period = str(station.node.world.chain.epoch)
        station.observe(int(period))
        station.move(epochs=1)
    runner.prepare()
    result = runner.run(EVERYTHING, 933, 937, user="anna")
    assert result.success
    rows = station.query(
        "select period_id, count(*), sum(leader_slots), sum(blocks_produced) "
        "from validators.canonical_validator_fees where is_current group by 1 order by 1"
    )
    assert rows == [(str(n), 6, 96, 90) for n in range(933, 938)]
    events = [
        event.partition
        for event in result.get_asset_materialization_events()
        if event.asset_key == dg.AssetKey(KEYS.fees.split("/"))
    ]
    assert sorted(e or "" for e in events) == [str(n) for n in range(933, 938)]
    figures = metadata(result, KEYS.fees)
    assert (figures["dagster/partition_row_count"], figures["versions_new"]) == (30, 30)
    assert failed_checks(result) == {}
    launched = station.query("select distinct launched_by from ops.runs where run_id = %s",
                             result.run_id)  # fmt: skip
    assert launched == [("anna",)]
    status = station.query(
        "select partition_key, state, row_count, is_final from ops.asset_partition_status "
        "where asset_key = %s order by 1", KEYS.fees,
    )  # fmt: skip
    assert status == [(str(n), "MATERIALIZED", 6, True) for n in range(933, 938)]
    assert station.query(
        "select version from ops.asset_version where asset_key = %s", KEYS.fees
    ) == [(5,)]


def test_periods_that_nobody_observed_stay_without_rows(runner: Runner) -> None:
    runner.prepare()
    result = runner.run(EVERYTHING, 930, 932)
    assert result.success
    assert runner.station.query("select count(*) from validators.canonical_validator_fees") == [
        (0,)
    ]
    states = runner.station.query(
        "select distinct state from ops.asset_partition_status where asset_key = any(%s)",
        [KEYS.staging_meta, KEYS.identities, KEYS.fees],
    )
    assert states == [("NOT_OBSERVED",)]
    assert set(failed_checks(result)) == {"period_was_observed"}
    assert set(failed_checks(result).values()) == {dg.AssetCheckSeverity.WARN}


def test_todays_validators_are_never_landed_for_a_past_period(runner: Runner) -> None:
    runner.prepare()
    runner.station.node.world.journal.clear()
    runner.run([KEYS.staging_meta], 931)
    assert runner.station.node.world.journal.rpc["getVoteAccounts"] == 0
    assert runner.station.query("select 1 from staging.staging_meta") == []


def test_a_source_with_history_fills_periods_that_nobody_observed(runner: Runner) -> None:
    station = runner.station
    station.configure(CDP_JITO_KOBE_URL=f"{station.node.url}/kobe")
    runner.prepare()
    result = runner.run(EVERYTHING, 930, 932)
    assert result.success
    assert failed_checks(result) == {}
    rows = station.query(
        "select period_id, count(*), sum(leader_slots), min(source_provider) "
        "from validators.canonical_validator_fees group by 1 order by 1"
    )
    assert rows == [(str(n), 6, 96, "solana_rpc") for n in (930, 931, 932)]
    assert station.query("select distinct provider_name from staging.staging_meta") == [
        ("jito_kobe",)
    ]


def test_a_failure_that_may_pass_is_retried_by_the_run(runner: Runner) -> None:
    runner.prepare()
    runner.station.node.world.faults.rules.append(
        FaultRule("status", rpc_method="getLeaderSchedule", status=503, times=2)
    )
    result = runner.run([KEYS.staging_fees], 932)
    assert result.success
    assert runner.station.query(
        "select status from ops.ingestion_runs where data_type = 'FEES' order by started_at, status"
    ) == [("FAILED",), ("SUCCESS",)]


def test_on_a_retry_only_the_periods_that_failed_are_fetched_again(runner: Runner) -> None:
    runner.prepare()
    world = runner.station.node.world
    world.journal.clear()
    world.faults.rules.append(
        FaultRule("status", body=f'"getLeaderSchedule:{931 * 96}"', status=503, times=2)
    )
    result = runner.run([KEYS.staging_fees], 930, 932)
    assert result.success
    assert world.journal.rpc["getLeaderSchedule"] == 1 + 3 + 1
    fetched = runner.station.query("select period_id, count(*) from ops.ingestion_runs "
                                   "where data_type = 'FEES' group by 1 order by 1")  # fmt: skip
    assert fetched == [("930", 1), ("931", 2), ("932", 1)]


def test_a_refusal_is_not_retried_and_says_cause_and_hint(runner: Runner) -> None:
    runner.prepare()
    world = runner.station.node.world
    world.journal.clear()
    world.faults.rules.append(
        FaultRule("rpc_error", rpc_method="getLeaderSchedule", code=-32011, message="no history")
    )
    result = runner.run([KEYS.staging_fees], 932)
    assert not result.success
    assert world.journal.rpc["getLeaderSchedule"] == 1
    text = failure_text(result)
    assert "no history" in text
    assert "archive node" in text
    ((state, code, message),) = runner.station.query(
        "select state, error_code, error_message from ops.asset_partition_status "
        "where asset_key = %s", KEYS.staging_fees,
    )  # fmt: skip
    assert (state, code) == ("FAILED", "PermanentFailure")
    assert "archive node" in message


def test_a_period_that_fails_does_not_hold_back_the_others(runner: Runner) -> None:
    runner.prepare()
    runner.station.node.world.faults.rules.append(
        FaultRule("rpc_error", body=f'"getLeaderSchedule:{931 * 96}"', code=-32011)
    )
    result = runner.run([KEYS.staging_fees], 930, 932)
    assert not result.success
    assert runner.station.query(
        "select partition_key, state from ops.asset_partition_status where asset_key = %s "
        "order by 1", KEYS.staging_fees,
    ) == [("930", "MATERIALIZED"), ("931", "FAILED"), ("932", "MATERIALIZED")]  # fmt: skip
    materialized = runner.instance.get_materialized_partitions(
        dg.AssetKey(KEYS.staging_fees.split("/"))
    )
    assert materialized == {"930", "932"}


def test_a_leader_without_validator_fails_the_check_and_the_run(runner: Runner) -> None:
    station = runner.station
    runner.prepare()
    station.node.world.faults.rules.append(FaultRule("partial", rpc_method="getVoteAccounts"))
    station.observe(933)
    station.node.world.faults.rules.clear()
    station.move(epochs=1)
    runner.prepare()
    result = runner.run([KEYS.staging_fees, KEYS.fees], 933)
    assert not result.success
    assert set(failed_checks(result)) == {
        "every_leader_has_a_row", "fees_sum_to_what_leaders_were_paid"
    }  # fmt: skip
    evaluation = next(
        e for e in result.get_asset_check_evaluations() if e.check_name == "every_leader_has_a_row"
    )
    assert evaluation.metadata["failing_rows"].value == len(evaluation.metadata["samples"].value)  # type: ignore[arg-type]
    assert "sql" in evaluation.metadata
    ((state, code),) = station.query(
        "select state, error_code from ops.asset_partition_status where asset_key = %s", KEYS.fees
    )
    assert state == "CHECK_FAILED"
    assert code.startswith("check:")


def test_what_is_due_follows_the_ops_contract(runner: Runner) -> None:
    station = runner.station

    def due() -> list[tuple[int, str, str]]:
        with station.warehouse.connect(autocommit=True) as connection:
            found = runs_due(connection, station.chain, known_plan(connection, station.chain))
        return [(len(run.asset_keys), run.first, run.last) for run in found]

    runner.prepare()
    assert due() == [(4, "930", "932"), (2, "933", "933")]
    assert runner.run(KEYS.partitioned(), 930, 932).success
    assert due() == [(2, "933", "933")]
    assert runner.run(OBSERVATION[1:], 933).success
    station.move(epochs=1)
    runner.prepare()
    assert due() == [(4, "933", "933"), (2, "934", "934")]


def test_the_sensor_asks_the_node_and_requests_each_period_once(runner: Runner) -> None:
    station = runner.station
    sensor = build_period_sensor(
        station.registry, station.chain, default_status=dg.DefaultSensorStatus.STOPPED
    )
    resources = {"warehouse": station.warehouse, "chain_sources": ChainSources(tries=1)}

    def tick(cursor: str | None) -> dg.SensorResult | dg.SkipReason:
        with dg.build_sensor_context(
            instance=runner.instance, cursor=cursor, resources=resources
        ) as context:
            return sensor(context)  # type: ignore[return-value]

    first = tick(None)
    assert isinstance(first, dg.SensorResult)
    assert [r.run_key for r in first.run_requests or []] == [
        "solana-mainnet:observe:933:start",
        "solana-mainnet:fees:930..932",
    ]
    again = tick(first.cursor)
    assert isinstance(again, dg.SensorResult)
    assert not again.run_requests
    station.move(epochs=1)
    later = tick(first.cursor)
    assert isinstance(later, dg.SensorResult)
    assert [r.run_key for r in later.run_requests or []] == [
        "solana-mainnet:observe:934:start",
        "solana-mainnet:fees:933..933",
    ]
    station.node.world.faults.rules.append(FaultRule("status", status=503))
    cursor = first.cursor
    for _ in range(2):
        down = tick(cursor)
        assert isinstance(down, dg.SensorResult)
        assert "503" in (down.skip_reason.skip_message or "")  # type: ignore[union-attr]
        cursor = down.cursor
    for _ in range(2):
        with pytest.raises(SourceUnavailable, match="503"):
            tick(cursor)
    station.node.world.faults.rules.clear()
    back = tick(cursor)
    assert isinstance(back, dg.SensorResult)
    assert back.run_requests == later.run_requests
    assert back.cursor == later.cursor


def test_a_node_that_hangs_holds_the_sensor_up_for_less_than_two_seconds(runner: Runner) -> None:
    station = runner.station
    sensor = build_period_sensor(
        station.registry, station.chain, default_status=dg.DefaultSensorStatus.STOPPED
    )
    resources = {"warehouse": station.warehouse, "chain_sources": ChainSources(tries=6)}
    station.node.world.faults.rules.append(FaultRule("timeout", seconds=3))
    began = time.perf_counter()
    with dg.build_sensor_context(instance=runner.instance, resources=resources) as context:
        hung = sensor(context)
    assert time.perf_counter() - began < 2
    assert isinstance(hung, dg.SensorResult)
    assert "no answer within 1.5 s" in str(hung.skip_reason)


def test_a_tracked_list_waits_for_identities(runner: Runner) -> None:
    runner.station.registry = shorten(runner.station.registry, tracked_validators=["X"])
    (asset,) = [a for a in runner.assets if a.key == dg.AssetKey(KEYS.staging_fees.split("/"))]
    assert dg.AssetKey(KEYS.identities.split("/")) in asset.dependency_keys
