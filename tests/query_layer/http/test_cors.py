"""Which pages of other origins may read, and that none may with a person's session."""

from __future__ import annotations

import pytest

from query_layer.settings import StartRefused
from tests.query_layer.auth.people import add_people, bearer, token
from tests.query_layer.client import running
from tests.query_layer.warehouse import PATH, Mart

pytestmark = pytest.mark.anyio
APP = "https://app.example.org"
PREFLIGHT = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x"}


async def test_without_origins_no_page_reads(quiet_mart: Mart) -> None:
    async with running(quiet_mart.settings()) as client:
        for headers in ({"Origin": APP}, {"Origin": APP} | PREFLIGHT):
            answer = await client.http.request(
                "OPTIONS" if len(headers) > 1 else "GET", PATH, headers=headers
            )
            assert not any(name.startswith("access-control") for name in answer.headers)


async def test_named_origins_read_with_tokens_and_others_do_not(quiet_mart: Mart) -> None:
    settings = quiet_mart.settings(cors_origins=f"{APP}, https://b.example.org")
    async with running(settings) as client:
        for origin in (APP, "https://b.example.org"):
            answer = await client.http.get(PATH, headers={"Origin": origin})
            assert answer.headers["access-control-allow-origin"] == origin
            assert "ETag" in answer.headers["access-control-expose-headers"]
            assert answer.headers["vary"].endswith(", Origin")
            assert answer.headers["vary"].startswith("Authorization, Cookie, ")
        for origin in (f"{APP}.evil.org", "https://app.example.org:8443", "null", "http://x"):
            answer = await client.http.get(PATH, headers={"Origin": origin})
            assert "access-control-allow-origin" not in answer.headers
            assert answer.headers["vary"].endswith("Origin")
        allowed = await client.http.options(PATH, headers={"Origin": APP} | PREFLIGHT)
        assert allowed.status_code == 204
        assert "Authorization" in allowed.headers["access-control-allow-headers"]
        assert allowed.headers["access-control-allow-methods"] == "GET, HEAD, OPTIONS"
        refused = await client.http.options(PATH, headers={"Origin": "https://x.org"} | PREFLIGHT)
        assert "access-control-allow-methods" not in refused.headers


async def test_any_origin_reads_what_is_public_and_nothing_of_a_credential(mart: Mart) -> None:
    add_people(mart)
    async with running(mart.settings(cors_origins="*")) as client:
        public = await client.http.get(PATH, headers={"Origin": APP})
        assert public.headers["access-control-allow-origin"] == "*"
        preflight = await client.http.options(PATH, headers={"Origin": APP} | PREFLIGHT)
        assert "Authorization" not in preflight.headers["access-control-allow-headers"]
        headers = bearer(token("viewer")) | {"Origin": APP}
        signed_in = await client.http.get(PATH, headers=headers)
        assert "access-control-allow-origin" not in signed_in.headers
        for answer in (public, preflight, signed_in):
            assert "access-control-allow-credentials" not in answer.headers


async def test_an_error_can_be_read_by_the_page_too(quiet_mart: Mart) -> None:
    async with running(quiet_mart.settings(cors_origins=APP)) as client:
        answer = await client.http.get(f"{PATH}?wrong=1", headers={"Origin": APP})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (400, APP)


@pytest.mark.parametrize("origins", ["app.example.org", f"{APP}/", f"{APP}/path", "ftp://x", "**"])
def test_what_is_no_origin_is_refused(quiet_mart: Mart, origins: str) -> None:
    with pytest.raises(StartRefused, match=r"CDP_QUERY_CORS_ORIGINS: must be `\*`, or origins"):
        quiet_mart.settings(cors_origins=origins)


async def test_tls_is_believed_of_named_proxies_alone(quiet_mart: Mart) -> None:
    headers = {"X-Forwarded-Proto": "https"}
    for proxies, is_told in (("", False), ("127.0.0.1", True)):
        async with running(quiet_mart.settings(trusted_proxies=proxies)) as client:
            answer = await client.http.get(PATH, headers=headers)
        assert ("strict-transport-security" in answer.headers) is is_told
