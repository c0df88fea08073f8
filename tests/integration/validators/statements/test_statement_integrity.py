"""Each column of a stored statement that was tampered with is found, and the statement named."""

from __future__ import annotations

import pytest

from cdp_assets.settings import publish_environment
from cdp_assets.validators.statements.documents.verification import verify_statement
from cdp_assets.validators.statements.statement_store import Statement
from cdp_assets.validators.verification.integrity import verify_statements
from tests.integration.validators.statements.statement_world import P2, StatementWorld

pytestmark = pytest.mark.integration
ITEMS, RECORDED = "hashes and totals of statements", "statements are as the audit log recorded them"
_FORGERY = "update validators.partner_commission_statements set {} where statement_id = '{}'"
_ITEM = "update validators.partner_statement_items set {} where statement_id = '{}'"
FORGERIES = {
    _FORGERY.format("total_fiat = total_fiat + 1", "{}"): ({RECORDED}, "total_fiat is 12.00"),
    _FORGERY.format("total_fiat = null", "{}"): ({RECORDED}, "total_fiat is null"),
    _FORGERY.format("quote_ccy = 'EUR'", "{}"): ({RECORDED}, "quote_ccy is EUR"),
    _FORGERY.format("total_native = 1", "{}"): ({ITEMS, RECORDED}, "total_native is 1, entry"),
    _FORGERY.format("status = 'PAID', paid_at = now()", "{}"): ({RECORDED}, "status is PAID"),
    _FORGERY.format("month = '2025-09'", "{}"): ({ITEMS, RECORDED}, "month is 2025-09"),
    _ITEM.format("amount_native = amount_native + 1", "{}"): ({ITEMS}, "add up to"),
    _ITEM.format("validator_key = 'X'", "{}"): ({ITEMS}, "its items have the hash"),
    "delete from validators.partner_statement_items where statement_id = '{}'": (
        {ITEMS},
        "its items add up to 0",
    ),
}


def _broken(world: StatementWorld) -> dict[str, tuple[str, ...]]:
    with world.warehouse.connect() as connection:
        results = list(verify_statements(connection))
    assert [result.what for result in results] == [ITEMS, RECORDED]
    assert {result.rows for result in results} == {2}
    return {result.what: result.broken for result in results if result.broken_count}


def _problems(world: StatementWorld, statement: Statement) -> list[str]:
    with world.warehouse.connect() as connection, connection.cursor() as cursor:
        return list(verify_statement(cursor, statement.statement_id).problems)


@pytest.fixture
def released(earned: StatementWorld) -> Statement:
    """A released statement of 60 with a fiat total of 11.00, beside one of another partner."""
    publish_environment({"CDP_FX_SOURCE": "none", "CDP_FX_CURRENCY": "USD"})
    for period in ("840", "841", "842"):
        earned.price(period, "V1", "183333333.3333333333")
    earned.add_agreement("B", P2)
    earned.compute_again()
    statement = earned.release()
    earned.release(partner=P2)
    assert str(statement.total_fiat) == "11.00"
    return statement


def test_each_forgery_of_a_statement_is_named(earned: StatementWorld, released: Statement) -> None:
    assert _broken(earned) == {}
    assert _problems(earned, released) == []
    which = f"statement {released.statement_id}: "
    earned.run(
        "create table kept as select * from validators.partner_commission_statements; "
        "create table kept_items as select * from validators.partner_statement_items"
    )
    for forgery, (wanted, text) in FORGERIES.items():
        earned.run(
            f"set session_replication_role = replica; {forgery.format(released.statement_id)}"
        )
        found = _broken(earned)
        assert found.keys() == wanted, forgery
        lines = [line for lines in found.values() for line in lines]
        assert all(line.startswith(which) for line in lines), (forgery, lines)
        assert any(text in line for line in lines), (forgery, lines)
        assert any(text in problem for problem in _problems(earned, released)), forgery
        earned.run(
            "set session_replication_role = replica; "
            "delete from validators.partner_statement_items; "
            "delete from validators.partner_commission_statements; "
            "insert into validators.partner_commission_statements select * from kept; "
            "insert into validators.partner_statement_items select * from kept_items"
        )
    assert _broken(earned) == {}


def test_prices_of_a_later_computation_leave_a_released_statement_good(
    earned: StatementWorld, released: Statement
) -> None:
    earned.run(
        "set session_replication_role = replica; "
        "update validators.validator_pnl set price = price * 2"
    )
    assert _broken(earned) == {}
    assert _problems(earned, released) == []


def test_a_statement_that_nobody_made_and_one_that_is_gone_are_named(
    earned: StatementWorld, released: Statement
) -> None:
    earned.run(
        "set session_replication_role = replica; update validators.partner_commission_statements "
        f"set statement_id = gen_random_uuid() where statement_id = '{released.statement_id}'"
    )
    found = _broken(earned)[RECORDED]
    assert any("no entry of the audit log has it" in line for line in found)
    gone = f"statement {released.statement_id}: entry "
    assert any(line.startswith(gone) and line.endswith("it is gone") for line in found)
