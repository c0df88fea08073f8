"""The life of a statement, from draft to payment, and who may do what."""

from __future__ import annotations

import pytest

from cdp_assets.errors import PermanentFailure
from cdp_assets.settings import publish_environment
from cdp_assets.validators.statements.content_hash import content_hash
from cdp_assets.validators.statements.statement_store import items_of
from cdp_assets.validators.statements.states import Status
from tests.integration.validators.statements.statement_world import (
    ADMIN,
    ANN,
    BOB,
    CAT,
    ENDS,
    P1,
    P2,
    StatementWorld,
    user_id,
)


def test_a_draft_sums_up_the_lines_of_periods_that_ended_in_the_month(
    earned: StatementWorld,
) -> None:
    statement = earned.do("draft")
    assert (statement.status, statement.total_native, statement.revision) == (Status.DRAFT, 60, 1)
    assert earned.items(statement) == [
        ("ATTRIBUTION", "840", "V1", 10),
        ("ATTRIBUTION", "840", "V2", 0),
        ("ATTRIBUTION", "841", "V1", 20),
        ("ATTRIBUTION", "842", "V1", 30),
    ]
    with earned.change(ANN) as change:
        items = items_of(change.cursor, statement.statement_id)
    assert content_hash(statement.header, items) == statement.content_hash
    assert earned.audit() == [("CREATE_STATEMENT", user_id(ANN))]


def test_drafting_the_same_again_writes_nothing(earned: StatementWorld) -> None:
    earned.do("draft")
    before = earned.remember()
    earned.do("draft", by=BOB)
    assert earned.remember() == before
    assert len(earned.audit()) == 1


def test_a_partner_without_lines_gets_a_zero_statement_while_an_agreement_is_active(
    world: StatementWorld,
) -> None:
    statement = world.do("draft")
    assert (statement.total_native, world.items(statement)) == (0, [])
    with pytest.raises(PermanentFailure, match="neither lines in the month nor an agreement"):
        world.do("draft", partner=P2)
    world.add_agreement("late", P2, first=843)
    with pytest.raises(PermanentFailure, match="neither lines"):
        world.do("draft", partner=P2)
    assert world.do("draft", month="2025-09", partner=P2).total_native == 0


@pytest.mark.parametrize("status", ["ENDED", "SUSPENDED"])
def test_an_agreement_that_ended_in_the_month_still_gives_a_zero_statement(
    world: StatementWorld, status: str
) -> None:
    world.run("update governance.agreement_versions set effective_to_period = 841")
    world.run("update governance.agreements set status = %s", status)
    assert [one.statement.total_native for one in world.draft_months("2025-08")] == [0]
    assert world.do("draft").total_native == 0
    with pytest.raises(PermanentFailure, match="neither lines"):
        world.do("draft", month="2025-09")


def test_a_range_of_another_period_type_does_not_put_an_agreement_in_force(
    world: StatementWorld,
) -> None:
    world.add_agreement("ranges", P2, period_type="SLOT_RANGE")
    with pytest.raises(PermanentFailure, match="neither lines"):
        world.do("draft", partner=P2)


def test_two_people_approve_then_it_is_released_and_paid(earned: StatementWorld) -> None:
    earned.do("draft")
    assert earned.do("submit").status is Status.IN_REVIEW
    assert earned.do("approve", ANN).status is Status.IN_REVIEW
    assert earned.do("approve", BOB).status is Status.APPROVED
    released = earned.do("release", CAT)
    assert (released.status, released.released_at) == (Status.RELEASED, earned.now)
    paid = earned.do("pay", CAT, transaction_id="5h7Tx")
    assert (paid.status, paid.transaction_id) == (Status.PAID, "5h7Tx")
    assert [action for action, _ in earned.audit()] == [
        "CREATE_STATEMENT",
        "SUBMIT_STATEMENT",
        "APPROVE_STATEMENT",
        "APPROVE_STATEMENT",
        "COMPLETE_APPROVAL",
        "RELEASE_STATEMENT",
        "PAY_STATEMENT",
    ]
    assert earned.query(
        "select period_id, status, version from validators.canonical_periods "
        "where is_current order by 1"
    ) == [("840", "CLOSED", 2), ("841", "CLOSED", 2), ("842", "CLOSED", 2), ("843", "FINAL", 1)]


def test_nobody_approves_twice(earned: StatementWorld) -> None:
    earned.do("draft")
    earned.do("submit")
    earned.do("approve", ANN)
    before = earned.remember()
    with pytest.raises(PermanentFailure, match="already"):
        earned.do("approve", ANN)
    assert earned.remember() == before
    with pytest.raises(PermanentFailure, match="IN_REVIEW"):
        earned.do("release", CAT)


def test_nobody_approves_who_created_an_override_in_the_statement(world: StatementWorld) -> None:
    world.earn("840", {"V1": 10}, override_by={"V1": user_id(ANN)})
    for period in ("841", "842"):
        world.earn(period, {"V1": 1})
    world.do("draft", ANN)
    world.do("submit", ANN)
    with pytest.raises(PermanentFailure, match="may not approve"):
        world.do("approve", ANN)
    world.do("approve", BOB)
    assert world.do("approve", CAT).status is Status.APPROVED


@pytest.mark.parametrize("at", ["the second approval", "the release"])
def test_an_approval_does_not_count_once_its_user_overrides_with_the_same_amount(
    earned: StatementWorld, at: str
) -> None:
    earned.do("draft")
    earned.do("submit")
    earned.do("approve", ANN)
    if at == "the release":
        earned.do("approve", BOB)
    earned.earn("840", {"V1": 10, "V2": 0}, override_by={"V1": user_id(ANN)})
    if at == "the release":
        with pytest.raises(PermanentFailure, match="1 of 2"):
            earned.do("release", CAT)
    else:
        assert earned.do("approve", BOB).status is Status.IN_REVIEW
        assert earned.do("approve", CAT).status is Status.APPROVED


@pytest.mark.parametrize("off", ["setting", "chain"])
def test_without_dual_approval_one_person_is_enough(earned: StatementWorld, off: str) -> None:
    if off == "setting":
        publish_environment({"CDP_DUAL_APPROVAL": "false"})
    else:
        chain = earned.chain.model_copy(update={"dual_approval": False})
        earned.registry = earned.registry.model_copy(update={"chains": [chain]})
    earned.do("draft")
    earned.do("submit")
    assert earned.do("approve", ANN).status is Status.APPROVED


def test_ops_and_strangers_may_do_nothing(earned: StatementWorld) -> None:
    for email in ("ops@x.org", "stranger@x.org", ""):
        with pytest.raises(PermanentFailure):
            earned.do("draft", by=email)
    assert earned.audit() == []


def test_a_changed_content_is_drafted_again_before_anything_is_decided(
    earned: StatementWorld,
) -> None:
    earned.do("draft")
    earned.do("submit")
    earned.do("approve", ANN)
    earned.do("approve", BOB)
    earned.earn("841", {"V1": 21})
    before = earned.remember()
    with pytest.raises(PermanentFailure, match="changed since it was drafted"):
        earned.do("release", CAT)
    assert earned.remember() == before
    again = earned.do("draft", CAT)
    assert (again.status, again.total_native) == (Status.IN_REVIEW, 61)
    assert earned.query(
        "select count(*) from governance.approvals where voided_at is null"
    ) == [(0,)]  # fmt: skip
    assert earned.do("approve", ANN).status is Status.IN_REVIEW


def test_an_approval_does_not_outlive_its_person(earned: StatementWorld) -> None:
    earned.do("draft")
    earned.do("submit")
    earned.do("approve", ANN)
    earned.do("approve", BOB)
    earned.run("update governance.users set is_active = false where email = %s", BOB)
    with pytest.raises(PermanentFailure, match="1 of 2"):
        earned.do("release", CAT)


def test_a_statement_waits_for_its_periods(world: StatementWorld) -> None:
    world.earn("840", {"V1": 10})
    world.earn("841", {"V1": None})
    world.write_periods({"842": ENDS["842"]}, status={"842": "ENDED"})
    world.do("draft")
    with pytest.raises(PermanentFailure) as refused:
        world.do("submit")
    assert "not FINAL 842" in str(refused.value)
    assert "an input is missing in 841" in str(refused.value)
    assert "lines are not computed from the newest inputs in 842" in str(refused.value)
    with pytest.raises(PermanentFailure, match="not FINAL"):
        world.do("submit", ANN, force=True)  # admins alone
    forced = world.do("submit", ADMIN, force=True)
    assert (forced.status, forced.is_forced) == (Status.IN_REVIEW, True)
    assert world.query(
        "select jsonb_array_length(after -> 'forced_although') from audit.log "
        "where action = 'SUBMIT_STATEMENT'"
    ) == [(3,)]


def test_an_unknown_amount_is_never_released_even_by_force(world: StatementWorld) -> None:
    for period in ("840", "841", "842"):
        world.earn(period, {"V1": None})
    assert world.do("draft").total_native is None
    world.do("submit", ADMIN, force=True)
    world.do("approve", ANN)
    world.do("approve", BOB)
    with pytest.raises(PermanentFailure, match="an amount is not known"):
        world.do("release", ADMIN, force=True)


def test_an_agreement_that_was_ended_since_still_needs_the_lines_of_its_periods(
    world: StatementWorld,
) -> None:
    world.run("update governance.agreement_versions set effective_to_period = 843")
    world.run("update governance.agreements set status = 'ENDED'")
    for period in ("840", "841"):
        world.earn(period, {"V1": 10})
    world.do("draft")
    with pytest.raises(PermanentFailure, match="not computed from the newest inputs in 842"):
        world.do("submit")
    world.earn("842", {"V1": 10})
    assert world.do("draft").total_native == 30
    assert world.do("submit").status is Status.IN_REVIEW


def test_bounds_of_the_month_of_an_ended_agreement_are_computed_before_it_is_submitted(
    world: StatementWorld,
) -> None:
    """They are in the month's last period, after the agreement's last one (validator §7.4)."""
    world.add_agreement(
        "B", P2, last=841, floors=[{"scope": "MONTH", "amount_native": "5", "guaranteed": True}]
    )
    world.earn("840", {"V1": 10}, partner=P2, agreement="B")
    world.do("draft", partner=P2)
    with pytest.raises(PermanentFailure, match=r"newest inputs in 842\."):
        world.do("submit", partner=P2)
    world.compute_again()
    assert world.do("submit", partner=P2).status is Status.IN_REVIEW


def test_a_changed_agreement_is_computed_before_its_statement_is_submitted(
    earned: StatementWorld,
) -> None:
    earned.do("draft")
    earned.run("update governance.agreement_versions set effective_to_period = 842")
    with pytest.raises(PermanentFailure, match="not computed from the newest inputs in"):
        earned.do("submit")


def test_a_month_that_is_not_over_stays_a_draft(earned: StatementWorld) -> None:
    earned.do("draft", month="2025-09")
    with pytest.raises(PermanentFailure, match="2025-09 is not over"):
        earned.do("submit", month="2025-09")


def test_the_last_period_of_a_month_is_known_once_a_later_one_has_ended(
    earned: StatementWorld,
) -> None:
    earned.write_periods({"843": ENDS["842"]})
    earned.earn("843", {"V1": 5})
    earned.do("draft")
    with pytest.raises(PermanentFailure, match="no period after 2025-08 has ended"):
        earned.do("submit")


def test_an_incomplete_p_and_l_of_a_validator_in_it_keeps_it_back(earned: StatementWorld) -> None:
    earned.price("840", "V9", "100", quality="INCOMPLETE")  # not in the statement
    earned.do("draft")
    earned.price("840", "V1", "100", quality="INCOMPLETE")
    with pytest.raises(PermanentFailure, match="an input is missing in 840"):
        earned.do("submit")


def test_an_open_error_of_reconciliation_blocks_the_release(earned: StatementWorld) -> None:
    earned.add_finding("842", severity="WARNING")
    earned.add_finding("843")
    earned.do("draft")
    earned.do("submit")
    earned.do("approve", ANN)
    earned.do("approve", BOB)
    earned.add_finding("841")
    with pytest.raises(PermanentFailure, match="open error in 841"):
        earned.do("release", ADMIN, force=True)
    earned.run(
        "update validators.reconciliation_reports set status = 'ACKED', acked_by = 'x', note = 'n' "
        "where period_id = '841'"
    )
    assert earned.do("release", CAT).status is Status.RELEASED


def test_a_void_statement_is_followed_by_the_next_revision(earned: StatementWorld) -> None:
    first = earned.release()
    void = earned.do("void", ADMIN)
    assert void.status is Status.VOID
    second = earned.do("draft")
    assert (second.revision, second.status, second.total_native) == (2, Status.DRAFT, 60)
    assert second.statement_id != first.statement_id
    assert second.content_hash != first.content_hash
    assert earned.items(first) == earned.items(second)


@pytest.mark.parametrize("action", ["draft", "submit", "approve", "release"])
def test_a_released_statement_never_changes(earned: StatementWorld, action: str) -> None:
    earned.release()
    earned.earn("841", {"V1": 99})
    before = earned.remember()
    with pytest.raises(PermanentFailure, match="RELEASED"):
        earned.do(action)
    assert earned.remember() == before


def test_a_paid_statement_is_not_void_and_a_payment_names_its_transaction(
    earned: StatementWorld,
) -> None:
    earned.release()
    with pytest.raises(PermanentFailure, match="needs its transaction"):
        earned.do("pay", transaction_id=" ")
    earned.do("pay", transaction_id="tx")
    with pytest.raises(PermanentFailure, match="PAID"):
        earned.do("void")


def test_the_fiat_total_is_rounded_once_from_unrounded_sums(world: StatementWorld) -> None:
    """R5 of validator §1: 0.05 SOL at 187.333333333333333333 are 9.37."""
    for period in ("840", "841", "842"):
        world.earn(period, {"V1": 0})
        world.price(period, "V1", "187.333333333333333333")
    world.earn("840", {"V1": 50_000_000})
    statement = world.do("draft")
    assert (str(statement.total_fiat), statement.quote_ccy) == ("9.37", "USD")


def test_the_fiat_total_of_a_zero_statement_is_zero_where_prices_are_configured(
    world: StatementWorld,
) -> None:
    assert (world.do("draft").total_fiat, world.do("draft").quote_ccy) == (None, None)
    publish_environment({"CDP_FX_SOURCE": "https://prices.example.org", "CDP_FX_CURRENCY": "EUR"})
    statement = world.do("draft")
    assert (str(statement.total_fiat), statement.quote_ccy) == ("0.00", "EUR")


def test_without_a_price_of_a_period_there_is_no_fiat_total(earned: StatementWorld) -> None:
    for period in ("840", "841"):
        earned.price(period, "V1", "100")
    statement = earned.do("draft")
    assert (statement.total_fiat, statement.quote_ccy, statement.total_native) == (None, None, 60)


def test_other_partners_are_left_alone(earned: StatementWorld) -> None:
    earned.add_agreement("B", P2)
    earned.earn(
        "840",
        {"V1": 7},
        partner=P2,
        agreement="B",
        others=[earned.line("840", "V1", 10), earned.line("840", "V2", 0)],
    )
    first, second = earned.do("draft"), earned.do("draft", partner=P2)
    assert (first.total_native, second.total_native) == (60, 7)
    assert first.introducer_id == P1
