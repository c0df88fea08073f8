"""Roles: the file is the table of query_layer.md §5.1, and nothing is granted by accident."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from cdp_assets.governance.people import Role as KnownRole
from query_layer.auth.roles import ROLES_FILE, RoleBook, role_book
from query_layer.registry import ASSETS
from resources.codecs.yaml_with_positions import read_yaml

# query_layer.md §5.1, line by line; every signed-in caller has the catalogue (§3).
TABLE = {
    "admin": "cdp:read pnl:read commission:read agreement:read ops:read audit:read config:read "
    "export",
    "finance": "cdp:read pnl:read commission:read agreement:read audit:read export",
    "ops": "cdp:read pnl:read ops:read",
    "partner": "commission:read pnl:read agreement:read export",
    "auditor": "cdp:read pnl:read commission:read agreement:read ops:read audit:read",
    "developer": "cdp:read ops:read",
    "designer": "cdp:read ops:read",
    "executor": "cdp:read ops:read",
    "viewer": "cdp:read",
    "executive": "cdp:read pnl:read export:aggregates",
}


def test_the_file_is_the_table_of_the_specification() -> None:
    book = role_book()
    assert {name: role.scopes for name, role in book.roles.items()} == {
        name: frozenset(scopes.split()) | {"catalog"} for name, scopes in TABLE.items()
    }
    assert set(book.roles) == {str(role) for role in KnownRole}
    assert [name for name, role in book.roles.items() if role.names_organisation] == ["admin"]
    assert [name for name, role in book.roles.items() if not role.in_production] == ["developer"]
    limited = {name: role.longest_credential_days for name, role in book.roles.items()}
    assert {name for name, days in limited.items() if days} == {"auditor"}
    assert limited["auditor"] == 90


def test_the_file_has_no_key_twice() -> None:
    assert set(read_yaml(ROLES_FILE).value) == {"scopes", "recorded", "public", "roles"}


def test_an_unknown_role_has_no_scope() -> None:
    assert role_book().role("root").scopes == frozenset()


def test_every_scope_of_the_registry_is_known() -> None:
    assert {asset.scope for asset in ASSETS.values()} <= set(role_book().scopes)


@pytest.mark.parametrize(
    "change",
    [
        {"roles": {"viewer": {"scopes": ["cdp:raed"]}}},
        {"roles": {"viewer": {"scopes": [], "sudo": True}}},
        {"public": ["pnl:read"]},
        {"recorded": ["no:such"]},
    ],
    ids=str,
)
def test_a_file_with_a_mistake_is_refused(change: dict[str, Any]) -> None:
    good = {"scopes": {"cdp:read": "x", "pnl:read": "y"}, "recorded": ["pnl:read"]}
    good |= {"public": ["cdp:read"], "roles": {}}
    RoleBook.model_validate(good)
    with pytest.raises(ValidationError):
        RoleBook.model_validate(good | change)
