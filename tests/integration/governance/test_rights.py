"""The matrix of roles and rights, from the one table, against what jobs refuse."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cdp_assets.errors import PermanentFailure
from cdp_assets.governance.introducer_job import introducer_job
from cdp_assets.governance.people import (
    NEEDS_PROOF,
    RIGHTS_OF_ROLE,
    Right,
    Role,
    require_actor,
)
from cdp_assets.settings import publish_environment
from tests.integration.governance.people_world import (
    NOW,
    PeopleWorld,
    add_user,
    email_of,
    refusal,
)

pytestmark = pytest.mark.integration


def _refusal(world: PeopleWorld, email: str, right: Right, **more: str) -> str | None:
    with world.connection.cursor() as cursor:
        try:
            actor = require_actor(cursor, email, right, NOW, **more)
        except PermanentFailure as refused:
            return str(refused)
    assert actor.email == email
    return None


def test_every_role_has_the_rights_of_the_table_and_no_other(people: PeopleWorld) -> None:
    for role in Role:
        for right in Right:
            refused = _refusal(people, email_of(role), right)
            if right in RIGHTS_OF_ROLE[role]:
                assert refused is None
            else:
                assert f"has the role {role}, which has no right to" in str(refused)


def test_in_production_an_unproven_identity_approves_and_releases_nothing(
    people: PeopleWorld,
) -> None:
    publish_environment({"CDP_ENVIRONMENT": "production"})
    for role in (Role.ADMIN, Role.FINANCE):
        for right in RIGHTS_OF_ROLE[role]:
            refused = _refusal(people, email_of(role), right)
            assert (refused is not None) is (right in NEEDS_PROOF)
            assert _refusal(people, email_of(role), right, proof="proxy") is None
    assert {Right.APPROVE_STATEMENTS, Right.RELEASE_STATEMENTS} < NEEDS_PROOF


def test_who_is_unknown_closed_or_out_of_time_has_no_right(people: PeopleWorld) -> None:
    early, late = datetime(2026, 6, 15, 8, tzinfo=UTC), datetime(2026, 6, 15, 10, tzinfo=UTC)
    add_user(people.connection, "closed@example.org", "admin", is_active=False)
    add_user(people.connection, "before@example.org", "admin", valid_from=late)
    add_user(people.connection, "after@example.org", "admin", valid_until=NOW)
    add_user(people.connection, "within@example.org", "admin", valid_from=NOW, valid_until=late)
    add_user(people.connection, "gone@example.org", "admin", disabled_at=early)
    expected = {
        "": "no user is named",
        "zed@example.org": "is not a known user",
        "closed@example.org": "is closed",
        "gone@example.org": "is closed",
        "before@example.org": "may act from 2026-06-15T10:00:00+00:00, not at 2026-06-15T09",
        "after@example.org": "may act before 2026-06-15T09:00:00+00:00",
    }
    for email, words in expected.items():
        assert words in str(_refusal(people, email, Right.MANAGE_USERS)), email
    assert _refusal(people, "within@example.org", Right.MANAGE_USERS) is None


def test_a_job_refuses_a_user_without_the_right_and_writes_nothing(people: PeopleWorld) -> None:
    for user in (email_of("ops"), "zed@example.org", None):
        result = people.launch(introducer_job, user, action="make", name="New")
        assert refusal(result)
    assert people.rows("select count(*) from governance.introducers") == [(1,)]
    assert people.actions() == []
    outcomes = people.rows("select outcome, count(*)::int from ops.runs group by 1")
    assert outcomes == [("FAILED", 3)]
