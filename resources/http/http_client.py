"""The HTTP client under every source: bounded, throttled, retried, every response returned raw.

One client serves one provider, with one credential unless calls bring their own. It returns all
responses that it received, bad ones too, so that the caller stores them before a failure is raised
(validator §3). Scope: sending, reading, counting for the breaker; not here: a protocol's own errors
(passed in as ``validate``), classes of status (``resources.http.retry``), parsing. No error text,
fingerprint or log line contains an address or credential.
"""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from types import TracebackType

import httpx
from pydantic import SecretStr

from cdp_assets import clock
from cdp_assets.errors import CdpError, InvalidSourceResponse, SourceUnavailable, TransientFailure
from resources.codecs.exact_json import Path
from resources.codecs.text_sanitizing import escape_unstorable
from resources.http.circuit_breaker import CircuitBreaker, CircuitOpen
from resources.http.credential import ANONYMOUS, Credential
from resources.http.http_transport import Received, checked_url, read_body, secrets_of
from resources.http.quota import RateLimitThrottle
from resources.http.raw_response import RawResponse, fingerprint, hash_response
from resources.http.response_validation import InvalidResponse, Validator, require_json
from resources.http.retry import RetryPolicy, failure_of_status
from resources.http.token_bucket import TokenBucket
from resources.postgres.ops_status import SourceHealth

CONNECT_SECONDS = 5.0  # validator §3
READ_SECONDS = 30.0  # validator §3
_NO_RESPONSE = (httpx.TransportError, httpx.TooManyRedirects, httpx.InvalidURL)
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True)
class Request:
    """One request to a source.

    Attributes:
        name: What is requested, for people; part of the fingerprint, so no credential.
        method: HTTP method.
        path: Below the configured address.
        query: Query parameters.
        body: JSON document to send; null sends none.
        accepted: Statuses besides 2xx that are valid responses, such as a 404 for "not known".
        headers: Headers of this request that are not secret, such as ``If-None-Match``.
        credential: Which credential to use, where it differs between the requests of one client.
    """

    name: str
    method: str = "GET"
    path: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    accepted: frozenset[int] = frozenset()
    headers: Mapping[str, str] = field(default_factory=dict)
    credential: Credential = ANONYMOUS


@dataclass(frozen=True)
class RequestResult:
    """The result of a call: all responses in the order received, and why the last is not usable."""

    responses: tuple[RawResponse, ...]
    failure: CdpError | None

    def usable(self) -> RawResponse:
        """Return the usable response.

        Raises:
            TransientFailure: No usable response within all tries.
            PermanentFailure: The same call would be refused again.
        """
        if self.failure is not None:
            raise self.failure
        return self.responses[-1]


class HttpClient:
    """Client of one provider; safe to share between threads.

    Args:
        source: The provider's name in messages, fingerprints and ``ops.source_health``.
        base_url: Address; may hold a credential.
        headers: Secret headers, such as a bearer token.
        policy: Retry and back-off.
        bucket: Rate limit of each credential; null for a source without a limit.
        quota: Throttle for a source that reports its quota in every response; null for any other.
        breaker: Circuit breaker of the provider.
        pauses: How often calls wait for an open breaker; only if the source responded before.
        read_seconds: Longest silence while a response is read.
        volatile: Parts of responses that change by themselves and are omitted from the hash.
        provider_version: Version of the contract that this adapter speaks.
        report: Called with the source's health after every request.
        follow_redirects: Whether redirects are followed; credentials are not sent along.
        transport: Replaces the network in unit tests.
        now: Clock of ``fetched_at``.
    """

    def __init__(
        self,
        source: str,
        base_url: SecretStr | str,
        *,
        headers: Mapping[str, SecretStr] | None = None,
        policy: RetryPolicy | None = None,
        bucket: TokenBucket | None = None,
        quota: RateLimitThrottle | None = None,
        breaker: CircuitBreaker | None = None,
        pauses: int = 0,
        read_seconds: float = READ_SECONDS,
        volatile: tuple[Path, ...] = (),
        provider_version: str | None = None,
        report: Callable[[SourceHealth], None] = lambda _: None,
        follow_redirects: bool = False,
        transport: httpx.BaseTransport | None = None,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self.source = source
        self.policy = policy or RetryPolicy()
        self.breaker = breaker or CircuitBreaker(source)
        self._pauses_left = pauses
        self._has_responded = False
        self._url = checked_url(source, base_url)
        self._bucket = bucket
        self._quota = quota
        self._volatile = volatile
        self._provider_version = provider_version
        self._report = report
        self._now = now
        secrets = {name: value.get_secret_value() for name, value in (headers or {}).items()}
        self._secrets = secrets_of(self._url, secrets)
        for name in ("httpx", "httpcore.connection", "httpcore.http11"):
            logging.getLogger(name).setLevel(logging.WARNING)  # they log addresses with tokens
        is_outside = self._url.host not in _LOOPBACK
        self._client = httpx.Client(
            headers={"user-agent": "cdp", "accept": "application/json", **secrets},
            timeout=httpx.Timeout(read_seconds, connect=CONNECT_SECONDS),
            transport=transport,
            follow_redirects=follow_redirects,
            trust_env=is_outside,
            verify=_certificates(is_outside),
        )

    def send(self, call: Request, validate: Validator = require_json) -> RequestResult:
        """Send a call until it gets a response, is refused for good, or is out of tries.

        Args:
            call: The request.
            validate: Returns why a received response is not usable; null when it is.

        Returns:
            Every response received, and the failure if none was usable. Never raises for what the
            source did, so that the responses can be stored first.
        """
        try:
            tries = _Tries(is_probe=self._admitted())
        except CircuitOpen as refused:
            return RequestResult((), refused)
        failure = self._tried(call, validate, tries)
        if isinstance(failure, InvalidResponse):
            failure = InvalidSourceResponse(failure.message, key=failure.key, hint=_STAYED_WRONG)
        return RequestResult(tuple(tries.responses), failure)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _admitted(self) -> bool:
        """Pass the breaker, waiting for a source that responded before; return if as its probe."""
        while True:
            try:
                return self.breaker.admit()
            except CircuitOpen as refused:
                if not self._has_responded or self._pauses_left == 0:
                    raise
                self._pauses_left -= 1
                self.policy.sleep(refused.retry_after_seconds or 0.0)

    def _tried(self, call: Request, validate: Validator, tries: _Tries) -> CdpError | None:
        """Try an admitted call, count it once for the breaker, and return why it failed.

        If each try counted, one request that always fails would open the breaker for all others.
        """

        def attempt() -> None:
            if tries.was_sent and not tries.is_probe:
                tries.is_probe = self.breaker.admit()  # other calls may have opened it meanwhile
            self._attempt(call, validate, tries)

        failure: CdpError | None = None
        try:
            self.policy.run(
                attempt,
                not_before=self.breaker.seconds_until_probe,
                before_wait=lambda: self._report_health(tries),
            )
        except CdpError as raised:
            failure = raised
        except BaseException:
            self.breaker.release()
            raise
        if not tries.was_sent:
            self.breaker.release()
        elif _is_down(tries.failure):
            self.breaker.fail()
        else:
            self.breaker.succeed()
            self._has_responded = True
        self._report_health(tries)
        return failure

    def _attempt(self, call: Request, validate: Validator, tries: _Tries) -> None:
        """Send one request and record its response; raise if it is not usable."""
        self._throttle(call)
        tries.was_sent = True
        failure: CdpError | None = None
        started = time.monotonic()
        try:
            received = self._exchange(call)
            failure = self._why_unusable(call, validate, received)
            tries.responses.append(self._raw_response(call, received, failure is None))
        except CdpError as error:
            failure = error
        if failure is not None:
            failure = self._worded(call, failure)
        tries.failure, tries.unreported_seconds = failure, time.monotonic() - started
        if failure is not None:
            raise failure

    def _throttle(self, call: Request) -> None:
        if self._quota is not None:
            try:
                self._quota.wait(call.credential.name)
            except SourceUnavailable as refused:
                raise self._worded(call, refused) from None
        if self._bucket is not None:
            self._bucket.take(call.credential.name)

    def _exchange(self, call: Request) -> Received:
        url = self._url.copy_merge_params(dict(call.query)) if call.query else self._url
        if call.path:
            url = url.copy_with(path=self._url.path.rstrip("/") + call.path)
        headers = {**call.headers, **call.credential.texts()}
        if call.body is not None:
            headers["content-type"] = "application/json"
        try:
            with self._client.stream(
                call.method, url, content=call.body, headers=headers
            ) as response:
                if self._quota is not None:
                    self._quota.record(response.headers, call.credential.name)
                body, broken = read_body(response)
                return Received(response.status_code, response.headers, body, broken)
        except (*_NO_RESPONSE, UnicodeError) as error:  # of a host that cannot be
            raise SourceUnavailable(
                f"no response ({type(error).__name__})",
                hint="check that the source is up and its configured address is right",
            ) from None

    def _why_unusable(
        self, call: Request, validate: Validator, received: Received
    ) -> CdpError | None:
        if received.broken is not None:
            return TransientFailure(f"the response {received.broken}")
        status, headers = received.status, received.headers
        if self._quota is not None:
            reset = self._quota.seconds_until_reset(status, headers)
            if reset is not None:
                return SourceUnavailable(f"returned {status}: no quota", retry_after_seconds=reset)
        failure = failure_of_status(status, headers, received.body, clock.wall_clock())
        if failure is None or status in call.accepted:
            return validate(status, received.body)
        return failure

    def _raw_response(self, call: Request, received: Received, is_complete: bool) -> RawResponse:
        query = "&".join(f"{name}={call.query[name]}" for name in sorted(call.query))
        return RawResponse(
            request_fingerprint=fingerprint(call.name, call.method, call.path, query, call.body),
            http_status=received.status,
            provider_version=self._provider_version,
            fetched_at=self._now(),
            body=received.body,
            response_hash=hash_response(received.body, self._volatile),
            is_complete=is_complete,
            etag=received.headers.get("etag"),
        )

    def _worded(self, call: Request, failure: CdpError) -> CdpError:
        """Add source and request name; remove unstorable characters and echoed credentials."""
        for secret in [*secrets_of(httpx.URL(), call.credential.texts()), *self._secrets]:
            failure.message = failure.message.replace(secret, "***")
        failure.message = escape_unstorable(failure.message)
        failure.key = f"{self.source} {call.name}"
        failure.hint = failure.hint or _TRANSIENT_HINT
        failure.args = (failure.message,)
        return failure

    def _report_health(self, tries: _Tries) -> None:
        """Report the last request, once; after the last try the breaker has counted the call."""
        if tries.unreported_seconds is None:
            return
        quota = self._quota.lowest if self._quota is not None else None
        self._report(
            SourceHealth(
                source=self.source,
                ok=tries.failure is None,
                latency_seconds=round(tries.unreported_seconds, 3),
                checked_at=clock.wall_clock(),
                breaker=self.breaker.state,
                quota_left=quota.left if quota else None,
                quota_resets_at=quota.resets_at if quota else None,
                error_message=str(tries.failure) if tries.failure else None,
            )
        )
        tries.unreported_seconds = None


@dataclass
class _Tries:
    """The requests of one call so far: their responses, and the result of the last one."""

    is_probe: bool
    responses: list[RawResponse] = field(default_factory=list)
    was_sent: bool = False
    failure: CdpError | None = None
    unreported_seconds: float | None = None


@cache
def _certificates(is_outside: bool) -> ssl.SSLContext:
    """Return the trusted certificates, read once: a run opens a client for each period."""
    return httpx.create_ssl_context(trust_env=is_outside)


def _is_down(failure: CdpError | None) -> bool:
    """Return whether a failure concerns the source itself, not just one request."""
    return isinstance(failure, TransientFailure) and not isinstance(failure, InvalidResponse)


_TRANSIENT_HINT = "it is tried again automatically; if it lasts, see ops.source_health"
_STAYED_WRONG = "nothing was overwritten; see the stored response, then ask the source's operator"
