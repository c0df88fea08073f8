"""Approvals: two people, each once, for one content; a changed content starts again."""

from __future__ import annotations

import threading

import psycopg
import pytest

from cdp_assets.errors import PermanentFailure
from cdp_assets.governance.approvals import approvals_of, approve, void_approvals
from cdp_assets.settings import publish_environment
from tests.integration.governance.people_world import PeopleWorld, add_user, email_of

pytestmark = pytest.mark.integration
ADMIN, FINANCE = email_of("admin"), email_of("finance")


def _approve(world: PeopleWorld, email: str, content: str = "h1", **more: object) -> list[str]:
    with world.change_by(email) as change:
        return [one.email for one in approve(change, "statement", "S1", content, **more)]  # type: ignore[arg-type]


def test_two_different_people_approve_and_nobody_twice(people: PeopleWorld) -> None:
    assert _approve(people, ADMIN) == [ADMIN]
    with pytest.raises(PermanentFailure, match="has approved statement S1 already"):
        _approve(people, ADMIN)
    assert set(_approve(people, FINANCE)) == {ADMIN, FINANCE}
    assert people.actions() == ["APPROVE_STATEMENT", "APPROVE_STATEMENT"]
    assert people.rows("select distinct identity_proof, run_id from governance.approvals") == [
        ("unproven", "run-1")
    ]


def test_another_content_voids_the_approvals_and_may_be_approved_again(
    people: PeopleWorld,
) -> None:
    _approve(people, ADMIN)
    assert _approve(people, FINANCE, "h2") == [FINANCE]
    assert set(_approve(people, ADMIN, "h2")) == {ADMIN, FINANCE}
    with people.connection.cursor() as cursor:
        assert approvals_of(cursor, "statement", "S1", "h1") == []
    assert people.actions()[1:3] == ["VOID_STATEMENT_APPROVALS", "APPROVE_STATEMENT"]


def test_voiding_counts_what_held_and_writes_nothing_where_nothing_did(
    people: PeopleWorld,
) -> None:
    _approve(people, ADMIN)
    with people.change_by(FINANCE) as change:
        assert void_approvals(change, "statement", "S1", unless="h1") == 0
        assert void_approvals(change, "statement", "S1") == 1
        assert void_approvals(change, "statement", "S1") == 0
    assert people.actions().count("VOID_STATEMENT_APPROVALS") == 1


def test_an_author_may_not_be_one_of_the_two(people: PeopleWorld) -> None:
    author = add_user(people.connection, "author@example.org", "finance")
    with pytest.raises(PermanentFailure, match="as its author"):
        _approve(people, "author@example.org", excluded=[author])
    assert people.actions() == []


def test_the_approval_of_a_user_who_was_closed_does_not_count(people: PeopleWorld) -> None:
    _approve(people, FINANCE)
    people.connection.execute(
        "update governance.users set is_active = false where email = %s", [FINANCE]
    )
    assert _approve(people, ADMIN) == [ADMIN]


def test_in_production_an_unproven_person_approves_nothing(people: PeopleWorld) -> None:
    publish_environment({"CDP_ENVIRONMENT": "production"})
    with pytest.raises(PermanentFailure, match="the identity is unproven"):
        _approve(people, ADMIN)
    with people.change_by(ADMIN, proof="proxy") as change:
        (approval,) = approve(change, "statement", "S1", "h1")
    assert approval.identity_proof == "proxy"


def test_two_approvals_at_the_same_moment_count_each_other(people: PeopleWorld) -> None:
    seen: list[int] = []
    with people.change_by(ADMIN) as first:
        approve(first, "statement", "S1", "h1")
        other = threading.Thread(target=lambda: seen.append(len(_approve(people, FINANCE))))
        other.start()
        _wait_for_a_lock(people.connection)
    other.join(timeout=20)
    assert seen == [2]


def _wait_for_a_lock(connection: psycopg.Connection) -> None:
    query = "select exists (select from pg_locks where locktype = 'advisory' and not granted)"
    for _ in range(2_000):
        if connection.execute(query).fetchone() == (True,):
            return
    raise AssertionError("the second approval did not wait")
