"""The assets in real Dagster runs over a real warehouse and a simulated chain."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import dagster as dg
import pytest

from cdp_assets.core.dagster_compat import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
)
from cdp_assets.errors import SourceUnavailable
from cdp_assets.validators.chain_assets.chain_assets import build_chain_assets
from cdp_assets.validators.chain_assets.chain_refresh import stale_runs
from cdp_assets.validators.chains.chain_keys import REGISTRY_KEY, ChainKeys
from cdp_assets.validators.chains.chain_registry_asset import build_registry_asset
from cdp_assets.validators.ingestion.sources import ChainSources
from cdp_assets.validators.periods.period_plan import plan_periods, register_periods
from cdp_assets.validators.periods.period_table import known_plan
from sensors.chain_periods import build_period_sensor
from simulator.server.faults import FaultRule
from tests.integration.validators.conftest import Station, shorten

pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning")

KEYS = ChainKeys("solana_mainnet")
OBSERVATION = (KEYS.periods, KEYS.staging_meta, KEYS.identities, KEYS.meta)
FEES = KEYS.staging_fees
# What a chain without an address for MEV builds of a period.
BUILT = (
    KEYS.staging_meta,
    KEYS.identities,
    KEYS.meta,
    KEYS.staging_fees,
    KEYS.fees,
    KEYS.staging_rewards,
    KEYS.rewards,
)
EVERYTHING = (KEYS.periods, *BUILT)
# What waits for the longest lag, two periods.
LATE = (KEYS.pnl, KEYS.lines, KEYS.table("reconciliation_reports"))


class Runner:
    """Launches runs of the validator assets as the UI and the CLI do."""

    def __init__(self, station: Station, instance: dg.DagsterInstance) -> None:
        self.station = station
        self.instance = instance
        self.retries = dg.RetryPolicy(max_retries=1)

    def build(self) -> None:
        """Build every table of the three ended periods whose lag has passed."""
        assert self.run((*BUILT, KEYS.client_stakes), 930, 932).success
        assert self.run(LATE, 930, 931).success

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
        plan = plan_periods(update.head)
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
    assert (figures["dagster/partition_row_count"], figures["versions_new"]) == (6, 30)
    assert failed_checks(result) == {}
    launched = station.query(
        "select distinct launched_by from ops.runs where run_id = %s", result.run_id
    )
    assert launched == [("anna",)]
    status = station.query(
        "select partition_key, state, row_count, is_final from ops.asset_partition_status "
        "where asset_key = %s order by 1",
        KEYS.fees,
    )
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
    fetched = runner.station.query(
        "select period_id, count(*) from ops.ingestion_runs "
        "where data_type = 'FEES' group by 1 order by 1"
    )
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
        "where asset_key = %s",
        KEYS.staging_fees,
    )
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
        "order by 1",
        KEYS.staging_fees,
    ) == [("930", "MATERIALIZED"), ("931", "FAILED"), ("932", "MATERIALIZED")]
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
        "every_leader_has_a_row",
        "fees_sum_to_what_leaders_were_paid",
    }
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
            plan = known_plan(connection, station.chain)
            found = stale_runs(connection, station.registry, station.chain, plan, station.sources)
        return [(len(run.asset_keys), run.first, run.last) for run in found]

    runner.prepare()
    assert due() == [(11, "930", "931"), (8, "932", "932"), (3, "933", "933")]
    runner.build()
    assert due() == [(3, "933", "933")]
    assert runner.run(OBSERVATION[1:], 933).success
    station.move(epochs=1)
    runner.prepare()
    assert due() == [(3, "932", "932"), (8, "933", "933"), (3, "934", "934")]


class Sensor:
    """The sensor of the chain over a runner's warehouse and instance."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._sensor = build_period_sensor(
            runner.station.registry,
            runner.station.chain,
            default_status=dg.DefaultSensorStatus.STOPPED,
        )

    def tick(self, cursor: str | None = None) -> dg.SensorResult:
        station = self._runner.station
        resources = {"warehouse": station.warehouse, "chain_sources": ChainSources(tries=1)}
        with dg.build_sensor_context(
            instance=self._runner.instance, cursor=cursor, resources=resources
        ) as context:
            result = self._sensor(context)
        assert isinstance(result, dg.SensorResult)
        return result

    def asked(self) -> list[str | None]:
        """Return the run keys of a tick without a cursor: what the tables alone say."""
        return [request.run_key for request in self.tick().run_requests or []]


def test_the_sensor_asks_for_what_the_tables_lack_and_for_nothing_over_a_current_history(
    runner: Runner,
) -> None:
    station, sensor = runner.station, Sensor(runner)
    all_of_them = [
        "solana-mainnet:observe:933:start",
        "solana-mainnet:fees:930..931:2026-03-02T12",
        "solana-mainnet:fees:932..932:2026-03-02T12",
    ]
    assert sensor.asked() == all_of_them
    assert (
        sensor.asked() == all_of_them
    )  # nothing came of it: run keys keep the queue from doubling it
    runner.prepare()
    runner.build()
    assert runner.run(OBSERVATION[1:], 933).success
    station.node.world.journal.clear()
    assert sensor.asked() == []
    assert station.node.world.journal.as_json()["rpc"] == {
        "getEpochInfo": 1,
        "getEpochSchedule": 1,
    }
    station.move(epochs=1)
    assert sensor.asked() == [
        "solana-mainnet:observe:934:start",
        "solana-mainnet:fees:932..932:2026-03-04T12",
        "solana-mainnet:fees:933..933:2026-03-04T12",
    ]
    runner.prepare()
    assert runner.run(OBSERVATION[1:], 934).success
    station.query("update ops.runs set outcome = 'RUNNING' where asset_key = %s returning 1", FEES)
    assert sensor.asked() == []  # the command line fetches
    station.query("update ops.runs set outcome = 'SUCCESS' where asset_key = %s returning 1", FEES)
    assert sensor.asked() == [
        "solana-mainnet:fees:932..932:2026-03-04T12",
        "solana-mainnet:fees:933..933:2026-03-04T12",
    ]


def test_a_fetch_that_failed_is_for_people_and_one_that_was_killed_is_asked_for_again(
    runner: Runner,
) -> None:
    station, sensor = runner.station, Sensor(runner)
    runner.prepare()
    assert runner.run(OBSERVATION[1:], 933).success
    station.node.world.faults.rules.append(FaultRule("status", status=403))
    assert not runner.run([KEYS.staging_fees], 930, 931).success
    station.node.world.faults.rules.clear()
    rest = ["solana-mainnet:fees:930..931:{}", "solana-mainnet:fees:932..932:{}"]
    assert sensor.asked() == [key.format("2026-03-02T12") for key in rest]
    requests = sensor.tick().run_requests or []
    keys = [[k.to_user_string() for k in r.asset_selection or []] for r in requests]
    assert [FEES in selected for selected in keys] == [False, True]
    station.move(hours=1)
    assert sensor.asked() == [key.format("2026-03-02T13") for key in rest]


def test_a_period_is_observed_near_its_end_unless_it_was(runner: Runner) -> None:
    station, sensor = runner.station, Sensor(runner)
    runner.prepare()
    runner.build()
    assert runner.run(OBSERVATION[1:], 933).success
    assert sensor.asked() == []
    while station.periods().head.passed_percent < 90:
        station.move(hours=2)
    assert sensor.asked() == ["solana-mainnet:observe:933:end"]
    assert runner.run(OBSERVATION[1:], 933).success
    assert sensor.asked() == []


def test_two_looks_without_an_answer_are_skipped_and_the_third_fails(runner: Runner) -> None:
    sensor = Sensor(runner)
    rules = runner.station.node.world.faults.rules
    rules.append(FaultRule("status", status=503))
    cursor = None
    for _ in range(2):
        down = sensor.tick(cursor)
        assert "503" in (down.skip_reason.skip_message or "")  # type: ignore[union-attr]
        cursor = down.cursor
    for _ in range(2):
        with pytest.raises(SourceUnavailable, match="503"):
            sensor.tick(cursor)
    rules.clear()
    assert len(sensor.tick(cursor).run_requests or []) == 3


def test_a_node_that_hangs_holds_the_sensor_up_for_less_than_two_seconds(runner: Runner) -> None:
    station = runner.station
    sensor = build_period_sensor(
        station.registry, station.chain, default_status=dg.DefaultSensorStatus.STOPPED
    )
    resources = {"warehouse": station.warehouse, "chain_sources": ChainSources(tries=6)}
    station.node.world.faults.rules.append(FaultRule("timeout", seconds=3))
    began, worked = time.perf_counter(), time.process_time()
    with dg.build_sensor_context(instance=runner.instance, resources=resources) as context:
        hung = sensor(context)
    # Without its own processor time: measuring coverage stops a process for up to half a second.
    assert time.perf_counter() - began - (time.process_time() - worked) < 2
    assert isinstance(hung, dg.SensorResult)
    assert "no response within 1.5 s" in str(hung.skip_reason)


def test_a_tracked_list_waits_for_identities(runner: Runner) -> None:
    runner.station.registry = shorten(runner.station.registry, tracked_validators=["X"])
    (asset,) = [a for a in runner.assets if a.key == dg.AssetKey(KEYS.staging_fees.split("/"))]
    assert dg.AssetKey(KEYS.identities.split("/")) in asset.dependency_keys
