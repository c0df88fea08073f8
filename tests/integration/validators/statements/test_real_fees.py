"""The DoubleZero fee, 5 % of block rewards: its total, and the balances that were published."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from cdp_assets.settings import publish_environment
from cdp_assets.validators.statements.balances import Balance, balance_at
from tests.integration.validators.statements.statement_world import ANN, StatementWorld

# One validator of the published table at epoch 885: 880, 882 and 883 were not paid by then.
VOTE = "GLB3jUr5zuu79zFuEH3KP7boxtWsjHVyYRBK2SPshrk"
# Months as a test has them: the table has no months, its flags are by epoch.
MONTHS = {
    "2025-08": (range(859, 880), "Yes"),
    "2025-09": (range(880, 881), "No"),
    "2025-10": (range(881, 882), "Yes"),
    "2025-11": (range(882, 884), "No"),
    "2025-12": (range(884, 886), None),
}


def row_of(shared_data: Path, name: str) -> dict[str, str]:
    """Return the validator's row of a file of the DoubleZero repository."""
    (found,) = [row for row in rows_of(shared_data, name) if row["votekey"] == VOTE]
    return found


def rows_of(shared_data: Path, name: str) -> list[dict[str, str]]:
    """Return the rows of such a file."""
    with (shared_data / "validator/solana/doublezero" / name).open(newline="") as file:
        return list(csv.DictReader(file))


def test_c5_the_fee_of_epoch_842_over_986_validators(
    world: StatementWorld, shared_data: Path
) -> None:
    fees = {
        row["votekey"]: round(Decimal(row["block_rewards"]) * 10**9) * 500 // 10_000
        for row in rows_of(shared_data, "earnings_epoch842.csv")
    }
    for period in ("840", "841"):
        world.earn(period, {})
    world.earn("842", fees)
    statement = world.release()
    assert statement.total_native == 503_357_410_499
    assert len(world.items(statement)) == 986


def test_balances_are_those_of_the_published_table(
    world: StatementWorld, shared_data: Path
) -> None:
    publish_environment({"CDP_DUAL_APPROVAL": "false"})
    table = row_of(shared_data, "fees_and_payments_at_885.csv")
    world.now = datetime(2026, 2, 2, tzinfo=UTC)
    load_fees(world, table)
    balances = {}
    for month, (epochs, flag) in MONTHS.items():
        assert {table.get(f"paid_{epoch}") for epoch in epochs} == {flag}
        statement = world.do("draft", month=month)
        with world.change(ANN) as change:
            balances[month] = balance_at(change.cursor, statement)
        for action in ("submit", "approve", "release") if flag else ():
            world.do(action, ANN, month)
        if flag == "Yes":
            world.do("pay", ANN, month, transaction_id=f"tx-{month}")
    published = row_of(shared_data, "fees_and_payments_consolidated_at_885.csv")
    fee_880 = int(table["dz_fee_lamports_880"])
    assert balances["2025-10"] == Balance(
        previous_native=int(published["previous_fees"]),
        previous_paid_native=int(published["previous_paid"]),
        open_native=fee_880,
    )
    unpaid = sum(int(published[f"dz_fee_lamports_{epoch}"]) for epoch in (882, 883))
    assert balances["2025-12"].open_native == fee_880 + unpaid


def load_fees(world: StatementWorld, table: dict[str, str]) -> None:
    """Let the fees of the table be lines of periods that end in the months."""
    ends = {"886": datetime(2026, 1, 2, tzinfo=UTC)}
    for month, (epochs, _) in MONTHS.items():
        start = datetime.fromisoformat(f"{month}-02T00:00:00+00:00")
        ends |= {str(epoch): start + timedelta(days=n) for n, epoch in enumerate(epochs)}
    world.write_periods({period: datetime(2025, 7, 2, tzinfo=UTC) for period in ("840", "841")})
    world.write_periods({period: datetime(2025, 7, 3, tzinfo=UTC) for period in ("842", "843")})
    world.write_periods(dict(sorted(ends.items())))
    for period in sorted(ends.keys() - {"886"}):
        world.earn(period, {VOTE: int(table[f"dz_fee_lamports_{period}"])}, month=ends[period])
