"""After a release the next open month carries the difference; all months pay the latest truth."""

from __future__ import annotations

import pytest

from cdp_assets.errors import PermanentFailure
from tests.integration.validators.statements.statement_world import (
    ENDS,
    LATER,
    P1,
    P2,
    StatementWorld,
    line_key,
)
from tests.unit.validators.vectors import VECTORS

A1 = VECTORS["A1"]
MONTHS = ("2025-08", "2025-09", "2025-10", "2025-11")


@pytest.fixture
def months(world: StatementWorld) -> StatementWorld:
    """A world in which four months are over, with one line in the first."""
    world.now = world.now.replace(month=12, day=20)
    world.write_periods(LATER)
    for period in ("841", "842", "843", *LATER):
        world.earn(period, {})
    world.earn("840", {"V1": int(A1["released"])})
    return world


def released_total(world: StatementWorld) -> int:
    """Return what the partner was paid over all months."""
    ((total,),) = world.query(
        "select coalesce(sum(total_native), 0)::bigint from "
        "validators.partner_commission_statements where status in ('RELEASED', 'PAID')"
    )
    return int(total)


def test_a1_each_restatement_is_paid_in_the_next_open_month(months: StatementWorld) -> None:
    months.release("2025-08")
    found = []
    for month, restated in zip(MONTHS[1:], A1["restated"], strict=False):
        months.earn("840", {"V1": int(restated)})
        statement = months.release(month)
        assert months.items(statement) == [
            ("ADJUSTMENT", "840", "V1", statement.total_native)
        ]  # fmt: skip
        found.append(str(statement.total_native))
        assert released_total(months) == int(restated)  # I13
    assert found == A1["expect_adjustments"]
    assert months.query(
        "select statement_month, adjusted_line_id, month from validators.partner_commission_lines "
        "where line_kind = 'ADJUSTMENT' order by 1"
    ) == [(month, line_key("840", "V1").line_id, "2025-08") for month in MONTHS[1:3]]


def test_a_line_that_is_gone_is_paid_back_and_a_new_one_is_paid(months: StatementWorld) -> None:
    months.release("2025-08")
    months.earn("840", {"V2": 7})
    statement = months.do("draft", month="2025-09")
    assert months.items(statement) == [
        ("ADJUSTMENT", "840", "V1", -int(A1["released"])),
        ("ADJUSTMENT", "840", "V2", 7),
    ]


def test_without_a_difference_there_is_no_adjustment(months: StatementWorld) -> None:
    months.release("2025-08")
    statement = months.do("draft", month="2025-09")
    assert (statement.total_native, months.items(statement)) == (0, [])


def test_an_unknown_amount_is_not_adjusted(months: StatementWorld) -> None:
    months.release("2025-08")
    months.earn("840", {"V1": None})
    assert months.items(months.do("draft", month="2025-09")) == []


def test_only_the_first_open_month_carries_a_difference(months: StatementWorld) -> None:
    months.release("2025-08")
    months.do("draft", month="2025-09")
    months.earn("840", {"V1": 1})
    assert months.items(months.do("draft", month="2025-10")) == []
    assert len(months.items(months.do("draft", month="2025-09"))) == 1
    assert months.items(months.do("draft", month="2025-10")) == []


def test_a_difference_in_two_drafts_is_paid_once(months: StatementWorld) -> None:
    """October is drafted before September exists: September is released without the difference."""
    months.release("2025-08")
    months.earn("840", {"V1": 1})
    months.do("draft", month="2025-10")
    assert len(months.items(months.do("draft", month="2025-09"))) == 1
    months.release("2025-09")
    with pytest.raises(PermanentFailure, match="changed since"):
        months.do("submit", month="2025-10")
    assert months.items(months.do("draft", month="2025-10")) == []
    assert released_total(months) == 1


def test_an_adjustment_that_is_not_needed_any_more_is_void(months: StatementWorld) -> None:
    months.release("2025-08")
    months.earn("840", {"V1": 1})
    assert months.do("draft", month="2025-09").total_native == 1 - int(A1["released"])
    months.earn("840", {"V1": int(A1["released"])})
    assert months.do("draft", month="2025-09").total_native == 0
    assert months.query(
        "select is_void from validators.partner_commission_lines "
        "where is_current and (line_kind = 'ADJUSTMENT' or is_void)"
    ) == [(True,)]


def test_computing_a_period_again_leaves_its_adjustments_alone(months: StatementWorld) -> None:
    months.release("2025-08")
    months.earn("840", {"V1": 1})
    months.release("2025-09")
    before = months.query(
        "select * from validators.partner_commission_lines where line_kind = 'ADJUSTMENT'"
    )
    assert len(before) == 1
    assert months.earn("840", {"V1": 1}).written == 0
    assert months.earn("840", {"V1": 2, "V3": 1}).written == 2
    assert (
        months.query(
            "select * from validators.partner_commission_lines where line_kind = 'ADJUSTMENT'"
        )
        == before
    )


def test_a_partner_without_an_agreement_is_still_adjusted(months: StatementWorld) -> None:
    months.release("2025-08")
    months.run("update governance.agreements set status = 'SUSPENDED'")
    months.earn("840", {})
    (drafted,) = months.draft_months("2025-09")
    assert drafted.statement.total_native == -int(A1["released"])


def test_a_line_whose_period_moved_to_another_month_is_paid_once(months: StatementWorld) -> None:
    months.earn("842", {"V1": 4})
    months.release("2025-08")
    months.write_periods({"842": ENDS["843"]})
    assert months.items(months.do("draft", month="2025-09")) == []


def test_adjustments_of_one_partner_are_not_those_of_another(months: StatementWorld) -> None:
    months.add_agreement("B", P2)
    months.compute_again()
    months.release("2025-08")
    months.earn("840", {"V1": 1})
    found = months.draft_months("2025-09")
    assert [(one.statement.introducer_id, one.statement.total_native) for one in found] == [
        (P1, 1 - int(A1["released"])),
        (P2, 0),
    ]
    months.do("draft", month="2025-09", partner=P2)
    assert len(months.items(months.do("draft", month="2025-09"))) == 1


def test_a_void_release_is_paid_anew_and_its_adjustment_is_settled(months: StatementWorld) -> None:
    months.release("2025-08")
    months.earn("840", {"V1": 1})
    months.release("2025-09")
    months.do("void", month="2025-08")
    assert months.items(months.do("draft", month="2025-10")) == []  # August is open again
    months.release("2025-08")
    months.release("2025-10")
    assert released_total(months) == 1
