"""From fees to a paid adjustment: the real steps of P&L and lines under the statements."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg

from cdp_assets.settings import publish_environment
from cdp_assets.validators.canonical.canonical_tables import FEES
from cdp_assets.validators.chains.chain_registry import Registry
from tests.integration.validators.payments import (
    NOW,
    Ledger,
    add_periods,
    add_rows,
    add_validators,
    add_version,
    fees,
)
from tests.integration.validators.statements.statement_world import RULE, StatementWorld

JANUARY = (850, 851, 852)


def test_a_restatement_after_the_release_is_paid_in_february(dsn: str, registry: Registry) -> None:
    publish_environment({"CDP_AS_OF": NOW.isoformat()})
    chain = registry.chains[0].model_copy(update={"operator_stake_accounts": {}})
    registry = registry.model_copy(update={"chains": [chain]})
    world = StatementWorld(dsn, registry, now=NOW)
    world.add_people()
    with psycopg.connect(dsn, autocommit=True) as connection, connection.cursor() as cursor:
        ledger = Ledger(dsn, registry, cursor)
        add_periods(cursor, range(850, 869), first_end=datetime(2025, 1, 27, tzinfo=UTC))
        add_version(cursor, "A", RULE, end=853)
        for period in JANUARY:
            add_validators(cursor, period, V1=1_000_019, V2=2_000)
        ledger.compute(*JANUARY)
        january = world.release("2025-01")
        assert january.total_native == 3 * (50_000 + 100)
        add_rows(cursor, FEES, 850, fees(850, "V1", 900_019), fees(850, "V2", 2_000))
        ledger.compute(850)
        february = world.release("2025-02")
        assert world.items(february) == [("ADJUSTMENT", "850", "V1", -5_000)]
        before = ledger.rows()
        assert ledger.lines(850)["850"].appended.written == 0
        assert ledger.rows() == before
        ((latest,),) = world.query(
            "select sum(final_amount_native)::bigint from validators.partner_commission_lines "
            "where is_current and line_kind <> 'ADJUSTMENT'"
        )
        assert latest == january.total_native + february.total_native  # I13
