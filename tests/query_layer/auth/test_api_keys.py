"""API keys: what is accepted, what they may read, and how soon a revocation counts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from tests.query_layer.auth.people import NOW, add_key, add_organisation, add_people, bearer
from tests.query_layer.auth.signed_in import claims_of, probed, probing
from tests.query_layer.client import Client, error_of
from tests.query_layer.warehouse import Mart

pytestmark = pytest.mark.anyio


@pytest.fixture
def people(mart: Mart) -> Mart:
    """A warehouse with a user per role."""
    add_people(mart)
    return mart


async def refusal(client: Client, key: str, **asked: str) -> tuple[int, str]:
    """Return status and code of the answer to a key."""
    error = error_of(await probed(client, bearer(key), **asked))
    return error["status"], error["code"]


async def test_a_key_reads_what_its_user_may_and_is_marked_as_used(people: Mart) -> None:
    org_id = add_organisation(people)
    key = add_key(people, org_id, "finance")
    async with probing(people) as client:
        found = await claims_of(client, bearer(key))
    assert (found["role"], found["org_id"]) == ("finance", str(org_id))
    assert "commission:read" in found["scopes"]
    assert people.run("select last_used_on from governance.api_keys") == [(NOW.date(),)]


async def test_a_key_has_fewer_scopes_domains_and_versions_if_it_was_issued_so(
    people: Mart,
) -> None:
    org_id = add_organisation(people)
    scoped = add_key(people, org_id, "finance", scopes=["cdp:read", "audit:write", "ops:read"])
    grouped = add_key(people, org_id, "finance", asset_groups=["filplus"])
    pinned = add_key(people, org_id, "finance", api_version="v1")
    async with probing(people) as client:
        assert (await probed(client, bearer(scoped))).json()["scopes"] == ["cdp:read"]
        assert await refusal(client, scoped, scope="pnl:read") == (403, "SCOPE_DENIED")
        await claims_of(client, bearer(grouped))
        denied = await refusal(client, grouped, schema="validators", scope="pnl:read")
        assert denied == (403, "API_KEY_PRODUCT_DENIED")
        await claims_of(client, bearer(pinned))
        assert await refusal(client, pinned, version="v2") == (403, "API_VERSION_PINNED")
        assert (await probed(client, bearer(scoped), version="v2")).status_code == 200


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"revoked_at": NOW, "revoked_by": "ann"}, (401, "API_KEY_INVALID")),
        ({"expires_at": NOW}, (401, "API_KEY_EXPIRED")),
        ({"role": "viewer"}, (401, "API_KEY_INVALID")),
    ],
    ids=["revoked", "expired", "user has another role"],
)
async def test_a_key_that_ended_is_refused(
    people: Mart, change: dict[str, Any], wanted: tuple[int, str]
) -> None:
    key = add_key(people, add_organisation(people), "finance", **change)
    async with probing(people) as client:
        assert await refusal(client, key) == wanted
    assert people.run("select last_used_on from governance.api_keys") == [(None,)]


async def test_a_key_of_an_auditor_ends_within_ninety_days(people: Mart) -> None:
    long = {"issued_at": NOW, "expires_at": NOW + timedelta(days=91)}
    key = add_key(people, add_organisation(people), "auditor", **long)
    async with probing(people) as client:
        assert await refusal(client, key) == (401, "TOKEN_INVALID")


async def test_a_suspended_organisation_refuses_its_keys(people: Mart) -> None:
    key = add_key(people, add_organisation(people, is_active=False), "finance")
    async with probing(people) as client:
        assert await refusal(client, key) == (403, "ORG_SUSPENDED")


async def test_what_is_no_key_is_refused(people: Mart) -> None:
    key = add_key(people, add_organisation(people), "finance")
    wrong = [
        key[:-1] + ("A" if key[-1] != "A" else "B"), f"cdp_{'0' * 16}_{'x' * 43}", "cdp_", "cdp__",
        "cdp_x_y", f"{key}x", f"cdp_' or true --_{'x' * 43}", f"cdp_{'0' * 16}_{'é' * 43}",
    ]  # fmt: skip
    async with probing(people) as client:
        for text in wrong:
            answer = await probed(client, {"Authorization": f"Bearer {text}".encode()})
            assert (answer.status_code, error_of(answer)["code"]) == (401, "API_KEY_INVALID"), text


async def test_a_revocation_counts_within_half_a_minute(people: Mart) -> None:
    key, clock = add_key(people, add_organisation(people), "finance"), [0.0]
    async with probing(people) as client:
        authenticator = client.service.authenticator
        for store in (authenticator._claims, authenticator._accounts._keys):
            store._monotonic = lambda: clock[0]
        await claims_of(client, bearer(key))
        people.run("update governance.api_keys set revoked_at = %s, revoked_by = 'ann'", NOW)
        clock[0] = 29
        await claims_of(client, bearer(key))
        clock[0] = 31
        assert await refusal(client, key) == (401, "API_KEY_INVALID")


FORBIDDEN = {
    "auth": ("select from governance.api_keys", "select from governance.users",
             "select from governance.auth_user(null), filplus.providers_weekly_acc",
             "update governance.api_keys set revoked_at = null",
             "insert into audit.access_log (at, actor_id, action, resource) "
             "values (now(), 'x', 'x', 'x')"),
    "audit": ("select from audit.access_log", "delete from audit.access_log",
              "update audit.access_log set actor_id = 'x'", "truncate audit.access_log",
              "select governance.auth_user(null)", "select from governance.users",
              "insert into audit.log (seq) values (1)"),
    "reader": ("select governance.auth_user(null)", "select governance.auth_key('x')",
               "select governance.auth_key_used('x')", "select from governance.api_keys",
               "select from audit.access_log"),
}  # fmt: skip


@pytest.mark.parametrize("login", FORBIDDEN)
def test_each_login_may_do_its_one_thing_and_no_other(people: Mart, login: str) -> None:
    with psycopg.connect(getattr(people, login), autocommit=True) as connection:
        connection.execute("set default_transaction_read_only = off")
        for statement in FORBIDDEN[login]:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())
