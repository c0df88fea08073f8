"""Partitions of a chain and what the sensor asks for, by head and cursor alone."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
)

from cdp_assets.errors import PermanentFailure
from cdp_assets.partitions import KEY_PATTERN, chain_periods
from cdp_assets.validators.chain_keys import REGISTRY_KEY, ChainKeys
from cdp_assets.validators.period_plan import (
    key_requests,
    plan_periods,
    received_periods,
    register_periods,
)
from cdp_assets.validators.registry import Chain
from resources.solana_answers import EpochInfo
from sensors.period_sensor import PeriodCursor, plan_tick, read_cursor

CHAIN = Chain(
    chain_id="solana-mainnet", name="Solana", protocol="solana", native_symbol="SOL",
    native_decimals=9, period_types=["EPOCH"], first_period=98,
    finality_lag_periods={"EXEC_FEES": 1, "MEV_TIPS": 2},
)  # fmt: skip
KEYS = ChainKeys("solana_mainnet")


def head(epoch: int, index: int = 0) -> EpochInfo:
    return EpochInfo(epoch, epoch * 100 + index, index, 100)


def added(result: dg.SensorResult) -> list[str]:
    requests = result.dynamic_partitions_requests or []
    return [
        key
        for request in requests
        if isinstance(request, dg.AddDynamicPartitionsRequest)
        for key in request.partition_keys
    ]


def test_periods_run_from_the_first_to_the_running_one_in_order_of_number() -> None:
    plan = plan_periods(CHAIN, 101)
    assert plan.keys == ("98", "99", "100", "101")
    assert (plan.running, plan.eligible) == ("101", ("98", "99", "100"))
    assert all(re.fullmatch(KEY_PATTERN, key) for key in plan.keys)


def test_a_chain_before_its_first_period_has_none() -> None:
    assert plan_periods(CHAIN, 97).keys == ()


def test_new_keys_are_added_behind_the_known_ones() -> None:
    requests = key_requests(chain_periods("x-chain"), ["98", "99"], ["98", "99", "100"])
    assert [(type(r).__name__, list(r.partition_keys)) for r in requests] == [
        ("AddDynamicPartitionsRequest", ["100"])
    ]
    assert key_requests(chain_periods("x-chain"), ["98", "99"], ["98", "99"]) == []


def test_a_first_period_that_moved_back_registers_all_keys_again_in_order() -> None:
    requests = key_requests(chain_periods("x-chain"), ["99", "100"], ["98", "99", "100", "101"])
    assert [(type(r).__name__, list(r.partition_keys)) for r in requests] == [
        ("DeleteDynamicPartitionsRequest", ["99", "100"]),
        ("AddDynamicPartitionsRequest", ["98", "99", "100", "101"]),
    ]


def test_registering_is_idempotent_and_keeps_the_order() -> None:
    chain = CHAIN.model_copy(update={"chain_id": "test-chain"})
    with dg.DagsterInstance.ephemeral() as instance:
        assert register_periods(instance, chain, plan_periods(chain, 99)) == ["98", "99"]
        assert register_periods(instance, chain, plan_periods(chain, 100)) == ["100"]
        assert register_periods(instance, chain, plan_periods(chain, 100)) == []
        earlier = chain.model_copy(update={"first_period": 97})
        register_periods(instance, earlier, plan_periods(earlier, 100))
        keys = list(instance.get_dynamic_partitions("periods_test_chain"))
    assert keys == ["97", "98", "99", "100"]


def _context(received: list[str], first: str, last: str) -> Any:
    tags = {ASSET_PARTITION_RANGE_START_TAG: first, ASSET_PARTITION_RANGE_END_TAG: last}
    keys = ["98", "99", "100", "101"]
    return SimpleNamespace(
        partition_keys=received,
        run=SimpleNamespace(tags=tags, run_id="run"),
        instance=SimpleNamespace(get_dynamic_partitions=lambda name: keys),
    )  # fmt: skip


def test_the_periods_of_a_run_come_in_order_of_number() -> None:
    received = received_periods(_context(["100", "99"], "99", "100"), CHAIN)
    assert received == ["99", "100"]


@pytest.mark.parametrize("received", [["99"], ["98", "99", "100"], ["99", "101"]])
def test_a_run_that_received_other_keys_than_its_range_is_refused(received: list[str]) -> None:
    with pytest.raises(PermanentFailure, match="the run is for 2 periods 99 to 100 but received"):
        received_periods(_context(received, "99", "100"), CHAIN)


def test_the_first_tick_observes_the_running_period_and_fetches_all_before_it() -> None:
    result = plan_tick(CHAIN, head(101), [], PeriodCursor())
    observe, fetch = result.run_requests or []
    assert added(result) == ["98", "99", "100", "101"]
    assert (observe.run_key, observe.partition_key) == ("solana-mainnet:observe:101:start", "101")
    assert [key.to_user_string() for key in observe.asset_selection or []] == [
        REGISTRY_KEY, KEYS.periods, KEYS.staging_meta, KEYS.identities
    ]  # fmt: skip
    assert fetch.run_key == "solana-mainnet:fees:98..100"
    assert fetch.tags[ASSET_PARTITION_RANGE_START_TAG] == "98"
    assert fetch.tags[ASSET_PARTITION_RANGE_END_TAG] == "100"
    assert KEYS.fees in [key.to_user_string() for key in fetch.asset_selection or []]


def test_nothing_is_asked_twice_within_a_period() -> None:
    first = plan_tick(CHAIN, head(101, 5), [], PeriodCursor())
    keys = ["98", "99", "100", "101"]
    second = plan_tick(CHAIN, head(101, 50), keys, read_cursor(first.cursor))
    assert not second.run_requests
    assert second.skip_reason is not None
    assert second.cursor == first.cursor


def test_a_new_period_asks_for_itself_and_for_the_one_that_ended() -> None:
    cursor = PeriodCursor(observed=101, is_late=True, fetched_through=100)
    result = plan_tick(CHAIN, head(102), ["98", "99", "100", "101"], cursor)
    assert [request.run_key for request in result.run_requests or []] == [
        "solana-mainnet:observe:102:start",
        "solana-mainnet:fees:101..101",
    ]
    assert added(result) == ["102"]


def test_a_period_is_observed_again_near_its_end() -> None:
    cursor = PeriodCursor(observed=101, is_late=False, fetched_through=100)
    before = plan_tick(CHAIN, head(101, 89), [], cursor)
    late = plan_tick(CHAIN, head(101, 90), [], cursor)
    assert not before.run_requests
    assert [r.run_key for r in late.run_requests or []] == ["solana-mainnet:observe:101:end"]


def test_a_node_that_lags_behind_asks_for_nothing() -> None:
    cursor = PeriodCursor(observed=102, is_late=False, fetched_through=101)
    result = plan_tick(CHAIN, head(101, 99), ["98", "99", "100", "101", "102"], cursor)
    assert not result.run_requests
    assert read_cursor(result.cursor) == cursor


def test_after_a_pause_everything_missed_is_asked_for_in_one_run() -> None:
    cursor = PeriodCursor(observed=99, is_late=True, fetched_through=98)
    result = plan_tick(CHAIN, head(104), ["98", "99"], cursor)
    assert [r.run_key for r in result.run_requests or []] == [
        "solana-mainnet:observe:104:start",
        "solana-mainnet:fees:99..103",
    ]


@pytest.mark.parametrize("text", [None, "", '{"version": 0, "observed": 7}', "{}"])
def test_a_cursor_of_another_version_counts_as_none(text: str | None) -> None:
    assert read_cursor(text) == PeriodCursor()


def test_the_cursor_carries_its_version() -> None:
    text = PeriodCursor(5, True, 4).as_text()
    assert json.loads(text)["version"] == 1
    assert read_cursor(text) == PeriodCursor(5, True, 4)
