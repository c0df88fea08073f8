"""The states of a statement, what leads from one to the next, and who may do it (validator §9.2).

Plain rules. Scope: transitions, rights, how many approvals are needed; not here: what a statement
must fulfil before it moves on (``readiness``), or the rows (``statement_store``).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from cdp_assets.errors import PermanentFailure
from cdp_assets.governance.approvals import DUAL
from cdp_assets.governance.people import Right


class Status(StrEnum):
    """Where a statement is."""

    DRAFT = "DRAFT"
    IN_REVIEW = "IN_REVIEW"
    APPROVED = "APPROVED"
    RELEASED = "RELEASED"
    PAID = "PAID"
    VOID = "VOID"


class Action(StrEnum):
    """What a person does with a statement."""

    DRAFT = "draft"
    SUBMIT = "submit"
    APPROVE = "approve"
    RELEASE = "release"
    PAY = "pay"
    VOID = "void"


SETTLED: Final = frozenset({Status.RELEASED, Status.PAID})  # its content never changes
OPEN: Final = frozenset({Status.DRAFT, Status.IN_REVIEW, Status.APPROVED})
_MOVES: Final[Mapping[Action, Mapping[Status, Status]]] = {
    # Drafting again changes content, never a decision; what a change does to the status is below.
    Action.DRAFT: {status: status for status in OPEN},
    Action.SUBMIT: {Status.DRAFT: Status.IN_REVIEW},
    # With the last approval that is needed; before it the statement stays IN_REVIEW.
    Action.APPROVE: {Status.IN_REVIEW: Status.APPROVED},
    Action.RELEASE: {Status.APPROVED: Status.RELEASED},
    Action.PAY: {Status.RELEASED: Status.PAID},
    Action.VOID: {status: Status.VOID for status in OPEN | {Status.RELEASED}},
}
_RIGHTS: Final[Mapping[Action, Right]] = {
    Action.DRAFT: Right.PREPARE_STATEMENTS,
    Action.SUBMIT: Right.PREPARE_STATEMENTS,
    Action.APPROVE: Right.APPROVE_STATEMENTS,
    Action.RELEASE: Right.RELEASE_STATEMENTS,
    Action.PAY: Right.RELEASE_STATEMENTS,
    Action.VOID: Right.RELEASE_STATEMENTS,
}


def right_of(action: Action) -> Right:
    """Return the right that an action needs."""
    return _RIGHTS[action]


def next_status(status: Status, action: Action, *, key: str) -> Status:
    """Return the status after an action.

    Args:
        status: Before it.
        action: What is done.
        key: The statement, for the error.

    Raises:
        PermanentFailure: The status does not allow the action.
    """
    moves = _MOVES[action]
    if status not in moves:
        allowed = ", ".join(sorted(moves))
        raise PermanentFailure(
            f"the statement is {status}: `{action}` needs {allowed}",
            key=key,
            hint=_HINTS.get(status, "look at the statement's status and launch what comes next"),
        )
    return moves[status]


def status_after_change(status: Status) -> Status:
    """Return the status of an open statement whose content changed: approvals are void."""
    return Status.IN_REVIEW if status is Status.APPROVED else status


def status_after_approval(approvals: int, needed: int) -> Status:
    """Return the status of a statement in review after an approval."""
    return Status.APPROVED if approvals >= needed else Status.IN_REVIEW


def needed_approvals(*, is_dual: bool) -> int:
    """Return how many different people approve a statement."""
    return DUAL if is_dual else 1


_HINTS: Final[Mapping[Status, str]] = {
    Status.DRAFT: "launch `submit` first",
    Status.IN_REVIEW: "let the people who approve launch `approve`",
    Status.RELEASED: "later differences become adjustments of the next open month",
    Status.PAID: "later differences become adjustments of the next open month",
    Status.VOID: "launch `draft`: the next revision follows it",
}
