"""MEV, rewards and meta of Solana: from the simulated services into exact rows (validator §3.1)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from cdp_assets.errors import MissingUpstream, TransientFailure
from cdp_assets.units import SOL_DECIMALS, to_native
from cdp_assets.validators.canonical.normalise import NOT_OBSERVED
from cdp_assets.validators.chain_assets.restatement_watch import watched_runs
from cdp_assets.validators.periods.period_table import known_plan
from simulator.server.faults import FaultRule
from simulator.solana import income
from tests.integration.validators.conftest import Station, load_epoch, shorten, validator

BIG = 2**63 + 1


@pytest.fixture
def kobe(station: Station) -> Station:
    """A station whose MEV service has an address."""
    station.use_kobe()
    return station


def mev_rows(station: Station, period: int) -> list[tuple[Any, ...]]:
    return station.query(
        "select validator_key, gross_mev_native, total_mev_native, mev_commission_bps, "
        "quality_flags from validators.canonical_validator_mev "
        "where period_id = %s and is_current and not is_void order by 1",
        str(period),
    )


def mev(station: Station, period: int) -> list[tuple[Any, ...]]:
    """Fetch and write the MEV of a period."""
    station.do(station.keys.staging_mev, period)
    station.do(station.keys.mev, period)
    return mev_rows(station, period)


def rewards(station: Station, period: int) -> list[tuple[Any, ...]]:
    """Fetch and write the rewards of a period."""
    station.do(station.keys.staging_rewards, period)
    station.do(station.keys.rewards, period)
    return station.query(
        "select validator_key, staker_address, rewards_native, gross_native, commission_native, "
        "stake_native, is_operator_owned from validators.canonical_stake_rewards "
        "where period_id = %s and is_current and not is_void order by 1, 2",
        str(period),
    )


def loaded(**more: Any) -> list[dict[str, Any]]:
    """Three validators: with an own leaf, without one, and without the MEV client."""
    return [
        {**validator("A", 1_000, slots=32), "mev_lamports": BIG, "mev_commission_bps": 5, **more},
        {**validator("B", 1_000, slots=32), "mev_lamports": 10_007, "has_own_leaf": False, **more},
        {**validator("C", 1_000, slots=32), "runs_jito": False, **more},
    ]


def ended(station: Station, epochs: int = 2, **more: Any) -> Station:
    """Observe epoch 933 with the loaded validators and let it and the next one end."""
    load_epoch(station.node, loaded(**more))
    station.observe(933)
    station.move(epochs=epochs)
    station.periods()
    return station


def test_the_own_leaf_counts_else_the_floor_of_the_gross_which_is_an_estimate(
    kobe: Station,
) -> None:
    ended(kobe)
    assert mev(kobe, 933) == [
        ("A", BIG, BIG * 5 // 10_000, 5, []),
        ("B", 10_007, 10_007 * 800 // 10_000, 800, ["ESTIMATED"]),
    ]  # C does not run the client: no row


def test_mev_waits_for_two_periods_and_does_not_delay_fees_and_rewards(kobe: Station) -> None:
    ended(kobe, epochs=1)
    with pytest.raises(MissingUpstream, match="MEV_TIPS may be fetched 2 periods later"):
        kobe.do(kobe.keys.staging_mev, 933)
    kobe.write_identities(933)
    kobe.fees(933)
    assert len(rewards(kobe, 933)) == 3


def test_a_tree_that_is_uploaded_late_fails_the_fetch_and_writes_nothing(kobe: Station) -> None:
    ended(kobe)
    late = (kobe.now + timedelta(hours=30)).isoformat()
    kobe.node.world.chain.restate({"epoch": 933, "upload_at": late})
    with pytest.raises(TransientFailure, match="not uploaded yet"):
        kobe.do(kobe.keys.staging_mev, 933)
    with pytest.raises(MissingUpstream, match="no complete fetch is stored"):
        kobe.do(kobe.keys.mev, 933)
    kobe.move(hours=31)
    assert [row[0] for row in mev(kobe, 933)] == ["A", "B"]


def test_pages_that_shift_are_walked_again_and_never_normalised(kobe: Station) -> None:
    ended(kobe)
    providers = [
        p.model_copy(update={"batch_size": 1}) if p.name == "jito_kobe" else p
        for p in kobe.registry.providers
    ]
    kobe.registry = kobe.registry.model_copy(update={"providers": providers})
    rules = kobe.node.world.faults.rules
    rules.append(FaultRule("duplicate", path="/validator_rewards", times=1))
    assert [row[0] for row in mev(kobe, 933)] == ["A", "B"]
    rules.append(FaultRule("duplicate", path="/validator_rewards"))
    with pytest.raises(TransientFailure, match="shifted in each of 3 walks"):
        kobe.do(kobe.keys.staging_mev, 933)
    assert kobe.query(
        "select status from ops.ingestion_runs where data_type = 'MEV' order by completed_at"
    ) == [("SUCCESS",), ("PARTIAL",)]


def test_a_service_without_an_address_is_left_out_and_nothing_is_published(
    station: Station,
) -> None:
    ended(station)
    for key in (station.keys.staging_mev, station.keys.mev):
        done = station.do(key, 933)
        assert (done.rows, done.state, done.is_skipped) == (0, NOT_OBSERVED, True)
    assert (
        station.query(
            "select 1 from ops.asset_partition_status where asset_key = any(%s)",
            [station.keys.staging_mev, station.keys.mev],
        )
        == []
    )


def test_a_first_total_of_zero_is_provisional_until_the_source_repeats_it(kobe: Station) -> None:
    ended(kobe, mev_lamports=0)
    assert [row[4] for row in mev(kobe, 933)] == [
        ["PROVISIONAL_ZERO"],
        ["ESTIMATED", "PROVISIONAL_ZERO"],
    ]
    kobe.move(hours=1)
    assert [row[4] for row in mev(kobe, 933)] == [[], ["ESTIMATED"]]


def _observed_totals(shared_data: Path, metric: str) -> dict[int, list[int]]:
    path = shared_data / "validator" / "solana" / "marinade" / "network_rewards_observed.csv"
    found: dict[int, list[int]] = {}
    with path.open(newline="") as source:
        for row in csv.DictReader(source):
            if row["metric"] == metric:
                native = to_native(Decimal(row["value"]), SOL_DECIMALS)
                found.setdefault(int(row["epoch"]), []).append(native)
    return found


@pytest.mark.parametrize(
    ("metric", "epoch", "is_zero_first"),
    [
        ("rewards_mev", 677, False),
        ("rewards_mev", 678, False),
        ("rewards_inflation_est", 703, True),
        ("rewards_inflation_est", 704, True),
    ],
)
def test_real_restatements_become_versions(
    kobe: Station, shared_data: Path, metric: str, epoch: int, is_zero_first: bool
) -> None:
    first, later = _observed_totals(shared_data, metric)[epoch]
    field = "mev" if metric == "rewards_mev" else "inflation"
    only = {**validator("A", 1, slots=96), "commission": 100, "mev_commission_bps": 10_000}
    kobe.registry = shorten(kobe.registry, first_period=epoch)
    load_epoch(kobe.node, [{**only, f"{field}_lamports": first}], epoch=epoch)
    kobe.move(epochs=epoch - 933)
    kobe.observe(epoch)
    kobe.move(epochs=2)
    kobe.periods()
    build = mev if field == "mev" else rewards
    assert ("PROVISIONAL_ZERO" in str(_flags(kobe, field, build, epoch))) is is_zero_first
    kobe.node.world.chain.restate({"epoch": epoch, field: {"A": later}})
    kobe.move(hours=2)
    assert _flags(kobe, field, build, epoch) == [[]]
    table, column = {
        "mev": ("canonical_validator_mev", "total_mev_native"),
        "inflation": ("canonical_stake_rewards", "commission_native"),
    }[field]
    versions = kobe.query(f"select version, {column} from validators.{table} order by 1")
    assert versions == [(1, first), (2, later)]


def _flags(station: Station, field: str, build: Any, epoch: int) -> list[list[str]]:
    build(station, epoch)
    table = "canonical_validator_mev" if field == "mev" else "canonical_stake_rewards"
    return [
        row[0]
        for row in station.query(
            f"select quality_flags from validators.{table} where is_current order by 1"
        )
    ]


def test_rewards_are_the_commission_of_each_validator_and_what_known_accounts_got(
    station: Station,
) -> None:
    """The chain pays floor(gross x c / 100) to the vote account; 100 % leaves stakers nothing."""
    station.node.world.chain.load(
        {
            "epoch": 933,
            "slots_per_epoch": 96,
            "starts_at": "2026-03-02T00:00:00Z",
            "validators": [
                {
                    **validator("A", 1, slots=48),
                    "commission": 7,
                    "inflation_lamports": 3_434_204_499_113,
                },
                {**validator("B", 1, slots=48), "commission": 0, "inflation_lamports": 16 * BIG},
            ],
        }
    )
    known = {one.vote: one for one in station.node.world.chain.validators(933)}
    own, client, other = (a.address for a in income.stake_accounts(known["A"]))
    free = income.stake_accounts(known["B"])[0].address
    station.registry = shorten(
        station.registry, operator_stake_accounts={"A": [own]}, first_period=933
    )
    station.query(
        "with i as (insert into governance.introducers values "
        "('11111111-1111-4111-8111-111111111111', 'P', null, null, true, now()) returning 1), "
        "c as (insert into governance.clients values ('x', 'X', now()) returning 1) "
        "select count(*) from i, c"
    )
    for account in (client, free):
        station.query(
            "with n as (insert into governance.range_numbers (kind, owner, chain_id) values "
            "('account', %s, 'solana-mainnet') returning range_number) "
            "insert into governance.client_mappings (mapping_id, client_id, introducer_id, "
            "chain_id, staker_address, from_period, to_period, range_number, created_at, "
            "created_by) "
            "select gen_random_uuid(), 'x', '11111111-1111-4111-8111-111111111111', "
            "'solana-mainnet', %s, 900, 934, range_number, now(), 'ann' from n returning 1",
            account,
            account,
        )
    station.observed_and_ended(933)
    gross = 3_434_204_499_113 // 16
    net = gross * 93 // 100
    found = {(row[0], row[1]): row[2:] for row in rewards(station, 933)}
    stake = (10**15 + 1) // 16
    assert found["A", ""] == (None, None, 240_394_314_937, None, False)  # validator.md P2
    assert found["B", ""] == (None, None, 0, None, False)
    assert found["A", own][0] == found["A", client][0] == net
    assert found["A", own][3:] == (stake, True)
    assert found["A", client][3:] == (stake, False)
    assert found["B", free] == (BIG, BIG, 0, stake, False)
    assert ("A", other) not in found  # nobody owns or mapped it
    lowest, commission = found["A", client][1:3]
    assert lowest * 93 // 100 == net
    assert commission == lowest * 7 // 100


def test_rewards_that_are_still_paid_out_are_fetched_later(station: Station) -> None:
    ended(station, epochs=1)
    rules = station.node.world.faults.rules
    rules.append(FaultRule("rpc_error", rpc_method="getInflationReward", code=-32017))
    with pytest.raises(TransientFailure, match="rewards are being paid out"):
        station.do(station.keys.staging_rewards, 933)
    rules.clear()
    assert len(rewards(station, 933)) == 3


def test_rewards_of_a_period_that_nobody_observed_are_not_observed(station: Station) -> None:
    station.periods()
    station.stage_meta(931)
    station.write_identities(931)
    assert station.do(station.keys.staging_rewards, 931).state == NOT_OBSERVED
    assert station.do(station.keys.rewards, 931).state == NOT_OBSERVED


def test_meta_takes_each_value_from_the_first_source_that_has_it(kobe: Station) -> None:
    ended(kobe, epochs=1)
    kobe.stage_meta(933)
    kobe.do(kobe.keys.meta, 933)
    found = kobe.query(
        "select validator_key, commission_rate_bps, mev_commission_bps, is_mev_enabled, "
        "total_stake_native, credits > 0, delinquent, source_provider, quality_flags "
        "from validators.canonical_validator_meta where is_current order by 1"
    )
    stake = 10**15 + 1
    rows = {row[0]: row[1:] for row in found}
    assert rows["A"] == (500, 5, True, stake, True, False, "solana_rpc", [])
    assert rows["C"] == (500, None, False, stake, True, False, "solana_rpc", [])


@pytest.fixture(autouse=True)
def no_faults(station: Station) -> Iterator[None]:
    yield
    station.node.world.faults.rules.clear()


def test_final_periods_are_watched_daily_and_an_equal_response_changes_no_version(
    kobe: Station,
) -> None:
    ended(kobe)
    kobe.write_identities(933)
    mev(kobe, 933)
    kobe.fees(933)
    rewards(kobe, 933)
    version = "select asset_key, version from ops.asset_version order by 1"

    def watched() -> list[tuple[str, str, str]]:
        with kobe.warehouse.connect(autocommit=True) as connection:
            runs = watched_runs(
                connection,
                kobe.registry,
                kobe.chain,
                known_plan(connection, kobe.chain),
                kobe.sources,
                kobe.now,
            )
        return [(run.asset_keys[0].rsplit("_", 1)[1], run.first, run.last) for run in runs]

    assert watched() == []
    kobe.move(hours=24)
    assert watched() == [(name, "933", "933") for name in ("fees", "mev", "rewards")]
    kobe.do(kobe.keys.staging_mev, 933)  # an hour or more after the first: confirmed from now on
    before = kobe.query(version)
    kobe.do(kobe.keys.staging_mev, 933)
    assert kobe.query(version) == before  # nothing below is stale
    kobe.move(hours=1)  # of two responses at one instant the hash decides
    kobe.node.world.chain.restate({"epoch": 933, "mev": {"B": 20_000}})
    kobe.do(kobe.keys.staging_mev, 933)
    assert kobe.query(version) != before
    assert watched() == [("fees", "933", "933"), ("rewards", "933", "933")]
    kobe.registry = shorten(kobe.registry, restatement_watch_periods=0)
    assert watched() == []
    kobe.move(hours=24 * 30)
    assert [name for name, *_ in watched()] == ["fees", "mev", "rewards"]
