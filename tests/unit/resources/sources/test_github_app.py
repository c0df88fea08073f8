"""Signing in as a GitHub app: what is signed, how long a token is used, how a refusal reads."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from pydantic import SecretStr

from cdp_assets.errors import (
    BadConfiguration,
    InvalidSourceResponse,
    PermanentFailure,
    TransientFailure,
)
from resources.http.http_client import HttpClient, Request, RequestResult
from resources.http.quota import RateLimitThrottle
from resources.http.retry import RetryPolicy
from resources.postgres.ops_status import SourceHealth
from resources.sources.github_app import GitHubApp, read_private_key
from resources.sources.github_contents import GitHubContents

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
TOKEN = "ghs_canarytoken"


def pem(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    encryption: KeySerializationEncryption | None = None,
) -> str:
    how = encryption or NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, how).decode()


class GitHub:
    """Answers as GitHub does: owner ``o`` has installation 1, ``p`` has 2, others none."""

    def __init__(self) -> None:
        self.now = NOW
        self.requests: list[httpx.Request] = []
        self.given = 0
        self.refused: set[str] = set()
        self.answers: dict[str, httpx.Response] = {}
        self.health: list[SourceHealth] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        path = request.url.path
        for part, response in self.answers.items():
            if part in path:
                return response
        if path.endswith("/installation"):
            number = {"o": 1, "p": 2}.get(path.split("/")[2])
            found = httpx.Response(200, json={"id": number})
            return found if number else httpx.Response(404, json={"message": "Not Found"})
        if path.endswith("/access_tokens"):
            self.given += 1
            until = (self.now + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
            token = f"{TOKEN}{path.split('/')[3]}x{self.given}"
            return httpx.Response(201, json={"token": token, "expires_at": until})
        if request.headers["authorization"].removeprefix("Bearer ") in self.refused:
            return httpx.Response(401, json={"message": "Bad credentials"})
        return httpx.Response(200, json=[])

    def contents(self) -> GitHubContents:
        """Return a client without waits that asks this GitHub."""
        http = HttpClient(
            "github",
            "https://api.test",
            transport=httpx.MockTransport(self),
            policy=RetryPolicy(tries=2, sleep=lambda _: None),
            report=self.health.append,
            quota=RateLimitThrottle(now=lambda: self.now, sleep=lambda _: None),
        )
        return GitHubContents(http, GitHubApp("4711", KEY, http, lambda: self.now))

    def asked(self, end: str) -> list[str]:
        """Return the paths asked for that end so."""
        return [r.url.path for r in self.requests if r.url.path.endswith(end)]

    def bearers(self) -> list[str]:
        """Return the tokens that contents were asked with."""
        asked = [r for r in self.requests if "/contents/" in r.url.path]
        return [r.headers["authorization"].removeprefix("Bearer ") for r in asked]


@pytest.fixture
def github() -> GitHub:
    return GitHub()


def test_the_statement_names_the_app_and_ends_within_ten_minutes(github: GitHub) -> None:
    github.contents().list_directory("o/r", "a").usable()
    signed = [r.headers["authorization"].removeprefix("Bearer ") for r in github.requests[:2]]
    for text in signed:
        assert jwt.get_unverified_header(text)["alg"] == "RS256"
        claims = jwt.decode(
            text,
            KEY.public_key(),
            algorithms=["RS256"],
            options={"verify_exp": False, "verify_iat": False},
        )
        assert claims == {
            "iss": "4711",
            "iat": int(NOW.timestamp()) - 60,
            "exp": int(NOW.timestamp()) + 540,
        }


def test_an_installation_is_asked_for_one_token_and_looked_up_once_per_repository(
    github: GitHub,
) -> None:
    contents = github.contents()
    for repository in ("o/r", "o/r", "o/s", "p/r", "o/s"):
        contents.list_directory(repository, "a").usable()
    assert github.bearers() == [
        f"{TOKEN}1x1",
        f"{TOKEN}1x1",
        f"{TOKEN}1x1",
        f"{TOKEN}2x2",
        f"{TOKEN}1x1",
    ]
    looked_up = github.asked("/installation")
    assert looked_up == [f"/repos/{name}/installation" for name in ("o/r", "o/s", "p/r")]
    assert {r.headers["x-github-api-version"] for r in github.requests} == {"2022-11-28"}
    assert {r.method for r in github.requests if "access_tokens" in r.url.path} == {"POST"}


def test_trees_files_and_repositories_are_asked_with_the_token_too(github: GitHub) -> None:
    contents = github.contents()
    contents.list_tree("p/r", "a")
    contents.read_file("p/r", "a/x")
    contents.find_repository("p/r")
    sent = {r.headers["authorization"] for r in github.requests[2:]}
    assert sent == {f"Bearer {TOKEN}2x1"}


@pytest.mark.parametrize(
    ("minutes", "given"),
    [
        pytest.param(54, 1, id="six minutes before its end"),
        pytest.param(55, 2, id="five minutes before its end"),
        pytest.param(61, 2, id="after its end"),
    ],
)
def test_a_token_is_used_until_five_minutes_before_its_end(
    github: GitHub, minutes: int, given: int
) -> None:
    contents = github.contents()
    contents.list_directory("o/r", "a").usable()
    github.now += timedelta(minutes=minutes)
    contents.list_directory("o/r", "a").usable()
    assert (github.given, github.bearers()[-1]) == (given, f"{TOKEN}1x{given}")
    assert len(github.asked("/installation")) == 1


def test_a_token_that_is_refused_before_its_end_is_fetched_anew_once(github: GitHub) -> None:
    contents = github.contents()
    contents.list_directory("o/r", "a").usable()
    github.refused.add(f"{TOKEN}1x1")
    outcome = contents.list_directory("o/r", "a")
    assert [answer.http_status for answer in outcome.responses] == [401, 200]
    assert outcome.failure is None
    assert github.bearers() == [f"{TOKEN}1x1", f"{TOKEN}1x1", f"{TOKEN}1x2"]


def test_a_repository_that_refuses_every_token_is_asked_twice_and_no_more(github: GitHub) -> None:
    github.answers["/contents/"] = httpx.Response(401, json={"message": "Bad credentials"})
    outcome = github.contents().list_directory("o/r", "a")
    assert [answer.http_status for answer in outcome.responses] == [401, 401]
    with pytest.raises(PermanentFailure, match="returned 401"):
        outcome.usable()
    assert github.given == 2


def test_a_repository_without_the_app_is_a_failure_that_names_it(github: GitHub) -> None:
    outcome = github.contents().list_directory("q/private", "a")
    assert outcome.responses == ()
    with pytest.raises(PermanentFailure, match="the app is not installed on q/private"):
        outcome.usable()
    assert github.given == 0


def test_an_app_that_was_uninstalled_is_looked_up_again(github: GitHub) -> None:
    contents = github.contents()
    contents.list_directory("o/r", "a").usable()
    github.now += timedelta(hours=1)
    github.answers["/access_tokens"] = httpx.Response(404, json={"message": "Not Found"})
    with pytest.raises(PermanentFailure, match="the app is not installed on o/r"):
        contents.list_directory("o/r", "a").usable()
    github.answers.clear()
    contents.list_directory("o/r", "a").usable()
    assert len(github.asked("/installation")) == 2


@pytest.mark.parametrize("path", ["/installation", "/access_tokens"])
def test_a_statement_that_is_refused_says_that_id_key_or_clock_is_wrong(
    github: GitHub, path: str
) -> None:
    github.answers[path] = httpx.Response(401, json={"message": "JSON web token"})
    with pytest.raises(PermanentFailure, match="does not accept the app's signature") as caught:
        github.contents().list_directory("o/r", "a").usable()
    assert "id or private key is wrong" in str(caught.value)
    assert len([r for r in github.requests if r.url.path.endswith(path)]) == 1


@pytest.mark.parametrize("path", ["/installation", "/access_tokens"])
@pytest.mark.parametrize(
    ("response", "error", "tries"),
    [
        pytest.param(httpx.Response(403, json={}), PermanentFailure, 1, id="suspended"),
        pytest.param(httpx.Response(429, json={}), TransientFailure, 2, id="too many"),
        pytest.param(httpx.Response(502, json={}), TransientFailure, 2, id="down"),
        pytest.param(httpx.Response(200, text="{"), TransientFailure, 2, id="cut"),
        pytest.param(httpx.Response(200, json=[]), InvalidSourceResponse, 2, id="an array"),
        pytest.param(
            httpx.Response(200, json={"id": "1", "token": TOKEN, "expires_at": "soon"}),
            InvalidSourceResponse,
            2,
            id="no instant and no number",
        ),
        pytest.param(
            httpx.Response(200, json={"id": True, "token": "", "expires_at": "2026-03-02"}),
            InvalidSourceResponse,
            2,
            id="empty",
        ),
    ],
)
def test_sign_in_fails_in_the_classes_of_the_client(
    github: GitHub, path: str, response: httpx.Response, error: type[Exception], tries: int
) -> None:
    github.answers[path] = response
    with pytest.raises(error) as caught:
        github.contents().list_directory("o/r", "a").usable()
    assert TOKEN not in str(caught.value)
    assert len([r for r in github.requests if r.url.path.endswith(path)]) == tries
    assert github.bearers() == []


def quota(left: int, minutes: int) -> dict[str, str]:
    reset = int((NOW + timedelta(minutes=minutes)).timestamp())
    return {
        "x-ratelimit-limit": "5000",
        "x-ratelimit-remaining": str(left),
        "x-ratelimit-reset": str(reset),
    }


def test_an_installation_without_quota_does_not_stop_another_and_health_shows_it(
    github: GitHub,
) -> None:
    github.answers = {
        "/repos/o/r/contents": httpx.Response(200, json=[], headers=quota(0, 30)),
        "/repos/p/r/contents": httpx.Response(200, json=[], headers=quota(4_000, 20)),
    }
    contents = github.contents()
    contents.list_directory("o/r", "a").usable()
    with pytest.raises(TransientFailure, match="quota of 5,000 requests is used up"):
        contents.list_directory("o/r", "a").usable()
    contents.list_directory("p/r", "a").usable()
    shown = github.health[-1]
    assert (shown.ok, shown.quota_left) == (True, 0)
    assert shown.quota_resets_at == NOW + timedelta(minutes=30)
    github.now += timedelta(minutes=31)
    github.answers["/repos/p/r/contents"] = httpx.Response(200, json=[], headers=quota(3_999, 80))
    contents.list_directory("p/r", "a").usable()
    assert github.health[-1].quota_left == 3_999


def test_threads_that_ask_at_once_share_one_token(github: GitHub) -> None:
    contents = github.contents()
    start = threading.Barrier(8)
    outcomes: list[RequestResult] = []

    def send() -> None:
        start.wait()
        outcomes.append(contents.list_directory("o/r", "a"))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [outcome.failure for outcome in outcomes] == [None] * 8
    assert github.given == 1


def test_no_text_shows_a_token_a_statement_or_the_key(
    github: GitHub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if "/contents/" not in request.url.path:
            return github(request)
        return httpx.Response(418, text=request.headers["authorization"])

    http = HttpClient(
        "github",
        "https://api.test",
        transport=httpx.MockTransport(answer),
        policy=RetryPolicy(tries=1),
        report=github.health.append,
    )
    app = GitHubApp("4711", KEY, http, lambda: NOW)

    def echo(status: int, body: bytes) -> PermanentFailure:
        return PermanentFailure(f"{status}: {body.decode()}")

    call = Request("a", path="/repos/o/r/contents/a", accepted=frozenset({418}))
    outcome = app.send("o/r", call, echo)
    shown += [str(outcome.failure), repr(outcome), repr(vars(app)), caplog.text]
    shown += [repr(health) for health in github.health]
    statement = github.requests[0].headers["authorization"].removeprefix("Bearer ")
    body = pem(KEY).splitlines()[1]
    assert not [text for text in shown for secret in (TOKEN, statement, body) if secret in text]
    assert "***" in str(outcome.failure)


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(lambda text: text, id="as downloaded"),
        pytest.param(lambda text: text.replace("\n", "\\n"), id="on one line"),
        pytest.param(lambda text: f"  {text}\n\n", id="with blanks around"),
    ],
)
def test_a_key_is_read_as_people_store_it(written: Callable[[str], str]) -> None:
    key = read_private_key(SecretStr(written(pem(KEY))), "a setting")
    assert key.private_numbers() == KEY.private_numbers()


def not_keys() -> list[Any]:
    return [
        pytest.param("canary-no-key", id="no PEM"),
        pytest.param(pem(KEY)[:-200], id="cut"),
        pytest.param(pem(ec.generate_private_key(ec.SECP256R1())), id="another algorithm"),
        pytest.param(pem(KEY, BestAvailableEncryption(b"word")), id="with a passphrase"),
    ]


@pytest.mark.parametrize("text", not_keys())
def test_what_is_no_private_key_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(BadConfiguration, match="no RSA private key") as caught:
        read_private_key(SecretStr(text), "CDP_X")
    assert caught.value.key == "CDP_X"
    assert caught.value.__context__ is None
    secret = [line for line in text.splitlines() if line and "PRIVATE KEY" not in line]
    assert not [line for line in secret if line in str(caught.value)]
