"""Sign-in of a browser: with a real issuer, with a pasted token, and how a session ends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import itsdangerous.timed
import pytest

from query_layer.auth.sessions import Sessions
from tests.query_layer.auth.identity_provider import CLIENT, IdentityProvider, provider
from tests.query_layer.auth.people import add_people, token, user_id
from tests.query_layer.auth.signed_in import probed, probing
from tests.query_layer.client import Client, error_of
from tests.query_layer.warehouse import Mart

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def issuer() -> Iterator[IdentityProvider]:
    """An identity provider on loopback, at which finance is signed in."""
    with provider() as ours:
        ours.subject = str(user_id("finance"))
        yield ours


@pytest.fixture
def people(mart: Mart) -> Mart:
    """A warehouse with a user per role."""
    add_people(mart)
    return mart


def of(issuer: IdentityProvider) -> dict[str, str]:
    """Return the settings of a sign-in with the issuer."""
    return {
        "token_jwks_url": f"{issuer.url}/keys",
        "token_issuer": issuer.url,
        "oidc_client_id": CLIENT,
        "oidc_client_secret": "of the client",
    }


async def who(client: Client) -> str:
    """Return the role of the browser's session."""
    answer = await probed(client, {})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["role"])


async def test_a_browser_signs_in_at_the_issuer_and_out_again(
    people: Mart, issuer: IdentityProvider
) -> None:
    async with probing(people, **of(issuer)) as client:
        assert await who(client) == "anonymous"
        began = await client.get("/sign-in", next="/v1/probe/catalog/filplus")
        assert began.status_code == 303
        place = began.headers["location"]
        assert place.startswith(f"{issuer.url}/authorize?")
        asked = parse_qs(urlsplit(place).query)
        assert asked["scope"] == ["openid"]
        assert asked["code_challenge_method"] == ["S256"]
        ended = await client.http.get(issuer.authorise(place))
        assert (ended.status_code, ended.headers["location"]) == (303, "/v1/probe/catalog/filplus")
        cookie = ended.headers["set-cookie"]
        assert cookie.startswith("cdp-session=")
        for part in ("; Path=/", "; HttpOnly", "; SameSite=Lax", "; Max-Age=1800"):
            assert part in cookie
        assert "Secure" not in cookie
        assert await who(client) == "finance"
        out = await client.get("/sign-out")
        assert "Max-Age=0" in out.headers["set-cookie"]
        assert await who(client) == "anonymous"


async def test_behind_tls_the_cookie_is_sent_over_tls_alone(
    people: Mart, issuer: IdentityProvider
) -> None:
    async with probing(people, trusted_proxies="127.0.0.1", **of(issuer)) as client:
        client.http.headers["X-Forwarded-Proto"] = "https"
        client.http.base_url = httpx.URL("https://query.test")
        began = await client.get("/sign-in")
        asked = parse_qs(urlsplit(began.headers["location"]).query)
        assert asked["redirect_uri"] == ["https://query.test/sign-in/callback"]
        ended = await client.http.get(issuer.authorise(began.headers["location"]))
        assert ended.headers["set-cookie"].startswith("__Host-cdp-session=")
        assert "; Secure" in ended.headers["set-cookie"]
        assert await who(client) == "finance"


@pytest.mark.parametrize("change", [{"state": "x"}, {"code": "x"}, {"code": ""}, {"state": "é"}])
async def test_an_answer_that_was_not_asked_for_begins_no_session(
    people: Mart, issuer: IdentityProvider, change: dict[str, str]
) -> None:
    async with probing(people, **of(issuer)) as client:
        began = await client.get("/sign-in")
        back = urlsplit(issuer.authorise(began.headers["location"]))
        given = {name: values[0] for name, values in parse_qs(back.query).items()} | change
        ended = await client.http.get(f"{back.path}?{urlencode(given)}")
        assert error_of(ended)["code"] == "TOKEN_INVALID"
        assert await who(client) == "anonymous"


async def test_another_browser_cannot_end_a_sign_in(people: Mart, issuer: IdentityProvider) -> None:
    async with probing(people, **of(issuer)) as client:
        began = await client.get("/sign-in")
        back = issuer.authorise(began.headers["location"])
        client.http.cookies.clear()
        assert error_of(await client.http.get(back))["code"] == "TOKEN_INVALID"
        assert error_of(await client.get("/sign-in/callback"))["code"] == "TOKEN_INVALID"


async def test_an_issuer_that_is_down_is_said_to_be(people: Mart, issuer: IdentityProvider) -> None:
    async with probing(people, **of(issuer)) as client:
        issuer.is_down = True
        try:
            error = await client.error("/sign-in")
        finally:
            issuer.is_down = False
        assert (error["status"], error["code"]) == (503, "DATABASE_UNAVAILABLE")
        assert (await client.get("/sign-in")).status_code == 303


async def test_in_development_a_pasted_token_begins_a_session(people: Mart) -> None:
    async with probing(people) as client:
        form = await client.get("/sign-in", next="/docs")
        assert form.status_code == 200
        assert 'value="/docs"' in form.text
        assert "form-action 'self'" in form.headers["content-security-policy"]
        begun = await client.get("/sign-in", token=f" {token('ops')} ", next="/docs")
        assert (begun.status_code, begun.headers["location"]) == (303, "/docs")
        assert await who(client) == "ops"
        wrong = await client.get("/sign-in", token="no.token.atall")
        assert error_of(wrong)["code"] == "TOKEN_INVALID"
        assert "set-cookie" not in wrong.headers


@pytest.mark.parametrize(
    "path",
    ["https://evil.example.org", "//evil.example.org", "/\\evil.example.org", "javascript:alert(1)",
     "/a\r\nSet-Cookie: x=y", "", '/"><script>'],
)  # fmt: skip
async def test_a_sign_in_leads_to_no_other_site(people: Mart, path: str) -> None:
    async with probing(people) as client:
        begun = await client.get("/sign-in", token=token("ops"), next=path)
        assert begun.headers["location"] == "/"
        assert 'name="next" value="/"' in (await client.get("/sign-in", next=path)).text


async def test_production_has_no_pasted_tokens(people: Mart) -> None:
    async with probing(people, token_secret="", CDP_ENVIRONMENT="production") as client:
        for parameters in ({}, {"token": token("admin")}):
            error = await client.error("/sign-in", **parameters)
            assert error["code"] == "RESOURCE_NOT_FOUND"


def test_a_session_ends_when_it_is_idle_or_its_cookie_was_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sessions = Sessions(b"a secret of the tests", 1_800)
    written = sessions.cookie("the token", is_tls=False).partition(";")[0]
    assert sessions.token(f"a=b; {written}") == "the token"
    for header in (written[:-1], written.replace("=", "=x"), "cdp-session=", "a=b", "", "\x00;;="):
        assert sessions.token(header) is None
    assert Sessions(b"another secret of tests", 1_800).token(written) is None
    later: Any = time.time() + 1_801
    monkeypatch.setattr(itsdangerous.timed.time, "time", lambda: later)
    assert sessions.token(written) is None
