"""Roles: what each may read, from ``roles.yaml``.

Scope: reading and checking the file; not here: who has which role (``governance.users``), or which
rows a role sees (row security in the database).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

ROLES_FILE = Path(__file__).resolve().parent.parent / "roles.yaml"


class Role(BaseModel):
    """What one role may do.

    Attributes:
        scopes: What it may read.
        names_organisation: It may act for another organisation, named in a header.
        longest_credential_days: A token or key that is valid for longer is refused; null: no limit.
        in_production: False: refused there, unless a setting allows it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    scopes: frozenset[str]
    names_organisation: bool = False
    longest_credential_days: int | None = Field(None, gt=0)
    in_production: bool = True


NO_ROLE = Role(scopes=frozenset())


class RoleBook(BaseModel):
    """All roles and scopes.

    Attributes:
        scopes: Meaning of every scope.
        recorded: Scopes whose readers are written to the access log.
        public: Scopes that a caller without credential may have.
        roles: By name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    scopes: Mapping[str, str]
    recorded: frozenset[str]
    public: frozenset[str]
    roles: Mapping[str, Role]

    @model_validator(mode="after")
    def _names_known_scopes(self) -> RoleBook:
        named = self.recorded | self.public
        for role in self.roles.values():
            named |= role.scopes
        if unknown := sorted(named - set(self.scopes)):
            raise ValueError(f"no such scopes: {unknown}")
        if both := sorted(self.recorded & self.public):
            raise ValueError(f"scopes cannot be public and recorded: {both}")
        return self

    def role(self, name: str) -> Role:
        """Return a role; one without any scope where the name is unknown."""
        return self.roles.get(name, NO_ROLE)


@cache
def role_book() -> RoleBook:
    """Return the roles of the shipped file.

    Raises:
        ValueError: The file names an unknown scope or field.
    """
    return RoleBook.model_validate(yaml.safe_load(ROLES_FILE.read_text(encoding="utf-8")))
