"""The HTTP client under every source: bounded, paced, retried, and every answer kept raw.

One client speaks for one provider, with one credential unless calls bring their own. It returns all
answers that it received, also the bad ones, so that the caller stores them before a failure is
raised (validator §3). Belongs here: sending, reading, counting for the breaker. Does not: a
protocol's own errors (passed in as ``judge``), classes of status (``resources.http.retry``) or
parsing. No error text, fingerprint or log line holds an address or credential.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
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
_NO_ANSWER = (httpx.TransportError, httpx.TooManyRedirects, httpx.InvalidURL)
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True)
class Request:
    """One question to a source.

    Attributes:
        name: What is asked, for people; part of the fingerprint, so no credential.
        method: HTTP method.
        path: Below the configured address.
        query: Query parameters.
        body: JSON document to send; null sends none.
        accepted: Statuses besides 2xx that are answers, such as a 404 for "not known".
        headers: Headers of this question that hold no secret, such as ``If-None-Match``.
        credential: Who asks, where that differs between the questions of one client.
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
    """What came of a call: all answers in the order received, and why the last is not usable."""

    answers: tuple[RawResponse, ...]
    failure: CdpError | None

    def usable(self) -> RawResponse:
        """Return the answer that settled the call.

        Raises:
            TransientFailure: No usable answer within all tries.
            PermanentFailure: The same call gives the same refusal.
        """
        if self.failure is not None:
            raise self.failure
        return self.answers[-1]


class HttpClient:
    """Client of one provider; safe to share between threads.

    Args:
        source: The provider's name in messages, fingerprints and ``ops.source_health``.
        base_url: Address; may hold a credential.
        headers: Secret headers, such as a bearer token.
        policy: Retry and back-off.
        bucket: Pace of each credential; null for a source without a limit.
        quota: Pace of a source that tells its quota with every answer; null for any other.
        breaker: Circuit breaker of the provider.
        pauses: How often calls wait for an open breaker; only if the source answered before.
        read_seconds: Longest silence while an answer is read.
        volatile: Parts of answers that change by themselves and are left out of the hash.
        provider_version: Version of the contract that this adapter speaks.
        report: Told the source's health after every request.
        follow_redirects: Whether a moved thing is fetched where it went; credentials stay behind.
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
        self._has_answered = False
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
        self._client = httpx.Client(
            headers={"user-agent": "cdp", "accept": "application/json", **secrets},
            timeout=httpx.Timeout(read_seconds, connect=CONNECT_SECONDS),
            transport=transport,
            follow_redirects=follow_redirects,
            trust_env=self._url.host not in _LOOPBACK,
        )

    def send(self, call: Request, judge: Validator = require_json) -> RequestResult:
        """Send a call until it is answered, refused for good, or out of tries.

        Args:
            call: The question.
            judge: Tells why a received answer is not usable; null when it is.

        Returns:
            Every answer received, and the failure if there was no usable one. Never raises for what
            the source did, so that the answers can be stored first.
        """
        try:
            tries = _Tries(is_probe=self._admitted())
        except CircuitOpen as refused:
            return RequestResult((), refused)
        failure = self._tried(call, judge, tries)
        if isinstance(failure, InvalidResponse):
            failure = InvalidSourceResponse(failure.message, key=failure.key, hint=_STAYED_WRONG)
        return RequestResult(tuple(tries.answers), failure)

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
        """Pass the breaker, waiting for a source that answered before; tell if as its probe."""
        while True:
            try:
                return self.breaker.admit()
            except CircuitOpen as refused:
                if not self._has_answered or self._pauses_left == 0:
                    raise
                self._pauses_left -= 1
                self.policy.sleep(refused.retry_after_seconds or 0.0)

    def _tried(self, call: Request, judge: Validator, tries: _Tries) -> CdpError | None:
        """Try an admitted call, count it once for the breaker, and return why it failed.

        Were each try counted, one question that always fails would open it for all others.
        """

        def attempt() -> None:
            if tries.was_sent and not tries.is_probe:
                tries.is_probe = self.breaker.admit()  # other calls may have opened it meanwhile
            self._attempt(call, judge, tries)

        failure: CdpError | None = None
        try:
            self.policy.run(
                attempt,
                not_before=self.breaker.seconds_until_probe,
                before_wait=lambda: self._tell(tries),
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
            self._has_answered = True
        self._tell(tries)
        return failure

    def _attempt(self, call: Request, judge: Validator, tries: _Tries) -> None:
        """Send one request and keep its answer; raise if it is not usable."""
        self._keep_pace(call)
        tries.was_sent = True
        failure: CdpError | None = None
        started = time.monotonic()
        try:
            received = self._exchange(call)
            failure = self._why_unusable(call, judge, received)
            tries.answers.append(self._keep(call, received, failure is None))
        except CdpError as error:
            failure = error
        if failure is not None:
            failure = self._worded(call, failure)
        tries.failure, tries.untold_seconds = failure, time.monotonic() - started
        if failure is not None:
            raise failure

    def _keep_pace(self, call: Request) -> None:
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
                    self._quota.note(response.headers, call.credential.name)
                body, broken = read_body(response)
                return Received(response.status_code, response.headers, body, broken)
        except (*_NO_ANSWER, UnicodeError) as error:  # of a host that cannot be
            raise SourceUnavailable(
                f"no answer ({type(error).__name__})",
                hint="look whether the source is up and its configured address is right",
            ) from None

    def _why_unusable(self, call: Request, judge: Validator, received: Received) -> CdpError | None:
        if received.broken is not None:
            return TransientFailure(f"the answer {received.broken}")
        status, headers = received.status, received.headers
        if self._quota is not None:
            reset = self._quota.seconds_until_reset(status, headers)
            if reset is not None:
                return SourceUnavailable(f"answered {status}: no quota", retry_after_seconds=reset)
        failure = failure_of_status(status, headers, received.body, clock.wall_clock())
        if failure is None or status in call.accepted:
            return judge(status, received.body)
        return failure

    def _keep(self, call: Request, received: Received, is_complete: bool) -> RawResponse:
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
        """Name source and question; take out what no text may hold and credentials echoed."""
        for secret in [*secrets_of(httpx.URL(), call.credential.texts()), *self._secrets]:
            failure.message = failure.message.replace(secret, "***")
        failure.message = escape_unstorable(failure.message)
        failure.key = f"{self.source} {call.name}"
        failure.hint = failure.hint or _TRANSIENT_HINT
        failure.args = (failure.message,)
        return failure

    def _tell(self, tries: _Tries) -> None:
        """Report the last request, once; after the last try the breaker has counted the call."""
        if tries.untold_seconds is None:
            return
        quota = self._quota.lowest if self._quota is not None else None
        self._report(
            SourceHealth(
                source=self.source,
                ok=tries.failure is None,
                latency_seconds=round(tries.untold_seconds, 3),
                checked_at=clock.wall_clock(),
                breaker=self.breaker.state,
                quota_left=quota.left if quota else None,
                quota_resets_at=quota.resets_at if quota else None,
                error_message=str(tries.failure) if tries.failure else None,
            )
        )
        tries.untold_seconds = None


@dataclass
class _Tries:
    """The requests of one call so far: their answers, and what came of the last one."""

    is_probe: bool
    answers: list[RawResponse] = field(default_factory=list)
    was_sent: bool = False
    failure: CdpError | None = None
    untold_seconds: float | None = None


def _is_down(failure: CdpError | None) -> bool:
    """Tell whether a failure speaks against the source itself, not against one question."""
    return isinstance(failure, TransientFailure) and not isinstance(failure, InvalidResponse)


_TRANSIENT_HINT = "it is tried again by itself; if it lasts, look at ops.source_health"
_STAYED_WRONG = "nothing was overwritten; look at the stored answer, then ask the source's operator"
