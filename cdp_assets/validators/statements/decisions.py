"""Decisions on a statement: submitted, approved, released, paid, voided (validator §9.2, §9.4).

Each is done by one launch of one person, in one transaction with its audit rows; a refusal writes
nothing. A decision is about the content that is stored: where the lines have changed since, the
statement is to be drafted again first. Scope: these steps; not here: the content (``drafting``),
what keeps it back (``readiness``), transitions (``states``).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from cdp_assets.errors import PermanentFailure
from cdp_assets.governance.approvals import approvals_of, approve, void_approvals
from cdp_assets.governance.change_job import Change
from cdp_assets.governance.people import Role
from cdp_assets.settings import get_settings
from cdp_assets.validators.chains.chain_registry import Chain, Registry
from cdp_assets.validators.statements.closed_periods import close_periods
from cdp_assets.validators.statements.drafting import draft_statements
from cdp_assets.validators.statements.readiness import reasons_incomplete, reasons_unreconciled
from cdp_assets.validators.statements.statement_store import RESOURCE, Statement, write_status
from cdp_assets.validators.statements.states import (
    Action,
    Status,
    needed_approvals,
    next_status,
    status_after_approval,
)
from cdp_assets.validators.storage.versioned_append import Stamp

# Whoever set the amount of a line may not also approve it.
_OVERRIDE_AUTHORS = """
select distinct u.user_id
from validators.partner_statement_items i
inner join validators.partner_commission_lines l
    on l.chain_id = i.chain_id and l.period_id = i.period_id and l.line_id = i.line_id
    and l.is_current and l.override_user_id is not null
inner join governance.users u
    on u.user_id::text = l.override_user_id or lower(u.email) = lower(l.override_user_id)
where i.statement_id = %s
"""
_PERIODS = """
select distinct period_id from validators.partner_statement_items where statement_id = %s
"""


@dataclass(frozen=True)
class Decision:
    """What a decision is about.

    Attributes:
        change: The launch.
        registry: Chains and providers.
        chain: Of the statement.
        statement: As stored, its row locked.
        force: Go on although a period is not complete; for admins.
    """

    change: Change
    registry: Registry
    chain: Chain
    statement: Statement
    force: bool = False

    @property
    def key(self) -> str:
        """Return what errors name."""
        return self.statement.name

    @property
    def config_hash(self) -> str:
        """Return the hash of the chain's configuration."""
        return self.registry.config_hash(self.chain.chain_id)

    def move(self, action: Action) -> Status:
        """Return the status after an action; raises where the present one does not allow it."""
        return next_status(self.statement.status, action, key=self.key)


def submit(decision: Decision) -> Statement:
    """Hand a draft to those who approve it.

    Raises:
        PermanentFailure: It is no draft, its content is not the present one, or a period of it is
            not FINAL and COMPLETE and no admin forces it.
    """
    status = decision.move(Action.SUBMIT)
    _require_present_content(decision)
    reasons = _require_complete(decision)
    after = dataclasses.replace(decision.statement, status=status, is_forced=bool(reasons))
    return _written(decision, "SUBMIT_STATEMENT", after, reasons)


def approve_statement(decision: Decision) -> Statement:
    """Record one person's approval; with the last that is needed the statement is APPROVED.

    Raises:
        PermanentFailure: It is not in review, its content is not the present one, or the person
            approved it already or created an override in it.
    """
    decision.move(Action.APPROVE)
    _require_present_content(decision)
    statement, change = decision.statement, decision.change
    given = approve(
        change,
        RESOURCE,
        str(statement.statement_id),
        statement.content_hash,
        excluded=_override_authors(decision),
    )
    status = status_after_approval(len(given), _needed(decision))
    if status is statement.status:
        return statement
    return _written(decision, "COMPLETE_APPROVAL", dataclasses.replace(statement, status=status))


def release(decision: Decision) -> Statement:
    """Release an approved statement: from now on it never changes, and its periods are CLOSED.

    Raises:
        PermanentFailure: It is not approved by enough people who may act, its content is not the
            present one, a period of it is not complete, or reconciliation has an open error.
    """
    status = decision.move(Action.RELEASE)
    _require_present_content(decision)
    _require_approvals(decision)
    reasons = [] if decision.statement.is_forced else _require_complete(decision)
    statement, change = decision.statement, decision.change
    _refuse(decision, reasons_unreconciled(change.cursor, decision.chain, statement),
            "acknowledge the findings with `acknowledge_job`, then release it again")  # fmt: skip
    if statement.total_native is None:
        _refuse(decision, ["an amount is not known"], "set it with `override_job`, or wait for it")
    rows = change.cursor.execute(_PERIODS, [statement.statement_id]).fetchall()
    stamp = Stamp(change.now, decision.config_hash)
    closed = close_periods(change.cursor, decision.chain.chain_id, [row[0] for row in rows], stamp)
    after = dataclasses.replace(
        statement,
        status=status,
        released_at=change.now,
        is_forced=statement.is_forced or bool(reasons),
    )
    change.log.info(f"closed {closed} of the periods of {decision.key}")
    return _written(decision, "RELEASE_STATEMENT", after, reasons)


def pay(decision: Decision, transaction_id: str | None) -> Statement:
    """Record the payment of a released statement.

    Raises:
        PermanentFailure: It is not released, or no transaction is named.
    """
    status = decision.move(Action.PAY)
    require_transaction(transaction_id)
    after = dataclasses.replace(
        decision.statement,
        status=status,
        transaction_id=transaction_id,
        paid_at=decision.change.now,
    )
    return _written(decision, "PAY_STATEMENT", after)


def require_transaction(transaction_id: str | None) -> None:
    """Refuse a payment without its transaction.

    Raises:
        PermanentFailure: It is missing; names the field.
    """
    if not (transaction_id or "").strip():
        raise PermanentFailure(
            "a payment needs its transaction",
            key="transaction_id",
            hint="give transaction_id, as the chain or the bank has it",
        )


def void(decision: Decision) -> Statement:
    """Void a statement before it is paid; drafting it again gives the next revision.

    Raises:
        PermanentFailure: It is paid or void.
    """
    after = dataclasses.replace(decision.statement, status=decision.move(Action.VOID))
    void_approvals(decision.change, RESOURCE, str(decision.statement.statement_id))
    return _written(decision, "VOID_STATEMENT", after)


def _written(
    decision: Decision, action: str, after: Statement, forced: Sequence[str] = ()
) -> Statement:
    change = decision.change
    write_status(change.cursor, after, now=change.now, user=change.actor.audit_id)
    state = after.for_audit()
    if forced:
        state["forced_although"] = list(forced)
    before = decision.statement.for_audit()
    change.audit(action, RESOURCE, after.statement_id, before, state, name=after.name)
    return after


def _require_present_content(decision: Decision) -> None:
    """Refuse a decision on a content that is not the present one.

    What drafting writes here is rolled back with the refusal.
    """
    statement = decision.statement
    (drafted,) = draft_statements(
        decision.change,
        decision.chain,
        decision.config_hash,
        statement.month,
        [statement.introducer_id],
    )
    if drafted.is_changed:
        raise PermanentFailure(
            "its lines or prices have changed since it was drafted: nothing was done",
            key=decision.key,
            hint="launch `draft`, look at what changed, then launch this again",
        )


def _require_complete(decision: Decision) -> list[str]:
    """Return the reasons against which an admin forced it; empty where there are none."""
    change = decision.change
    reasons = reasons_incomplete(
        change.cursor, decision.registry, decision.chain, decision.statement, change.now
    )
    is_forced = decision.force and change.actor.role == Role.ADMIN
    if not is_forced:
        _refuse(decision, reasons, "wait until they are; an admin may launch it with `force`")
    return reasons


def _override_authors(decision: Decision) -> list[UUID]:
    found = decision.change.cursor.execute(_OVERRIDE_AUTHORS, [decision.statement.statement_id])
    return [row[0] for row in found.fetchall()]


def _require_approvals(decision: Decision) -> None:
    statement, needed = decision.statement, _needed(decision)
    given = approvals_of(
        decision.change.cursor,
        RESOURCE,
        str(statement.statement_id),
        statement.content_hash,
        _override_authors(decision),
    )
    if len(given) < needed:
        _refuse(
            decision,
            [f"valid approvals: {len(given)} of {needed}"],
            "void it, draft it again and let other people approve it",
        )


def _refuse(decision: Decision, reasons: Sequence[str], hint: str) -> None:
    if reasons:
        raise PermanentFailure("; ".join(reasons), key=decision.key, hint=hint)


def _needed(decision: Decision) -> int:
    is_dual = get_settings().dual_approval == "on" and decision.chain.dual_approval
    return needed_approvals(is_dual=is_dual)
