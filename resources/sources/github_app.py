"""Sign-in at GitHub as an app: one token per installation, for the repositories that it covers.

The app proves itself with a signed statement (JWT, RS256) of ten minutes and gets a token of one
hour for each owner that installed it (compliance §2.2). Scope: the statement, the tokens and their
renewal; not here: the requests made with them (``resources.sources.github_contents``), or where id
and key come from (``cdp_assets.filplus.registry.github_source``).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import SecretStr

from cdp_assets import clock
from cdp_assets.errors import BadConfiguration, CdpError, InvalidSourceResponse, PermanentFailure
from resources.codecs.exact_json import parse_exact
from resources.http.credential import Credential
from resources.http.http_client import HttpClient, Request, RequestResult
from resources.http.raw_response import RawResponse
from resources.http.response_validation import Validator, require_json, validate_by
from resources.sources.github_api import HEADERS, NOT_FOUND, UNAUTHORIZED

BACKDATED = timedelta(seconds=60)  # GitHub's advice: its clock may be behind ours
VALID_FOR = timedelta(seconds=540)  # with BACKDATED the ten minutes that GitHub allows
RENEWED_BEFORE = timedelta(minutes=5)  # a token's end; one call with its retries fits in


@dataclass(frozen=True)
class InstallationToken:
    """A token for the repositories of one installation, valid until an instant (UTC)."""

    installation: int
    credential: Credential
    expires_at: datetime


class GitHubApp:
    """An app of GitHub; safe to share between threads, tokens are in memory only.

    Args:
        app_id: Its id or client id.
        key: Its private key.
        http: Client without a credential of its own.
        now: GitHub's time as this machine knows it; a pinned instant would never renew a token.
    """

    def __init__(
        self,
        app_id: str,
        key: RSAPrivateKey,
        http: HttpClient,
        now: Callable[[], datetime] = clock.wall_clock,
    ) -> None:
        self._app_id = app_id
        self._key = key
        self._http = http
        self._now = now
        self._lock = threading.Lock()
        self._installations: dict[str, int] = {}
        self._tokens: dict[int, InstallationToken] = {}

    def send(
        self, repository: str, call: Request, validate: Validator = require_json
    ) -> RequestResult:
        """Send a call with the token of the repository that it is about.

        A token that GitHub refuses before it expires is renewed once. Without a token the call is
        not sent; the result's failure says why.
        """
        responses: tuple[RawResponse, ...] = ()
        refused: InstallationToken | None = None
        for _ in range(2):
            try:
                token = self._token(repository, refused)
            except CdpError as failure:
                return RequestResult(responses, failure)
            outcome = self._http.send(replace(call, credential=token.credential), validate)
            responses += outcome.responses
            if not _is_unauthorized(outcome):
                break
            refused = token
        return RequestResult(responses, outcome.failure)

    def _token(self, repository: str, refused: InstallationToken | None) -> InstallationToken:
        with self._lock:
            if refused is not None and self._tokens.get(refused.installation) is refused:
                del self._tokens[refused.installation]
                self._installations.pop(repository, None)
            installation = self._installations.get(repository)
            if installation is None:
                installation = self._installation(repository)
            token = self._tokens.get(installation)
            if token is None or token.expires_at - self._now() <= RENEWED_BEFORE:
                token = self._new_token(repository, installation)
            self._installations[repository] = installation
            self._tokens[installation] = token
            return token

    def _installation(self, repository: str) -> int:
        call = Request(
            name=f"installation:{repository}", path=f"/repos/{quote(repository)}/installation"
        )
        return _read_id(self._request_as_app(repository, call, _read_id).body)

    def _new_token(self, repository: str, installation: int) -> InstallationToken:
        call = Request(
            name=f"token:{repository}",
            method="POST",
            path=f"/app/installations/{installation}/access_tokens",
        )
        self._installations.pop(repository, None)  # looked up again if the app was uninstalled
        text, expires_at = _read_token(self._request_as_app(repository, call, _read_token).body)
        credential = Credential(f"installation {installation}", _bearer(text))
        return InstallationToken(installation, credential, expires_at)

    def _request_as_app(
        self, repository: str, call: Request, read: Callable[[bytes], object]
    ) -> RawResponse:
        """Send a request with the app's signed statement.

        Raises:
            PermanentFailure: The app is not installed on the repository, or GitHub does not accept
                the statement.
            CdpError: No usable response.
        """

        def validate(status: int, body: bytes) -> CdpError | None:
            return (require_json if status == NOT_FOUND else validate_by(read))(status, body)

        outcome = self._http.send(
            replace(
                call,
                headers=HEADERS,
                accepted=frozenset({NOT_FOUND}),
                credential=Credential("app", _bearer(self._statement())),
            ),
            validate,
        )
        if _is_unauthorized(outcome):
            raise PermanentFailure(
                "GitHub does not accept the app's signature (returned 401)",
                key=f"github {call.name}",
                hint="the app's id or private key is wrong, or this machine's clock is",
            )
        response = outcome.usable()
        if response.http_status == NOT_FOUND:
            raise PermanentFailure(
                f"the app is not installed on {repository}",
                key=f"github {call.name}",
                hint="let its owner install it, or set a personal token; what was read stays",
            )
        return response

    def _statement(self) -> str:
        moment = self._now()
        claims = {"iat": moment - BACKDATED, "exp": moment + VALID_FOR, "iss": self._app_id}
        return jwt.encode(claims, self._key, algorithm="RS256")


def read_private_key(text: SecretStr, source: str) -> RSAPrivateKey:
    r"""Read an app's private key.

    Args:
        text: PEM; its line ends may be written as ``\n``, as one-line variables need it.
        source: Which setting it comes from, for the message.

    Raises:
        BadConfiguration: It is none.
    """
    pem = text.get_secret_value().replace("\\n", "\n").strip().encode()
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise BadConfiguration(
            "is no RSA private key without a passphrase, in PEM",
            key=source,
            hint="download one on the app's page at GitHub (-----BEGIN RSA PRIVATE KEY-----)",
        )
    return key


def _bearer(text: str) -> dict[str, SecretStr]:
    return {"authorization": SecretStr(f"Bearer {text}")}


def _is_unauthorized(outcome: RequestResult) -> bool:
    return (
        outcome.failure is not None
        and bool(outcome.responses)
        and outcome.responses[-1].http_status == UNAUTHORIZED
    )


def _read_id(body: bytes) -> int:
    found = _object(body).get("id")
    if not isinstance(found, int) or isinstance(found, bool):
        raise InvalidSourceResponse("the response has no installation")
    return found


def _read_token(body: bytes) -> tuple[str, datetime]:
    document = _object(body)
    token, until = document.get("token"), document.get("expires_at")
    try:
        expires_at = datetime.fromisoformat(str(until))
    except ValueError:
        expires_at = None
    if not isinstance(token, str) or not token or expires_at is None or expires_at.tzinfo is None:
        raise InvalidSourceResponse("the response has no token with its expiry")
    return token, expires_at


def _object(body: bytes) -> dict[str, Any]:
    document = parse_exact(body)
    return document if isinstance(document, dict) else {}
