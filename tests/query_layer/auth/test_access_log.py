"""The access log: a row before the first byte, or no byte."""

from __future__ import annotations

import pytest

from tests.query_layer.auth.people import (
    NOW,
    add_key,
    add_organisation,
    add_people,
    bearer,
    token,
    user_id,
)  # fmt: skip
from tests.query_layer.auth.signed_in import probed, probing
from tests.query_layer.client import error_of
from tests.query_layer.warehouse import PATH, Mart, Provider

pytestmark = pytest.mark.anyio
_ROWS = """
select actor_id, role, action, resource, asset_key, correlation_id, ip_address, at,
    api_key_id is not null
from audit.access_log order by access_id
"""


@pytest.fixture
def people(mart: Mart) -> Mart:
    """A warehouse with a user per role and an empty log."""
    add_people(mart)
    mart.forget_reads()
    return mart


async def test_each_read_of_partner_data_is_a_row(people: Mart) -> None:
    key = add_key(people, add_organisation(people), "finance")
    async with probing(people) as client:
        for credential in (token("finance"), token("finance"), key):
            headers = bearer(credential) | {"X-Correlation-ID": "abc-1"}
            answer = await probed(client, headers, "commission:read", "validators")
            assert answer.status_code == 200
    row = (
        str(user_id("finance")), "finance", "READ_ROWS", "/v1/probe/commission:read/validators",
        "validators/probe", "abc-1", "127.0.0.1", NOW,
    )  # fmt: skip
    assert people.run(_ROWS) == [(*row, False), (*row, False), (*row, True)]


async def test_public_data_and_who_lacks_the_scope_leave_no_row(people: Mart) -> None:
    async with probing(people) as client:
        await probed(client, {})
        await probed(client, bearer(token("finance")))
        assert (await probed(client, bearer(token("viewer")), "pnl:read")).status_code == 403
    assert people.run("select count(*) from audit.access_log") == [(0,)]


@pytest.mark.parametrize("scope", ["pnl:read", "commission:read", "agreement:read", "audit:read"])
async def test_what_cannot_be_recorded_is_not_returned(people: Mart, scope: str) -> None:
    people.run("revoke insert on audit.access_log from cdp_audit")
    try:
        async with probing(people) as client:
            refused = await probed(client, bearer(token("admin")), scope)
            public = await probed(client, bearer(token("admin")))
    finally:
        people.run("grant insert on audit.access_log to cdp_audit")
    error = error_of(refused)
    assert (error["status"], error["code"]) == (503, "DATABASE_UNAVAILABLE")
    assert "could not be recorded" in error["message"]
    assert public.status_code == 200


async def test_without_the_login_partner_data_is_refused(people: Mart) -> None:
    async with probing(people, audit_database_url="") as client:
        refused = await probed(client, bearer(token("admin")), "pnl:read")
        assert error_of(refused)["code"] == "DATABASE_UNAVAILABLE"
        wrong = await probed(client, bearer("no.token.atall"))
        assert error_of(wrong)["code"] == "TOKEN_INVALID"


async def test_what_one_caller_has_cached_is_not_another_s(people: Mart) -> None:
    """Pitfall 9: a cache key without the caller leaks between tenants."""
    people.write_week([Provider("f01")])
    async with probing(people) as client:
        await client.service.versions.poll()
        first = await client.http.get(PATH, headers=bearer(token("finance")))
        same = bearer(token("finance", jti="2")) | {"If-None-Match": first.headers["etag"]}
        assert (await client.http.get(PATH, headers=same)).status_code == 304
        for other in (bearer(token("viewer")), {}):
            tagged = other | {"If-None-Match": first.headers["etag"]}
            answer = await client.http.get(PATH, headers=tagged)
            assert (answer.status_code, answer.json()["data"]) == (200, first.json()["data"])
            assert answer.headers["etag"] != first.headers["etag"]
        narrower = bearer(token("finance", allowed_chain_ids=[]))
        answer = await client.http.get(PATH, headers=narrower)
        assert answer.headers["etag"] != first.headers["etag"]
