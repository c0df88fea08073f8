"""Tokens: who signed them, when they end, and that they only narrow what the user has."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from query_layer.auth.key_set import CACHE_SECONDS, RETRY_SECONDS, KeySet
from query_layer.errors import ApiError
from query_layer.settings import StartRefused
from tests.query_layer.auth.identity_provider import IdentityProvider, provider
from tests.query_layer.auth.people import (
    NOW,
    OTHER_PARTNER,
    PARTNER,
    add_organisation,
    add_people,
    add_user,
    bearer,
    token,
    user_id,
)  # fmt: skip
from tests.query_layer.auth.signed_in import claims_of, probed, probing
from tests.query_layer.client import Client, error_of
from tests.query_layer.warehouse import Mart

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def issuer() -> Iterator[IdentityProvider]:
    """An identity provider on loopback."""
    with provider() as ours:
        yield ours


@pytest.fixture
def people(mart: Mart) -> Mart:
    """A warehouse with a user per role."""
    add_people(mart)
    return mart


def of(issuer: IdentityProvider) -> dict[str, str]:
    """Return the settings that accept the issuer's tokens."""
    return {"token_jwks_url": f"{issuer.url}/keys", "token_issuer": issuer.url}


async def refusal(client: Client, headers: Mapping[str, str | bytes]) -> tuple[int, str]:
    """Return status and code of the answer to a credential."""
    answer = await probed(client, headers)
    if answer.status_code == 401:
        assert answer.headers["www-authenticate"] == "Bearer"
    error = error_of(answer)
    return error["status"], error["code"]


async def test_each_algorithm_of_the_issuer_is_accepted_and_keys_are_fetched_once(
    people: Mart, issuer: IdentityProvider
) -> None:
    before = issuer.fetched
    async with probing(people, **of(issuer)) as client:
        for algorithm in ("RS256", "ES256", "EdDSA"):
            given = issuer.token(algorithm, sub=str(user_id("finance")))
            claims = await claims_of(client, bearer(given))
            assert (claims["role"], claims["chains"]) == ("finance", "null")
    assert issuer.fetched == before + 1


def unsigned(content: dict[str, Any]) -> str:
    """Return a token that nobody signed."""
    parts = ({"alg": "none", "typ": "JWT", "kid": "RS256"}, content)
    coded = [base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts]
    return ".".join([*coded, ""])


async def test_a_forged_token_is_refused(people: Mart, issuer: IdentityProvider) -> None:
    sub, now = str(user_id("admin")), int(time.time())
    content = {"iss": issuer.url, "aud": "cdp", "sub": sub, "iat": now, "exp": now + 600}
    public = (
        issuer.private["RS256"]
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    head, _, rest = issuer.token(sub=sub).partition(".")
    body, _, signature = rest.partition(".")
    as_admin = base64.urlsafe_b64encode(json.dumps(content | {"role": "admin"}).encode())
    with provider() as stranger:
        stranger.url = issuer.url
        forged = {
            "none": unsigned(content),
            "public key as secret": _hs256(content, public, "RS256"),
            "another body": f"{head}.{as_admin.rstrip(b'=').decode()}.{signature}",
            "no signature": f"{head}.{body}.",
            "another issuer's key": stranger.token(sub=sub),
            "key of another algorithm": jwt.encode(
                content, issuer.private["ES256"], algorithm="ES256", headers={"kid": "RS256"}
            ),
            "no key id": jwt.encode(content, issuer.private["RS256"], algorithm="RS256"),
            "RS512": jwt.encode(
                content, issuer.private["RS256"], algorithm="RS512", headers={"kid": "RS256"}
            ),
            "HS256 with another secret": _hs256(content, b"x" * 32, None),
            "no token": "not.a.token",
            "not ASCII": "é.é.é",
            "empty parts": "..",
        }
        async with probing(people, **of(issuer)) as client:
            for name, text in forged.items():
                headers = {"Authorization": f"Bearer {text}".encode()}
                assert await refusal(client, headers) == (401, "TOKEN_INVALID"), name
            for header in ("Basic YTpi", "Bearer", "Bearer ", "token", ""):
                wrong = {"Authorization": header}
                assert await refusal(client, wrong) == (401, "TOKEN_INVALID"), header


def _hs256(content: dict[str, Any], secret: bytes, kid: str | None) -> str:
    """Return a token of a shared secret; the library refuses a public key for it, we do not."""
    header = {"alg": "HS256", "typ": "JWT"} | ({"kid": kid} if kid else {})
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
        for part in (header, content)
    ]
    message = b".".join(parts)
    signature = base64.urlsafe_b64encode(hmac.digest(secret, message, hashlib.sha256))
    return b".".join([message, signature.rstrip(b"=")]).decode()


@pytest.mark.parametrize("claim", ["exp", "iat", "iss", "aud", "sub"])
async def test_a_token_without_a_claim_is_refused(people: Mart, claim: str) -> None:
    async with probing(people) as client:
        assert (await refusal(client, bearer(token("viewer", **{claim: None}))))[0] == 401


async def test_times_issuer_and_audience_are_checked_with_half_a_minute_of_leeway(
    people: Mart,
) -> None:
    now = int(time.time())
    async with probing(people) as client:
        for claims, wanted in (
            ({"exp": now - 20}, (200, "")),
            ({"exp": now - 40}, (401, "TOKEN_EXPIRED")),
            ({"iat": now + 20}, (200, "")),
            ({"iat": now + 90}, (401, "TOKEN_INVALID")),
            ({"nbf": now + 90}, (401, "TOKEN_INVALID")),
            ({"iss": "https://elsewhere.example.org"}, (401, "TOKEN_INVALID")),
            ({"aud": "another service"}, (401, "TOKEN_INVALID")),
            ({"aud": ["another service", "cdp"]}, (200, "")),
            ({"sub": "ann@example.org"}, (401, "TOKEN_INVALID")),
            ({"sub": str(OTHER_PARTNER)}, (401, "TOKEN_INVALID")),
            ({"sub": "subject of the issuer", "user_id": str(user_id("viewer"))}, (200, "")),
            ({"role": 1}, (401, "TOKEN_INVALID")),
            ({"allowed_chain_ids": "solana-mainnet"}, (401, "TOKEN_INVALID")),
            ({"allowed_chain_ids": [1]}, (401, "TOKEN_INVALID")),
        ):
            answer = await probed(client, bearer(token("viewer", **claims)))
            code = "" if answer.status_code == 200 else answer.json()["error"]["code"]
            assert (answer.status_code, code) == wanted, claims


async def test_a_token_narrows_and_never_widens(people: Mart) -> None:
    add_user(people, "limited", "finance", allowed_chain_ids=["a", "b"])
    async with probing(people) as client:
        for name, claims, wanted in (
            ("limited", {}, {"chains": '["a", "b"]'}),
            ("limited", {"allowed_chain_ids": ["b", "c"]}, {"chains": '["b"]'}),
            ("limited", {"allowed_chain_ids": []}, {"chains": "[]"}),
            ("finance", {"allowed_validator_keys": ["v"]}, {"validators": '["v"]'}),
            ("finance", {"role": "finance"}, {"role": "finance"}),
            ("admin", {"role": "viewer"}, {"role": "viewer", "scopes": ["catalog", "cdp:read"]}),
            ("partner", {}, {"introducer_id": str(PARTNER), "role": "partner"}),
            ("partner", {"introducer_id": str(PARTNER)}, {"introducer_id": str(PARTNER)}),
        ):
            found = await claims_of(client, bearer(token(name, **claims)))
            assert {key: found[key] for key in wanted} == wanted
        for name, claims in (
            ("viewer", {"role": "admin"}),
            ("ops", {"role": "partner", "introducer_id": str(PARTNER)}),
            ("finance", {"role": "nobody"}),
            ("partner", {"introducer_id": str(OTHER_PARTNER)}),
            ("finance", {"org_id": str(OTHER_PARTNER)}),
        ):
            assert await refusal(client, bearer(token(name, **claims))) == (401, "TOKEN_INVALID")


async def test_a_user_who_may_not_act_is_refused_within_half_a_minute(people: Mart) -> None:
    clock = [0.0]
    async with probing(people) as client:
        authenticator = client.service.authenticator
        for store in (
            authenticator._claims, authenticator._tokens, authenticator._accounts._users,
        ):  # fmt: skip
            store._monotonic = lambda: clock[0]
        given = bearer(token("finance"))
        await claims_of(client, given)
        people.run("update governance.users set is_active = false where role = 'finance'")
        clock[0] = 29
        await claims_of(client, given)
        clock[0] = 31
        assert await refusal(client, given) == (401, "TOKEN_INVALID")


@pytest.mark.parametrize(
    "change",
    [{"disabled_at": NOW}, {"valid_until": NOW}, {"valid_from": NOW + timedelta(seconds=1)}],
    ids=lambda change: next(iter(change)),
)
async def test_a_user_outside_of_its_time_is_refused(people: Mart, change: dict[str, Any]) -> None:
    add_user(people, "late", "finance", **change)
    async with probing(people) as client:
        assert await refusal(client, bearer(token("late"))) == (401, "TOKEN_INVALID")


async def test_a_suspended_organisation_is_refused(people: Mart) -> None:
    org_id = add_organisation(people, is_active=False)
    add_user(people, "suspended", "finance", org_id=org_id)
    async with probing(people) as client:
        assert await refusal(client, bearer(token("suspended"))) == (403, "ORG_SUSPENDED")


async def test_an_auditor_has_a_token_of_ninety_days_at_most(people: Mart) -> None:
    now = int(time.time())
    async with probing(people) as client:
        await claims_of(client, bearer(token("auditor", iat=now, exp=now + 90 * 86_400)))
        long = bearer(token("auditor", iat=now, exp=now + 90 * 86_400 + 1))
        assert await refusal(client, long) == (401, "TOKEN_INVALID")


async def test_production_takes_no_shared_secret_and_no_developer(
    people: Mart, issuer: IdentityProvider
) -> None:
    with pytest.raises(StartRefused, match="CDP_QUERY_TOKEN_SECRET is for development"):
        people.settings(CDP_ENVIRONMENT="production")
    with pytest.raises(StartRefused, match="CDP_QUERY_TOKEN_JWKS_URL must be https"):
        people.settings(CDP_ENVIRONMENT="production", token_secret="", **of(issuer))
    settings = people.settings(**of(issuer))
    for allowed, wanted in (("off", 403), ("on", 200)):
        production = {"environment": "production", "token_secret": None}
        production |= {"allow_developers": allowed}
        async with probing(people, **of(issuer)) as client:
            patched = settings.model_copy(update=production)
            client.service.authenticator._settings = patched
            client.service.authenticator._verifier._settings = patched
            given = bearer(issuer.token(sub=str(user_id("developer"))))
            assert (await probed(client, given)).status_code == wanted
            assert await refusal(client, bearer(token("viewer"))) == (401, "TOKEN_INVALID")


async def test_without_credential_the_setting_decides(people: Mart) -> None:
    async with probing(people, anonymous="off") as client:
        assert await refusal(client, {}) == (401, "TOKEN_MISSING")
        assert (await client.get("/health/live")).status_code == 200
        assert (await client.get("/openapi.json")).status_code == 200
    async with probing(people, anonymous="cdp:read") as client:
        assert (await probed(client, {})).json()["role"] == "anonymous"
        assert error_of(await probed(client, {}, "pnl:read"))["code"] == "TOKEN_MISSING"


@pytest.mark.parametrize("scopes", ["pnl:read", "cdp:read commission:read", "everything", " "])
def test_an_anonymous_caller_gets_public_scopes_only(people: Mart, scopes: str) -> None:
    with pytest.raises(StartRefused, match="CDP_QUERY_ANONYMOUS: must be off, or some of"):
        people.settings(anonymous=scopes)


async def test_an_admin_alone_names_another_organisation(people: Mart) -> None:
    org = {"X-Organization-Id": str(OTHER_PARTNER)}
    async with probing(people) as client:
        found = await claims_of(client, bearer(token("admin")) | org)
        assert found["org_id"] == str(OTHER_PARTNER)
        assert (await claims_of(client, bearer(token("finance")) | org))["org_id"] == ""
        wrong = bearer(token("admin")) | {"X-Organization-Id": "1; drop table x"}
        assert await refusal(client, wrong) == (400, "VALIDATION_FAILED")


async def test_keys_are_fetched_again_after_ten_minutes_and_once_a_minute_for_an_unknown_one(
    issuer: IdentityProvider,
) -> None:
    clock = [0.0]
    issuer.published, before = ["RS256"], issuer.fetched
    async with httpx.AsyncClient() as http:
        keys = KeySet(f"{issuer.url}/keys", http, lambda: clock[0])

        async def known(kid: str) -> bool:
            try:
                await keys.key(kid, kid)
            except ApiError as error:
                return error.code != "TOKEN_INVALID"
            return True

        assert await known("RS256")
        assert not await known("ES256")
        assert issuer.fetched == before + 1
        issuer.published = ["RS256", "ES256"]
        clock[0] += RETRY_SECONDS
        assert await known("ES256")
        assert issuer.fetched == before + 2
        clock[0] += CACHE_SECONDS + 1
        assert await known("RS256")
        assert issuer.fetched == before + 3
        issuer.is_down = True
        clock[0] += CACHE_SECONDS + 1
        assert await known("RS256")
        clock[0] += 3_600
        with pytest.raises(ApiError) as caught:
            await keys.key("RS256", "RS256")
        assert caught.value.kind.status == 503
    issuer.is_down, issuer.published = False, list(issuer.private)


async def test_without_a_login_for_users_no_credential_is_accepted(people: Mart) -> None:
    with pytest.raises(StartRefused, match="tokens need CDP_QUERY_AUTH_DATABASE_URL"):
        people.settings(auth_database_url="")
    async with probing(people, auth_database_url="", token_secret="") as client:
        assert await refusal(client, bearer(token("viewer"))) == (401, "TOKEN_INVALID")
        key = f"cdp_{'0' * 16}_{'x' * 43}"
        assert await refusal(client, bearer(key)) == (503, "DATABASE_UNAVAILABLE")


def test_a_login_that_passes_row_security_is_refused(people: Mart) -> None:
    async def start() -> None:
        async with probing(people, auth_database_url=people.owner):
            raise AssertionError("started")

    with pytest.raises(StartRefused, match="which passes row security"):
        asyncio.run(start())
