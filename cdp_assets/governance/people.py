"""People: who may do what, and the check that a run's user may.

One table (``RIGHTS_OF_ROLE``) holds the matrix of validator §12. Scope: users as a run finds them,
their rights and how their identity was proven; not here: adding users (``user_job``), what people
may see (row security in the database).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import psycopg

from cdp_assets.errors import PermanentFailure
from cdp_assets.settings import get_settings

UNPROVEN: Final = "unproven"  # the launcher typed the name, nothing proves it
BOOTSTRAP: Final = "bootstrap"  # role of the person who adds the first user


class Right(StrEnum):
    """What a person may do by launching a job."""

    MANAGE_USERS = "manage_users"
    MANAGE_AGREEMENTS = "manage_agreements"  # introducers, clients, mappings, agreements
    MANAGE_OVERRIDES = "manage_overrides"
    PREPARE_STATEMENTS = "prepare_statements"  # draft, submit
    APPROVE_STATEMENTS = "approve_statements"
    RELEASE_STATEMENTS = "release_statements"  # release, pay, void
    RECOMPUTE = "recompute"
    ACKNOWLEDGE = "acknowledge"
    OVERRIDE_INPUTS = "override_inputs"
    APPROVE_INPUTS = "approve_inputs"


class Role(StrEnum):
    """What a person is; the roles of ``governance.users``."""

    ADMIN = "admin"
    FINANCE = "finance"
    OPS = "ops"
    PARTNER = "partner"
    AUDITOR = "auditor"
    DEVELOPER = "developer"
    DESIGNER = "designer"
    EXECUTOR = "executor"
    VIEWER = "viewer"
    EXECUTIVE = "executive"


_NONE: Final[frozenset[Right]] = frozenset()
# validator §12; who may read is row security's. A role that is absent there has no right.
RIGHTS_OF_ROLE: Final[Mapping[Role, frozenset[Right]]] = {
    Role.ADMIN: frozenset(Right),
    Role.FINANCE: frozenset(Right) - {Right.MANAGE_USERS},
    Role.OPS: frozenset({Right.RECOMPUTE}),
    Role.PARTNER: _NONE,
    Role.AUDITOR: _NONE,
    Role.DEVELOPER: _NONE,
    Role.DESIGNER: _NONE,
    Role.EXECUTOR: _NONE,
    Role.VIEWER: _NONE,
    Role.EXECUTIVE: _NONE,
}
# In production these need a proven identity: they approve, or move money.
NEEDS_PROOF: Final = frozenset(
    {Right.APPROVE_STATEMENTS, Right.RELEASE_STATEMENTS, Right.APPROVE_INPUTS}
)


@dataclass(frozen=True)
class Actor:
    """The person who launched a run, checked.

    Attributes:
        user_id: Key in ``governance.users``; the nil UUID of the person who adds the first user.
        email: E-mail address in lower case; what the launcher typed, for the first user.
        role: A role of :class:`Role`, or ``bootstrap``.
        identity_proof: How the identity was proven; ``unproven`` for a tag that was typed.
    """

    user_id: UUID
    email: str
    role: str
    identity_proof: str = UNPROVEN

    @property
    def is_bootstrap(self) -> bool:
        """Return whether no user exists yet, so that no one could have the right."""
        return self.role == BOOTSTRAP

    @property
    def audit_id(self) -> str:
        """Return what audit rows and ``created_by`` columns name: the user id as text."""
        return self.email if self.is_bootstrap else str(self.user_id)


@dataclass(frozen=True)
class User:
    """A row of ``governance.users``, as far as rights need it.

    Attributes:
        user_id: Key.
        email: E-mail address.
        role: Role.
        is_active: Not closed.
        valid_from: From when on the user may act, UTC; null: from the beginning.
        valid_until: Until when, exclusive; null: no end.
    """

    user_id: UUID
    email: str
    role: Role
    is_active: bool
    valid_from: datetime | None
    valid_until: datetime | None


def require_actor(
    cursor: psycopg.Cursor, email: str, right: Right, now: datetime, *, proof: str = UNPROVEN
) -> Actor:
    """Return the person of a run, who has a right.

    While there are no users at all, anybody may add the first one.

    Args:
        cursor: Of the transaction that changes something.
        email: Value of the run tag ``user``; upper and lower case are the same.
        right: Needed for the change.
        now: The clock, UTC.
        proof: How the identity was proven.

    Raises:
        PermanentFailure: The user is not named, unknown, closed or outside of its time, or has not
            the right; or the right needs a proven identity in production.
    """
    address = email.strip().lower()
    if not address:
        raise PermanentFailure(
            "no user is named for the change",
            key="run tag `user`",
            hint="launch again with the tag `user` set to your e-mail address",
        )
    user = find_user(cursor, address)
    if user is None:
        if right is Right.MANAGE_USERS and not has_users(cursor):
            return Actor(UUID(int=0), address, BOOTSTRAP, proof)
        raise PermanentFailure(
            "is not a known user", key=address, hint="an admin adds users with `user_job`"
        )
    _require_in_force(user, now)
    _require_right(user, right)
    actor = Actor(user.user_id, user.email, user.role, proof)
    if right in NEEDS_PROOF:
        require_proof(actor)
    return actor


def require_proof(actor: Actor) -> None:
    """Refuse an unproven identity in production, for what needs a proven one.

    Raises:
        PermanentFailure: The environment is production and the launcher only typed the name.
    """
    if get_settings().environment == "production" and actor.identity_proof == UNPROVEN:
        raise PermanentFailure(
            f"the identity is {UNPROVEN}: in production that approves, releases and pays nothing",
            key=actor.email,
            hint="launch it through the proxy that signs users in",
        )


def find_user(cursor: psycopg.Cursor, email: str) -> User | None:
    """Return the user with an e-mail address, in any case; null: there is none."""
    row = cursor.execute(
        """
        select user_id, email, role, is_active and disabled_at is null, valid_from, valid_until
        from governance.users where lower(email) = lower(%s)
        """,
        [email],
    ).fetchone()
    return None if row is None else User(row[0], row[1], Role(row[2]), *row[3:])


def has_users(cursor: psycopg.Cursor) -> bool:
    """Return whether there is any user, closed ones included."""
    return cursor.execute("select exists (select from governance.users)").fetchone() == (True,)


def _require_in_force(user: User, now: datetime) -> None:
    if not user.is_active:
        raise PermanentFailure(
            "is closed", key=user.email, hint="an admin opens a user again with `user_job`"
        )
    if (user.valid_from and now < user.valid_from) or (
        user.valid_until and now >= user.valid_until
    ):
        raise PermanentFailure(
            f"may act {_time_box(user)}, not at {_text(now)}",
            key=user.email,
            hint="an admin changes valid_from and valid_until with `user_job`",
        )


def _require_right(user: User, right: Right) -> None:
    if right not in RIGHTS_OF_ROLE[user.role]:
        able = ", ".join(role for role, rights in RIGHTS_OF_ROLE.items() if right in rights)
        raise PermanentFailure(
            f"has the role {user.role}, which has no right to {right.replace('_', ' ')}",
            key=user.email,
            hint=f"a user with one of these roles launches it: {able}",
        )


def _time_box(user: User) -> str:
    parts = []
    if user.valid_from:
        parts.append(f"from {_text(user.valid_from)}")
    if user.valid_until:
        parts.append(f"before {_text(user.valid_until)}")
    return " and ".join(parts)


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="seconds")
