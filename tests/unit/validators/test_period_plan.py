"""Partitions of a chain and what the sensor asks for, by head and what is there."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest

from cdp_assets.core.dagster_compat import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
)
from cdp_assets.errors import PermanentFailure
from cdp_assets.partitions import KEY_PATTERN
from cdp_assets.validators.chain_assets.chain_refresh import ChainRun, Observation
from cdp_assets.validators.chain_assets.restatement_watch import watched_periods
from cdp_assets.validators.chains.chain_keys import REGISTRY_KEY, ChainKeys
from cdp_assets.validators.chains.chain_registry import Chain
from cdp_assets.validators.periods.period_plan import (
    key_requests,
    plan_periods,
    received_periods,
    register_periods,
)
from cdp_assets.validators.rules.period_rules import ChainHead, Period
from sensors.chain_periods import ChainState, plan_tick, read_misses

CHAIN = Chain(
    chain_id="solana-mainnet",
    name="Solana",
    protocol="solana",
    native_symbol="SOL",
    native_decimals=9,
    period_types=["EPOCH"],
    first_period=98,
    finality_lag_periods={"EXEC_FEES": 1, "MEV_TIPS": 2},
)
KEYS = ChainKeys("solana_mainnet")


def head(epoch: int, index: int = 0, first: int = 98) -> ChainHead:
    """Epochs of 100 slots."""
    periods = tuple(
        Period("EPOCH", str(n), n, 100 * n, 100 * n + 99) for n in range(first, epoch + 1)
    )
    return ChainHead(epoch * 100 + index, periods)


def test_a_period_that_is_not_final_takes_the_place_of_no_watched_one() -> None:
    """Fees may be fetched one epoch later, but an epoch is FINAL two later."""
    eligible = ["98", "99", "100", "101", "102"]
    assert watched_periods(eligible, eligible[:-1], 2) == {"100", "101", "102"}
    assert watched_periods(eligible, eligible[:-1], 0) == {"102"}
    assert watched_periods(eligible, eligible, 10) == set(eligible)
    assert watched_periods([], [], 10) == set()


def added(result: dg.SensorResult) -> list[str]:
    requests = result.dynamic_partitions_requests or []
    return [
        key
        for request in requests
        if isinstance(request, dg.AddDynamicPartitionsRequest)
        for key in request.partition_keys
    ]


def test_periods_run_from_the_first_to_the_running_one_in_order_of_number() -> None:
    plan = plan_periods(head(101))
    assert plan.keys == ("98", "99", "100", "101")
    assert plan.running == "101"
    assert plan.eligible(1) == ("98", "99", "100")
    assert plan.eligible(2) == ("98", "99")
    assert all(re.fullmatch(KEY_PATTERN, key) for key in plan.keys)


def test_a_chain_before_its_first_period_has_none() -> None:
    assert plan_periods(head(97)).keys == ()


def test_new_keys_are_added_behind_the_known_ones() -> None:
    requests = key_requests(CHAIN, ["98", "99"], ["98", "99", "100"])
    assert [(type(r).__name__, list(r.partition_keys)) for r in requests] == [
        ("AddDynamicPartitionsRequest", ["100"])
    ]
    assert key_requests(CHAIN, ["98", "99"], ["98", "99"]) == []


def test_a_first_period_that_moved_back_registers_all_keys_again_in_order() -> None:
    requests = key_requests(CHAIN, ["99", "100"], ["98", "99", "100", "101"])
    assert [(type(r).__name__, list(r.partition_keys)) for r in requests] == [
        ("DeleteDynamicPartitionsRequest", ["99", "100"]),
        ("AddDynamicPartitionsRequest", ["98", "99", "100", "101"]),
    ]


def test_registering_is_idempotent_and_keeps_the_order() -> None:
    chain = CHAIN.model_copy(update={"chain_id": "test-chain"})
    with dg.DagsterInstance.ephemeral() as instance:
        assert register_periods(instance, chain, plan_periods(head(99))) == ["98", "99"]
        assert register_periods(instance, chain, plan_periods(head(100))) == ["100"]
        assert register_periods(instance, chain, plan_periods(head(100))) == []
        earlier = chain.model_copy(update={"first_period": 97})
        register_periods(instance, earlier, plan_periods(head(100, first=97)))
        keys = list(instance.get_dynamic_partitions("periods_test_chain"))
    assert keys == ["97", "98", "99", "100"]


def _context(received: list[str], first: str, last: str) -> Any:
    tags = {ASSET_PARTITION_RANGE_START_TAG: first, ASSET_PARTITION_RANGE_END_TAG: last}
    keys = ["98", "99", "100", "101"]
    return SimpleNamespace(
        partition_keys=received,
        run=SimpleNamespace(tags=tags, run_id="run"),
        instance=SimpleNamespace(get_dynamic_partitions=lambda name: keys),
    )


def test_the_periods_of_a_run_come_in_order_of_number() -> None:
    received = received_periods(_context(["100", "99"], "99", "100"), CHAIN)
    assert received == ["99", "100"]


@pytest.mark.parametrize("received", [["99"], ["98", "99", "100"], ["99", "101"]])
def test_a_run_that_received_other_keys_than_its_range_is_refused(received: list[str]) -> None:
    with pytest.raises(PermanentFailure, match="the run is for 2 periods 99 to 100 but received"):
        received_periods(_context(received, "99", "100"), CHAIN)


KEPT = ["98", "99", "100", "101"]
NOW = datetime(2026, 8, 12, 12, 5, tzinfo=UTC)
SEEN = Observation(is_missing=False, furthest_percent=5)


def fetch(first: int, last: int) -> ChainRun:
    return ChainRun((KEYS.staging_fees, KEYS.fees), str(first), str(last), last - first + 1)


def run_keys(result: dg.SensorResult) -> list[str | None]:
    assert (result.skip_reason is None) is bool(result.run_requests)
    return [request.run_key for request in result.run_requests or []]


def test_the_first_tick_observes_the_running_period_and_fetches_all_before_it() -> None:
    nothing = ChainState(-1, Observation(True, -1), (fetch(98, 100),))
    result = plan_tick(CHAIN, head(101), [], nothing, NOW)
    observe, fees = result.run_requests or []
    assert added(result) == ["98", "99", "100", "101"]
    assert (observe.run_key, observe.partition_key) == ("solana-mainnet:observe:101:start", "101")
    assert [key.to_user_string() for key in observe.asset_selection or []] == [
        REGISTRY_KEY,
        KEYS.periods,
        KEYS.staging_meta,
        KEYS.identities,
        KEYS.meta,
    ]
    assert fees.run_key == "solana-mainnet:fees:98..100:2026-08-12T12"
    assert fees.tags[ASSET_PARTITION_RANGE_START_TAG] == "98"
    assert fees.tags[ASSET_PARTITION_RANGE_END_TAG] == "100"
    assert KEYS.fees in [key.to_user_string() for key in fees.asset_selection or []]


def test_what_is_there_is_not_asked_for_whatever_the_cursor_says() -> None:
    for index in (5, 50, 89):
        assert run_keys(plan_tick(CHAIN, head(101, index), KEPT, ChainState(101, SEEN), NOW)) == []


def test_a_period_is_observed_again_near_its_end_once() -> None:
    late = ChainState(101, Observation(False, 91))
    assert run_keys(plan_tick(CHAIN, head(101, 90), KEPT, ChainState(101, SEEN), NOW)) == [
        "solana-mainnet:observe:101:end"
    ]
    assert run_keys(plan_tick(CHAIN, head(101, 95), KEPT, late, NOW)) == []
    never = ChainState(101, Observation(True, -1))
    assert run_keys(plan_tick(CHAIN, head(101, 95), KEPT, never, NOW)) == [
        "solana-mainnet:observe:101:end"
    ]


def test_a_node_that_lags_behind_asks_for_nothing() -> None:
    state = ChainState(102, Observation(False, 50), (fetch(100, 100),))
    assert run_keys(plan_tick(CHAIN, head(101, 99), [*KEPT, "102"], state, NOW)) == []


def test_before_the_first_period_nothing_is_asked_for() -> None:
    assert (
        run_keys(plan_tick(CHAIN, head(97), [], ChainState(-1, Observation(True, -1)), NOW)) == []
    )


def test_no_fetch_is_asked_for_while_one_waits_or_works() -> None:
    state = ChainState(102, Observation(True, -1), (fetch(101, 101),), is_fetching=True)
    assert run_keys(plan_tick(CHAIN, head(102), KEPT, state, NOW)) == [
        "solana-mainnet:observe:102:start"
    ]


@pytest.mark.parametrize("text", [None, "", '{"version": 1, "misses": 7}', "{}"])
def test_a_cursor_of_another_version_counts_as_none(text: str | None) -> None:
    assert read_misses(text) == 0


def test_the_cursor_carries_its_version() -> None:
    result = plan_tick(CHAIN, head(101), KEPT, ChainState(101, SEEN), NOW)
    assert json.loads(result.cursor or "") == {"version": 2, "misses": 0}
