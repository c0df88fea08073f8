"""The simulated GitHub's sign-in of apps: what it verifies, by its own clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from simulator.server.http_server import SimulatorServer

KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
PUBLIC = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
LOOKUP = "/github/repos/o/r/installation"


@pytest.fixture
def http(simulator: SimulatorServer) -> Iterator[httpx.Client]:
    """A client of a GitHub that only app 7 may read, set over the control endpoint."""
    world = simulator.world
    before = world.clock.now
    world.github.forget()
    world.github.serve({"o/r": {"a/x": b"{}"}, "p/r": {"a/x": b"[]"}})
    installed = {"app_id": "7", "public_key": PUBLIC, "installations": {"o/r": 1, "p/r": 2}}
    with httpx.Client(base_url=simulator.url) as client:
        assert client.post("/control/github-app", json=installed).json() == {"installations": 2}
        yield client
    world.github.forget()
    world.clock.set(before)


def bearer(text: str) -> dict[str, str]:
    return {"authorization": f"Bearer {text}"}


def statement(
    simulator: SimulatorServer, key: rsa.RSAPrivateKey = KEY, **claims: Any
) -> dict[str, str]:
    now = int(simulator.world.clock.now.timestamp())
    times = {name: now + claims.pop(name, usual) for name, usual in (("iat", -60), ("exp", 540))}
    return bearer(jwt.encode({"iss": "7", **times, **claims}, key, algorithm="RS256"))


def token(http: httpx.Client, simulator: SimulatorServer, installation: int) -> dict[str, str]:
    path = f"/github/app/installations/{installation}/access_tokens"
    answer = http.post(path, headers=statement(simulator))
    assert answer.status_code == 201
    return bearer(answer.json()["token"])


def status(http: httpx.Client, path: str, headers: dict[str, str]) -> int:
    return http.get(f"/github/repos/{path}", headers=headers).status_code


def test_a_signed_statement_finds_the_installation_and_gets_a_token_of_an_hour(
    http: httpx.Client, simulator: SimulatorServer
) -> None:
    assert http.get(LOOKUP, headers=statement(simulator)).json()["id"] == 1
    path = "/github/app/installations/1/access_tokens"
    given = http.post(path, headers=statement(simulator)).json()
    end = simulator.world.clock.now.replace(microsecond=0) + timedelta(hours=1)
    assert given["expires_at"] == end.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        pytest.param({}, 200, id="right"),
        pytest.param({"exp": 600}, 200, id="ten minutes"),
        pytest.param({"exp": 601}, 401, id="longer than ten minutes"),
        pytest.param({"exp": 0}, 401, id="expired"),
        pytest.param({"iat": 1}, 401, id="from the future"),
        pytest.param({"iss": "8"}, 401, id="of another app"),
        pytest.param({"key": OTHER}, 401, id="signed by another key"),
    ],
)
def test_a_statement_is_verified_by_key_app_and_clock(
    http: httpx.Client, simulator: SimulatorServer, claims: dict[str, Any], expected: int
) -> None:
    headers = statement(simulator, **claims)
    assert http.get(LOOKUP, headers=headers).status_code == expected
    given = http.post("/github/app/installations/1/access_tokens", headers=headers)
    assert given.status_code == (201 if expected == 200 else expected)


def test_an_unsigned_statement_or_none_is_refused(
    http: httpx.Client, simulator: SimulatorServer
) -> None:
    now = int(simulator.world.clock.now.timestamp())
    unsigned = jwt.encode({"iss": "7", "iat": now, "exp": now + 60}, "", algorithm="none")
    assert http.get(LOOKUP, headers=bearer(unsigned)).status_code == 401
    assert http.get(LOOKUP).status_code == 401


def test_what_is_not_installed_is_not_found(http: httpx.Client, simulator: SimulatorServer) -> None:
    headers = statement(simulator)
    assert status(http, "q/r/installation", headers) == 404
    path = "/github/app/installations/3/access_tokens"
    assert http.post(path, headers=headers).status_code == 404


@pytest.mark.parametrize("rest", ["", "/contents/a", "/contents/a/x", "/git/trees/HEAD:a"])
def test_a_token_opens_its_own_repositories_for_an_hour(
    http: httpx.Client, simulator: SimulatorServer, rest: str
) -> None:
    own, other = token(http, simulator, 1), token(http, simulator, 2)
    asked = [status(http, f"o/r{rest}", headers) for headers in (own, other, {}, bearer("x" * 40))]
    assert asked == [200, 403, 401, 401]
    simulator.world.clock.set(simulator.world.clock.now + timedelta(hours=1))
    assert status(http, f"o/r{rest}", own) == 401


def test_without_an_app_everybody_reads_and_nobody_signs_in(
    http: httpx.Client, simulator: SimulatorServer
) -> None:
    assert http.delete("/control/github-app").json() == {"installations": 0}
    assert status(http, "o/r/contents/a", {}) == 200
    assert http.get(LOOKUP, headers=statement(simulator)).status_code == 404


def test_a_wrong_setting_of_the_app_is_a_400(http: httpx.Client) -> None:
    assert http.post("/control/github-app", json={"app_id": "7"}).status_code == 400
