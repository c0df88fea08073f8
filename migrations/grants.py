"""Grants that a server without our roles survives (spec README, "Servers and settings")."""

from __future__ import annotations

from collections.abc import Sequence

from alembic import op
from sqlalchemy import text


def present(roles: Sequence[str]) -> list[str]:
    """Return those of the roles that the server has, in the order given."""
    found = op.get_bind().execute(
        text("select rolname from pg_roles where rolname = any(:names)"), {"names": list(roles)}
    )
    names = {row[0] for row in found}
    return [role for role in roles if role in names]


def grant(privilege: str, *roles: str) -> None:
    """Grant, for example ``select on ops.runs``, to the roles that exist."""
    for role in present(roles):
        op.execute(f"grant {privilege} to {role}")


def revoke(privilege: str, *roles: str) -> None:
    """Revoke from the roles that exist."""
    for role in present(roles):
        op.execute(f"revoke {privilege} from {role}")


def default_privilege(schema: str, privilege: str, *roles: str) -> None:
    """Grant a privilege on everything that the owner will create in a schema."""
    for role in present(roles):
        op.execute(f"alter default privileges in schema {schema} grant {privilege} to {role}")
