"""Users: the first comes from anybody, the others from admins; what is refused leaves no trace."""

from __future__ import annotations

from typing import Any

import dagster as dg
import pytest

from cdp_assets.governance.user_job import UserForm, change_user, user_job
from tests.integration.governance.people_world import (
    PARTNER_ID,
    PeopleWorld,
    add_user,
    done,
    email_of,
    refusal,
)

pytestmark = pytest.mark.integration
ADMIN = email_of("admin")
MAKE: dict[str, Any] = {"action": "make", "email": "Cleo@Example.org", "role": "finance"}


def test_the_first_user_is_an_admin_whom_anybody_adds_once(nobody: PeopleWorld) -> None:
    first = {"action": "make", "email": "ann@example.org", "role": "admin"}
    assert done(nobody.launch(user_job, "root on the machine", **first))["role"] == "admin"
    assert nobody.rows(
        "select action, actor_id, identity_proof, schema_version, entity_name from audit.log"
    ) == [("BOOTSTRAP", "root on the machine", "unproven", 2, "ann@example.org")]
    again = nobody.launch(user_job, "root on the machine", **{**first, "email": "bob@example.org"})
    assert "is not a known user" in refusal(again)
    assert done(nobody.launch(user_job, "ann@example.org", **MAKE))["email"] == "cleo@example.org"
    assert nobody.actions() == ["BOOTSTRAP", "CREATE_USER"]


def test_the_first_user_is_nothing_but_an_admin(nobody: PeopleWorld) -> None:
    assert "first one must be an admin" in refusal(nobody.launch(user_job, "ann", **MAKE))
    assert nobody.rows("select count(*) from governance.users") == [(0,)]
    assert nobody.actions() == []


def test_an_admin_adds_changes_closes_and_opens_a_user_again(people: PeopleWorld) -> None:
    email = "cleo@example.org"
    done(people.launch(user_job, ADMIN, **MAKE, chains=["solana-mainnet"], validators=[]))
    done(people.launch(user_job, ADMIN, action="change", email=email, chains=None))
    stored = "select role, allowed_chain_ids, allowed_validator_keys, is_active from {} where {}"
    query = stored.format("governance.users", "email = 'cleo@example.org'")
    assert people.rows(query) == [("finance", None, [], True)]
    done(people.launch(user_job, ADMIN, action="change", email=email, role="ops"))
    done(people.launch(user_job, ADMIN, action="close", email=email))
    assert people.rows(query) == [("ops", None, [], False)]
    assert "is closed" in refusal(people.launch(user_job, ADMIN, action="change", email=email))
    done(people.launch(user_job, ADMIN, **MAKE))
    assert people.rows(query) == [("finance", None, None, True)]
    assert people.actions() == [
        "CREATE_USER", "UPDATE_USER", "CHANGE_ROLE", "CLOSE_USER", "REOPEN_USER",
    ]  # fmt: skip
    assert people.rows("select count(distinct resource_id) from audit.log") == [(1,)]


def test_an_auditor_has_ninety_days(people: PeopleWorld) -> None:
    auditor = {"action": "make", "email": "aud@example.org", "role": "auditor"}
    done(people.launch(user_job, ADMIN, **auditor))
    assert people.rows(
        "select (valid_until - valid_from) = '90 days' from governance.users "
        "where email = 'aud@example.org'"
    ) == [(True,)]


WRONG = [
    ("a second time", {"email": email_of("ops")}, "is a user already"),
    ("no role", {"role": None}, "role: a new user needs a role"),
    ("partner of nobody", {"role": "partner"}, "introducer_id: a partner's user needs"),
    ("a partner's id", {"introducer_id": PARTNER_ID}, "introducer_id: a partner's user needs"),
    ("unknown partner", {"role": "partner", "introducer_id": PARTNER_ID[:-1] + "2"}, "is unknown"),
    ("no UUID", {"role": "partner", "introducer_id": "p"}, "introducer_id: p is no UUID"),
    ("no address", {"email": "cleo"}, "email: 'cleo' is not allowed"),
    ("no zone", {"valid_from": "2026-06-01T00:00:00"}, "an instant names its zone"),
    (
        "an end before the start",
        {"valid_from": "2026-06-02T00:00:00Z", "valid_until": "2026-06-01T00:00:00Z"},
        "valid_until: must be after valid_from",
    ),
    (
        "an auditor for a year",
        {"role": "auditor", "valid_until": "2027-06-01T00:00:00Z"},
        "an auditor's time is at most 90 days",
    ),
    ("another user", {"action": "change"}, "is no user"),
    ("the last admin", {"action": "close", "email": ADMIN}, "is the last admin"),
    ("the last admin's role", {"action": "change", "email": ADMIN, "role": "ops"}, "last admin"),
]


def test_what_contradicts_itself_is_refused_with_the_field_and_leaves_no_trace(
    people: PeopleWorld,
) -> None:
    for name, wrong, words in WRONG:
        refused = people.refusal_of(change_user, UserForm, ADMIN, {**MAKE, **wrong})
        assert words in refused, name
    assert people.rows("select count(*) from governance.users") == [(10,)]
    assert people.actions() == []


def test_a_short_reason_is_refused(people: PeopleWorld) -> None:
    with pytest.raises(dg.DagsterInvalidConfigError, match="reason: 'because' is not allowed"):
        people.launch(user_job, ADMIN, "because", **MAKE)


def test_one_person_is_one_user_however_the_address_is_written(people: PeopleWorld) -> None:
    with pytest.raises(Exception, match="users_email_lower"):
        add_user(people.connection, "Admin@example.org", "admin")
    done(people.launch(user_job, " ADMIN@example.ORG ", **MAKE))


def test_a_user_whose_stored_address_has_capitals_is_found(people: PeopleWorld) -> None:
    add_user(people.connection, "Dora@Example.org", "ops")
    done(people.launch(user_job, ADMIN, action="change", email="dora@example.org", role="finance"))
    stored = "select email, role from governance.users where lower(email) = 'dora@example.org'"
    assert people.rows(stored) == [("Dora@Example.org", "finance")]
