"""Transitions of a statement, who may do them, and totals: plain rules."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp_assets.errors import PermanentFailure
from cdp_assets.governance.people import RIGHTS_OF_ROLE, Role
from cdp_assets.validators.statements.content_hash import Item
from cdp_assets.validators.statements.statement_totals import Price, Totals, totals_of
from cdp_assets.validators.statements.states import (
    Action,
    Status,
    needed_approvals,
    next_status,
    right_of,
    status_after_approval,
    status_after_change,
)

ALLOWED = {
    (Status.DRAFT, Action.SUBMIT): Status.IN_REVIEW,
    (Status.IN_REVIEW, Action.APPROVE): Status.APPROVED,
    (Status.APPROVED, Action.RELEASE): Status.RELEASED,
    (Status.RELEASED, Action.PAY): Status.PAID,
    (Status.DRAFT, Action.VOID): Status.VOID,
    (Status.IN_REVIEW, Action.VOID): Status.VOID,
    (Status.APPROVED, Action.VOID): Status.VOID,
    (Status.RELEASED, Action.VOID): Status.VOID,
    (Status.DRAFT, Action.DRAFT): Status.DRAFT,
    (Status.IN_REVIEW, Action.DRAFT): Status.IN_REVIEW,
    (Status.APPROVED, Action.DRAFT): Status.APPROVED,
}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("action", Action)
def test_every_status_and_action(status: Status, action: Action) -> None:
    if (status, action) in ALLOWED:
        assert next_status(status, action, key="k") is ALLOWED[status, action]
    else:
        with pytest.raises(PermanentFailure, match=f"k: the statement is {status}"):
            next_status(status, action, key="k")


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("role", Role)
def test_admin_and_finance_alone_work_with_statements(role: Role, action: Action) -> None:
    able = right_of(action) in RIGHTS_OF_ROLE[role]
    assert able == (role in (Role.ADMIN, Role.FINANCE))


def test_a_change_takes_an_approval_back_and_nothing_else() -> None:
    assert [status_after_change(s) for s in (Status.DRAFT, Status.IN_REVIEW, Status.APPROVED)] == [
        Status.DRAFT,
        Status.IN_REVIEW,
        Status.IN_REVIEW,
    ]


def test_the_last_approval_that_is_needed_approves() -> None:
    assert status_after_approval(1, needed_approvals(is_dual=True)) is Status.IN_REVIEW
    assert status_after_approval(2, needed_approvals(is_dual=True)) is Status.APPROVED
    assert status_after_approval(1, needed_approvals(is_dual=False)) is Status.APPROVED


def item(amount: int | None, period: str = "850") -> Item:
    return Item("line", "ATTRIBUTION", period, None, amount)


def test_an_unknown_amount_makes_the_totals_unknown() -> None:
    prices = {"850": Price(Decimal(1), "USD")}
    assert totals_of([item(5), item(None)], prices, 9, "USD") == Totals(None, None, None)


def test_two_currencies_have_no_sum() -> None:
    prices = {"850": Price(Decimal(1), "USD"), "851": Price(Decimal(1), "EUR")}
    assert totals_of([item(5), item(5, "851")], prices, 9, "USD") == Totals(10, None, None)


def test_nothing_is_zero_without_a_currency() -> None:
    assert totals_of([], {}, 9, None) == Totals(0, None, None)


def test_the_fiat_of_zero_needs_no_price_but_a_currency() -> None:
    zero, euro = Totals(0, Decimal("0.00"), "USD"), {"850": Price(Decimal(2), "EUR")}
    assert totals_of([], {}, 9, "USD") == zero
    assert totals_of([item(0), item(0, "851")], {}, 9, "USD") == zero
    assert totals_of([item(0)], euro, 9, "USD") == Totals(0, Decimal("0.00"), "EUR")
    assert totals_of([item(10**9), item(0, "851")], euro, 9, None) == Totals(
        10**9, Decimal("2.00"), "EUR"
    )


@given(
    st.lists(
        st.tuples(st.sampled_from(["850", "851"]), st.integers(-(2**256), 2**256)), max_size=8
    ),
    st.decimals("0.000000000000000001", "10000000", places=18),
)
def test_totals_are_exact_and_fiat_is_rounded_once(
    amounts: list[tuple[str, int]], price: Decimal
) -> None:
    prices = {"850": Price(price, "USD"), "851": Price(price * 2, "USD")}
    found = totals_of([item(amount, period) for period, amount in amounts], prices, 18, None)
    assert found.native == sum(amount for _, amount in amounts)
    exact = sum(
        Fraction(amount, 10**18) * Fraction(prices[period].value) for period, amount in amounts
    )
    if amounts:
        assert found.fiat is not None
        assert abs(Fraction(found.fiat) - exact) <= Fraction(1, 200)
        assert Fraction(found.fiat) * 100 == round(exact * 100)  # half to even, as Python rounds
