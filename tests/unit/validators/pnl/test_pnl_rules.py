"""The P&L of a validator: the page's vectors, a real epoch, and what is missing (validator §6)."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp_assets.units import SOL_DECIMALS, to_native
from cdp_assets.validators.pnl.pnl_rules import (
    COMPONENTS,
    FeesRow,
    MetaRow,
    MevRow,
    Pnl,
    Price,
    RewardsRow,
    ValidatorRows,
    compute_pnl,
)
from cdp_assets.validators.rules.inputs_hash import inputs_hash
from cdp_assets.validators.rules.rounding import BPS, fiat_of, round_down
from tests.conftest import SHARED_DATA
from tests.unit.validators.vectors import VECTORS


def fees(total: int, *flags: str, version: int = 1) -> FeesRow:
    return FeesRow(("canonical_validator_fees", "A", str(version)), flags, total_native=total)


def mev(share: int, gross: int | None = None, *flags: str) -> MevRow:
    source = ("canonical_validator_mev", "A", "1")
    return MevRow(source, flags, gross_native=gross, share_native=share)


def rewards(
    account: str = "",
    rewards: int | None = None,
    commission: int | None = None,
    *,
    is_owned: bool = False,
) -> RewardsRow:
    return RewardsRow(
        ("canonical_stake_rewards", f"A|{account}", "1"),
        staker_address=account,
        rewards_native=rewards,
        commission_native=commission,
        is_operator_owned=is_owned,
    )


def meta(*, is_mev_enabled: bool | None = True, stake: int | None = 1000) -> MetaRow:
    return MetaRow(
        ("canonical_validator_meta", "A", "1"),
        is_mev_enabled=is_mev_enabled,
        total_stake_native=stake,
    )


def pnl(past_lag: tuple[str, ...] = COMPONENTS, price: Price | None = None, **rows: Any) -> Pnl:
    return compute_pnl(ValidatorRows(**rows), past_lag=past_lag, decimals=SOL_DECIMALS, price=price)


def whole(**changed: Any) -> dict[str, Any]:
    """Rows of a validator with every component."""
    usual = {
        "fees": fees(1000),
        "mev": mev(80, 800),
        "rewards": (rewards(commission=7),),
        "meta": meta(),
        "operator_accounts": (),
    }
    return usual | changed


def share_of(gross: int, bps: int) -> int:
    return round_down(Fraction(gross * bps, BPS))


def test_p1_the_total_is_the_sum_of_four_terms() -> None:
    vector = VECTORS["P1"]
    found = pnl(
        fees=fees(int(vector["exec_fees"])),
        mev=mev(int(vector["mev_tips"])),
        rewards=(
            rewards(commission=int(vector["commission"])),
            rewards("own", int(vector["vote_rewards"]), is_owned=True),
        ),
        operator_accounts=("own",),
    )
    assert found.total_native == int(vector["expect_total"])
    assert (found.quality, found.missing) == ("COMPLETE", ())


def test_p2_a_real_validator() -> None:
    vector = VECTORS["P2"]
    share = share_of(int(vector["mev_gross"]), vector["mev_bps"])
    commission = share_of(int(vector["inflation_gross"]), vector["commission_bps"])
    found = pnl(
        fees=fees(int(vector["exec_fees"])),
        mev=mev(share, int(vector["mev_gross"]), "ESTIMATED"),
        rewards=(rewards(commission=commission),),
        operator_accounts=(),
    )
    assert found.components == {
        "EXEC_FEES": 241_071_861_667,
        "MEV_TIPS": int(vector["expect_mev"]),
        "VOTE_REWARDS": int(vector["vote_rewards"]),
        "COMMISSION": int(vector["expect_commission"]),
    }
    assert found.total_native == int(vector["expect_total"])
    assert found.quality_flags == ("ESTIMATED",)


def test_p3_all_validators_of_a_real_epoch() -> None:
    sums = dict.fromkeys([*COMPONENTS, "total"], 0)
    vector = VECTORS["P3"]
    with (SHARED_DATA / "validator" / vector["source"]).open() as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        amount = {
            name: to_native(Decimal(row[name]), SOL_DECIMALS)
            for name in ("block_rewards", "mev_rewards", "inflation")
        }
        mev_bps = int(Decimal(row["mev_commission"] or 0) * 100)
        commission_bps = int(Decimal(row["commission"]) * 100)
        found = pnl(
            fees=fees(amount["block_rewards"]),
            mev=mev(share_of(amount["mev_rewards"], mev_bps), amount["mev_rewards"]),
            rewards=(rewards(commission=share_of(amount["inflation"], commission_bps)),),
            operator_accounts=(),
        )
        assert found.components["VOTE_REWARDS"] == int(vector["vote_rewards_each"])
        for name in COMPONENTS:
            sums[name] += found.components[name] or 0
        sums["total"] += found.total_native or 0
    assert len(rows) == 986
    assert sums == {
        "EXEC_FEES": int(vector["expect_exec"]),
        "MEV_TIPS": int(vector["expect_mev"]),
        "VOTE_REWARDS": 0,
        "COMMISSION": int(vector["expect_commission"]),
        "total": int(vector["expect_total"]),
    }


def test_p4_and_p5_a_validator_of_ethereum_owns_its_rewards() -> None:
    own = rewards(rewards=int(VECTORS["P4"]["expect_vote_rewards"]), commission=0, is_owned=True)
    vanilla = pnl(fees=fees(int(VECTORS["P4"]["expect_exec"])), mev=mev(0), rewards=(own,))
    assert vanilla.total_native == int(VECTORS["P4"]["expect_total"])
    fees_of_p5, mev_of_p5 = (int(VECTORS["P5"][name]) for name in ("expect_exec", "expect_mev"))
    delivered = pnl(fees=fees(fees_of_p5), mev=mev(mev_of_p5), rewards=(own,))
    assert delivered.components["EXEC_FEES"] == fees_of_p5
    assert delivered.components["MEV_TIPS"] == mev_of_p5


@pytest.mark.parametrize(
    ("changed", "missing"),
    [
        ({"fees": None}, "EXEC_FEES"),
        ({"fees": fees(0, "PROVISIONAL_ZERO")}, "EXEC_FEES"),
        ({"mev": None}, "MEV_TIPS"),
        ({"mev": None, "meta": meta(is_mev_enabled=None)}, "MEV_TIPS"),
        ({"mev": mev(0, 0, "PROVISIONAL_ZERO")}, "MEV_TIPS"),
        ({"rewards": ()}, "COMMISSION"),
        ({"rewards": (rewards(commission=None),)}, "COMMISSION"),
        ({"operator_accounts": None}, "VOTE_REWARDS"),
        ({"operator_accounts": ("own",)}, "VOTE_REWARDS"),
        (
            {
                "operator_accounts": ("own",),
                "rewards": (rewards(commission=7), rewards("own", None, is_owned=True)),
            },
            "VOTE_REWARDS",
        ),
    ],
)
def test_a_missing_component_is_null_and_named_never_zero(
    changed: dict[str, Any], missing: str
) -> None:
    found = pnl(**whole(**changed))
    assert (found.components[missing], found.missing) == (None, (missing,))
    assert (found.total_native, found.net_profit_native, found.quality) == (
        None,
        None,
        "INCOMPLETE",
    )


def test_a_component_before_its_lag_is_missing_whatever_its_row_holds() -> None:
    found = pnl(("EXEC_FEES", "VOTE_REWARDS", "COMMISSION"), **whole())
    assert (found.missing, found.components["MEV_TIPS"], found.gross_mev_native) == (
        ("MEV_TIPS",),
        None,
        None,
    )


def test_a_validator_without_the_mev_client_has_no_mev() -> None:
    found = pnl(**whole(mev=None, meta=meta(is_mev_enabled=False)))
    assert (found.components["MEV_TIPS"], found.gross_mev_native) == (0, 0)
    assert found.total_native == 1007


def test_a_validator_outside_of_a_known_leader_schedule_has_no_fees() -> None:
    found = pnl(**whole(fees=None, led_no_slot=True))
    assert (found.components["EXEC_FEES"], found.total_native) == (0, 87)


def test_declared_to_own_nothing_is_zero_and_accounts_of_others_do_not_count() -> None:
    found = pnl(**whole(rewards=(rewards(commission=7), rewards("client", 10**12))))
    assert found.components["VOTE_REWARDS"] == 0


def test_expenses_without_a_source_are_null_and_net_profit_is_the_revenue() -> None:
    found = pnl(**whole())
    assert (found.vote_cost_native, found.network_fees_native) == (None, None)
    assert found.net_profit_native == found.total_native == 1087


def test_r5_fiat_is_rounded_once() -> None:
    vector = VECTORS["R5"]
    price = Price(("fx_rates", "k", "1"), "USD", datetime(2025, 1, 1, tzinfo=UTC),
                  Decimal(vector["price"]))  # fmt: skip
    found = pnl(price=price, **whole(fees=fees(50_000_000 - 87)))
    assert found.total_fiat == Decimal(vector["stored"])
    assert found.net_profit_fiat == fiat_of(50_000_000, 9, price.price)
    assert pnl(**whole()).total_fiat is None


def test_the_hash_covers_every_row_and_the_price_and_no_order() -> None:
    price = Price(("fx_rates", "k", "2"), "USD", datetime(2025, 1, 1, tzinfo=UTC), Decimal(1))
    accounts = (rewards(commission=7), rewards("own", 1, is_owned=True))
    hashes = {
        pnl(**whole()).inputs_hash,
        pnl(**whole(fees=fees(1000, version=2))).inputs_hash,
        pnl(**whole(rewards=accounts)).inputs_hash,
        pnl(price=price, **whole()).inputs_hash,
    }
    assert len(hashes) == 4
    turned = pnl(**whole(rewards=accounts[::-1]))
    assert turned.inputs_hash == pnl(**whole(rewards=accounts)).inputs_hash


def test_the_hash_of_rows_is_that_of_their_sorted_list() -> None:
    assert inputs_hash([("b", "k", "1"), ("a", "k", "2")]) == inputs_hash(
        [("a", "k", "2"), ("b", "k", "1")]
    )


amounts = st.none() | st.integers(-(2**256), 2**256)


@given(st.integers(0, 2**256), st.integers(0, 2**256), amounts, amounts)
def test_i3_the_total_is_the_sum_of_its_parts_or_null(
    fee: int, tips: int, own: int | None, commission: int | None
) -> None:
    found = pnl(
        fees=fees(fee),
        mev=mev(tips),
        rewards=(rewards(commission=commission), rewards("own", own, is_owned=True)),
        operator_accounts=("own",),
    )
    if own is None or commission is None:
        assert found.total_native is None
    else:
        assert found.total_native == fee + tips + own + commission
