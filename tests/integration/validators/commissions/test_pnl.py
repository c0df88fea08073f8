"""P&L over the tables: sums, prices of the day, what is missing, versions (validator §6)."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import psycopg
import pytest

from cdp_assets.core.checks.sql_check import evaluate
from cdp_assets.core.runs.partition_run import DirectRun
from cdp_assets.errors import MissingUpstream, TransientFailure
from cdp_assets.settings import publish_environment
from cdp_assets.units import SOL_DECIMALS, to_native
from cdp_assets.validators.canonical.canonical_tables import FEES, IDENTITIES, META, MEV, REWARDS
from cdp_assets.validators.chains.chain_registry import Registry
from cdp_assets.validators.pnl.fx_rates_asset import write_fx_rates
from cdp_assets.validators.pnl.pnl_checks import PNL_CHECKS
from cdp_assets.validators.rules.rounding import round_down
from resources.postgres.warehouse import Warehouse
from simulator.server.faults import FaultRule
from simulator.server.http_server import SimulatorServer
from tests.integration.validators.payments import (
    EPOCH,
    JANUARY,
    NOW,
    Ledger,
    add_periods,
    add_rows,
    add_validators,
    fees,
    identity,
    meta,
    mev,
    reward,
)


@pytest.fixture
def ledger(dsn: str, registry: Registry) -> Iterator[Ledger]:
    """Periods 850 to 853; the operator of ABC owns the account own, that of others none."""
    publish_environment({"CDP_AS_OF": NOW.isoformat(), "CDP_FX_SOURCE": ""})
    owned = {"operator_stake_accounts": {"ABC": ["own"]}}
    registry = registry.model_copy(update={"chains": [registry.chains[0].model_copy(update=owned)]})
    with psycopg.connect(dsn, autocommit=True) as connection, connection.cursor() as cursor:
        add_periods(cursor, range(850, 853))
        add_periods(cursor, [853], first_end=JANUARY + 3 * EPOCH, status="OPEN")
        yield Ledger(dsn, registry, cursor)


def add_seed_period(ledger: Ledger) -> None:
    """Vector P1: 1.5 + 0.8 + 2.0 + 0.1 SOL."""
    cursor = ledger.cursor
    add_rows(cursor, IDENTITIES, 850, identity(850, "ABC"))
    add_rows(cursor, FEES, 850, fees(850, "ABC", 1_500_000_000))
    add_rows(cursor, MEV, 850, mev(850, "ABC", 800_000_000, 8_000_000_000, "ESTIMATED"))
    add_rows(cursor, META, 850, meta(850, "ABC", 2**63 + 1))
    add_rows(
        cursor, REWARDS, 850, reward(850, "ABC", commission=100_000_000),
        reward(850, "ABC", "own", net=2_000_000_000, is_owned=True),
        reward(850, "ABC", "client", net=9_000_000_000),
    )  # fmt: skip


def use_prices(ledger: Ledger, folder: Path, *rows: tuple[str, str]) -> int:
    """Write a file of prices in USD and land it; return how many changed."""
    lines = [f"solana-mainnet,USD,{as_of},{price}" for as_of, price in rows]
    path = folder / "prices.csv"
    path.write_text("\n".join(["chain_id,quote_ccy,as_of,price", *lines]))
    publish_environment({"CDP_FX_SOURCE": str(path)})
    _, changed = write_fx_rates(DirectRun("fx"), Warehouse(url=ledger.dsn), ledger.registry.chains)
    return changed


def test_p1_every_column_of_a_complete_row(ledger: Ledger) -> None:
    add_seed_period(ledger)
    done = ledger.pnl(850)["850"]
    assert (done.rows, done.statistics) == (1, {"validators_incomplete": 0})
    assert ledger.query(
        "select exec_fees_native, mev_tips_native, vote_rewards_native, commission_native, "
        "total_revenue_native, net_profit_native, gross_mev_native, total_stake_native, quality, "
        "missing_components, quality_flags, total_revenue_fiat, computation_version, is_current "
        "from validators.validator_pnl"
    ) == [
        (
            1_500_000_000, 800_000_000, 2_000_000_000, 100_000_000, 4_400_000_000, 4_400_000_000,
            8_000_000_000, 2**63 + 1, "COMPLETE", [], ["ESTIMATED"], None, 1, True,
        )
    ]  # fmt: skip


def test_p3_every_validator_of_a_real_epoch(ledger: Ledger, shared_data: Path) -> None:
    vectors = json.loads((shared_data / "validator" / "vectors.json").read_text())
    with (shared_data / "validator" / vectors["P3"]["source"]).open(newline="") as file:
        found = {row["votekey"]: row for row in csv.DictReader(file)}
    add_periods(ledger.cursor, [842], first_end=JANUARY - 8 * EPOCH)

    def lamports(validator: str, name: str) -> int:
        return to_native(Decimal(found[validator][name]), SOL_DECIMALS)

    def share(validator: str, gross: str, percent: str) -> int:
        bps = int(Decimal(found[validator][percent] or 0) * 100)
        return round_down(Fraction(lamports(validator, gross) * bps, 10_000))

    columns = {
        IDENTITIES: [identity(842, v) for v in found],
        FEES: [fees(842, v, lamports(v, "block_rewards")) for v in found],
        MEV: [
            mev(842, v, share(v, "mev_rewards", "mev_commission"), lamports(v, "mev_rewards"))
            for v in found
        ],
        META: [meta(842, v, lamports(v, "stake")) for v in found],
        REWARDS: [reward(842, v, commission=share(v, "inflation", "commission")) for v in found],
    }
    for table, rows in columns.items():
        add_rows(ledger.cursor, table, 842, *rows)
    ledger.pnl(842)
    sums = ledger.query(
        "select count(*), sum(exec_fees_native), sum(mev_tips_native), sum(vote_rewards_native), "
        "sum(commission_native), sum(total_revenue_native) from validators.validator_pnl "
        "where period_id = '842' and is_current and quality = 'COMPLETE'"
    )
    expected = [int(vectors["P3"][f"expect_{n}"]) for n in ("exec", "mev", "commission", "total")]
    assert sums == [(986, *expected[:2], 0, *expected[2:])]


def test_a_missing_table_gives_null_and_incomplete_until_it_is_there(ledger: Ledger) -> None:
    add_rows(ledger.cursor, IDENTITIES, 850, identity(850, "ABC"))
    ledger.pnl(850)
    state = "select total_revenue_native, quality, missing_components, computation_version " \
        "from validators.validator_pnl where is_current"  # fmt: skip
    missing = ["COMMISSION", "EXEC_FEES", "MEV_TIPS", "VOTE_REWARDS"]
    assert ledger.query(state) == [(None, "INCOMPLETE", missing, 1)]
    add_seed_period(ledger)
    ledger.pnl(850)
    assert ledger.query(state) == [(4_400_000_000, "COMPLETE", [], 2)]


def test_a_component_before_its_lag_is_missing_and_the_period_is_not_final(
    ledger: Ledger,
) -> None:
    add_validators(ledger.cursor, 852, A=10)  # MEV has a lag of two periods, the head is in 853
    ledger.pnl(852)
    assert ledger.query(
        "select exec_fees_native, mev_tips_native, missing_components from validators.validator_pnl"
    ) == [(10, None, ["MEV_TIPS"])]
    assert ledger.query(
        "select is_final from ops.asset_partition_status where asset_key = %s", ledger.keys.pnl
    ) == [(False,)]


def test_a_period_whose_validators_are_unknown_is_refused(ledger: Ledger) -> None:
    with pytest.raises(MissingUpstream, match="validators are not known"):
        ledger.pnl(850)


def test_the_price_is_the_last_of_the_day_up_to_the_end_never_yesterdays(
    ledger: Ledger, tmp_path: Path
) -> None:
    for period in (850, 851, 852):
        add_validators(ledger.cursor, period, A=50_000_000)
    ends = [JANUARY + place * timedelta(days=2) for place in range(3)]
    assert use_prices(
        ledger,
        tmp_path,
        (ends[0].isoformat(), "187.333333333333333333"),
        ((ends[1] - timedelta(hours=1)).isoformat(), "1"),  # the day before 851 ends
        ((ends[2] + timedelta(hours=1)).isoformat(), "2"),  # after 852 has ended
    ) == 3  # fmt: skip
    ledger.pnl(850, 851, 852)
    assert ledger.query(
        "select period_id, price, total_revenue_fiat, net_profit_fiat "
        "from validators.validator_pnl order by 1"
    ) == [
        ("850", Decimal("187.333333333333333333"), Decimal("9.36666667"), Decimal("9.36666667")),
        ("851", None, None, None),
        ("852", None, None, None),
    ]


def test_a_corrected_price_makes_its_period_stale_and_writes_a_version(
    ledger: Ledger, tmp_path: Path
) -> None:
    add_validators(ledger.cursor, 850, A=10**9)
    add_validators(ledger.cursor, 851, A=10**9)
    use_prices(ledger, tmp_path, (JANUARY.isoformat(), "2"))
    ledger.pnl(850, 851)
    assert use_prices(ledger, tmp_path, (JANUARY.isoformat(), "2.0")) == 0
    assert use_prices(ledger, tmp_path, (JANUARY.isoformat(), "3")) == 1
    assert ledger.query(
        "select partition_key from ops.asset_partition_status where asset_key = %s",
        ledger.keys.price_changes,
    ) == [("850",)]
    done = ledger.pnl(850, 851)
    assert [done[period].appended.changed for period in ("850", "851")] == [1, 0]


def fetch_prices(ledger: Ledger, node: SimulatorServer) -> int:
    """Land the prices of a web address; return how many changed."""
    node.world.clock.set(JANUARY + timedelta(days=10))
    publish_environment(
        {"CDP_FX_SOURCE": f"{node.url}/fx-rates/prices", "CDP_HTTP_BACKOFF_SECONDS": "0"}
    )
    _, changed = write_fx_rates(DirectRun("fx"), Warehouse(url=ledger.dsn), ledger.registry.chains)
    return changed


def test_prices_over_http_are_stored_as_received_before_they_are_read(
    ledger: Ledger, node: SimulatorServer
) -> None:
    stored = "select http_status, is_complete, body from raw_fx_rates.responses order by fetched_at"
    node.world.faults.rules.append(
        FaultRule("status", path="/fx-rates", status=429, retry_after=0, times=1)
    )
    assert fetch_prices(ledger, node) > 0
    assert fetch_prices(ledger, node) == 0
    assert {(status, done) for status, done, _ in ledger.query(stored)} == {
        (429, False),
        (200, True),
    }
    node.world.faults.rules.append(FaultRule("malformed", path="/fx-rates"))
    before = ledger.query("select f::text from validators.fx_rates f order by 1")
    with pytest.raises(TransientFailure, match="malformed JSON"):
        fetch_prices(ledger, node)
    assert ledger.query("select f::text from validators.fx_rates f order by 1") == before
    bodies = [bytes(body) for status, done, body in ledger.query(stored) if status == 200]
    assert sum(body.endswith(b",,") for body in bodies) == 1  # stored, and never read
    assert sum(b'"rates"' in body for body in bodies) == 2


def test_a_day_that_the_web_address_lacks_gives_null_and_a_red_check(
    ledger: Ledger, node: SimulatorServer
) -> None:
    add_validators(ledger.cursor, 850, A=10**9)
    node.world.faults.rules.append(FaultRule("partial", path="/fx-rates"))  # the newest days
    assert fetch_prices(ledger, node) > 0
    ledger.pnl(850)
    fiat = "select price, total_revenue_fiat from validators.validator_pnl where is_current"
    assert ledger.query(fiat) == [(None, None)]
    check = next(one for one in PNL_CHECKS if one.name == "price_of_the_day_present")
    parameters = {"chain": "solana-mainnet", "periods": ["850"], "has_prices": True}

    def is_green() -> bool:
        with psycopg.connect(ledger.dsn, autocommit=True) as connection:
            return evaluate(connection, check, parameters).passed

    assert not is_green()
    node.world.faults.rules.clear()
    fetch_prices(ledger, node)
    ledger.pnl(850)
    ((price, total),) = ledger.query(fiat)
    assert price == total > 0
    assert is_green()


def test_i3_and_i4_in_the_database(ledger: Ledger) -> None:
    add_validators(ledger.cursor, 850, A=1, B=None, C=2**70)
    ledger.pnl(850)
    before = ledger.query("select p::text from validators.validator_pnl p order by 1")
    assert ledger.query(
        "select count(*) from validators.validator_pnl where (total_revenue_native is null) "
        "<> (quality = 'INCOMPLETE') or total_revenue_native <> exec_fees_native "
        "+ mev_tips_native + vote_rewards_native + commission_native"
    ) == [(0,)]
    done = ledger.pnl(850)["850"]
    assert (done.appended.written, done.appended.unchanged) == (0, 3)
    assert ledger.query("select p::text from validators.validator_pnl p order by 1") == before
