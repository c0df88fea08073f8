"""The HTTP client under every source: bounded, paced, retried, and every answer kept raw.

One client speaks for one provider, with one credential unless calls bring their own. It returns all
answers that it received, also the bad ones, so that the caller stores them before a failure is
raised (validator §3). Belongs here: sending, reading, and the classes of transport and status. Does
not: a protocol's own errors (passed in as ``judge``) or parsing. No error text, fingerprint or log
line holds an address or credential.
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
from cdp_assets.errors import (
    BadSourceAnswer,
    CdpError,
    PermanentFailure,
    SourceUnavailable,
    TransientFailure,
)
from resources.circuit_breaker import CircuitBreaker
from resources.credential import ANONYMOUS, Credential
from resources.exact_json import NotJson, Path, parse_exact
from resources.http_transport import Received, checked_url, read_body, secrets_of
from resources.publication import SourceHealth
from resources.quota import QuotaPace
from resources.raw_answer import RawAnswer, fingerprint, hash_answer
from resources.retry import RetryPolicy, refusal_hint, retry_after_seconds, status_class
from resources.token_bucket import TokenBucket

CONNECT_SECONDS = 5.0  # validator §3
READ_SECONDS = 30.0  # validator §3
_NO_ANSWER = (httpx.TransportError, httpx.TooManyRedirects, httpx.InvalidURL)
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True)
class Call:
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
class Outcome:
    """What came of a call: all answers in the order received, and why the last is not usable."""

    answers: tuple[RawAnswer, ...]
    failure: CdpError | None

    def usable(self) -> RawAnswer:
        """Return the answer that settled the call.

        Raises:
            TransientFailure: No usable answer within all tries.
            PermanentFailure: The same call gives the same refusal.
        """
        if self.failure is not None:
            raise self.failure
        return self.answers[-1]


Judge = Callable[[int, bytes], CdpError | None]


class DoubtfulAnswer(TransientFailure):
    """An answer whose content is wrong. Another try may mend it; what stays wrong is refused."""


def expect_json(status: int, body: bytes) -> CdpError | None:
    """Judge an answer by its form alone: it must be one JSON document."""
    try:
        parse_exact(body)
    except NotJson as error:
        return TransientFailure(f"answered {status} with malformed JSON ({error})")
    return None


def judge_by(read: Callable[[bytes], object]) -> Judge:
    """Judge an answer by form, then by whether it can be read (``BadSourceAnswer`` when not)."""

    def judge(status: int, body: bytes) -> CdpError | None:
        malformed = expect_json(status, body)
        if malformed is not None:
            return malformed
        try:
            read(body)
        except BadSourceAnswer as error:
            about = f"{error.key}: " if error.key else ""
            return DoubtfulAnswer(about + error.message)
        except PermanentFailure as error:
            return error
        return None

    return judge


class HttpClient:
    """Client of one provider; safe to share between threads.

    Args:
        source: The provider's name in messages, fingerprints and ``ops.source_health``.
        base_url: Address; may hold a credential.
        headers: Secret headers, such as a bearer token.
        policy: Retry and back-off.
        bucket: Pace; null for a source without a limit.
        quota: Pace of a source that tells its quota with every answer; null for any other.
        breaker: Circuit breaker of the provider.
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
        quota: QuotaPace | None = None,
        breaker: CircuitBreaker | None = None,
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

    def ask(self, call: Call, judge: Judge = expect_json) -> Outcome:
        """Send a call until it is answered, refused for good, or out of tries.

        Args:
            call: The question.
            judge: Tells why a received answer is not usable; null when it is.

        Returns:
            Every answer received, and the failure if there was no usable one. Never raises for what
            the source did, so that the answers can be stored first.
        """
        answers: list[RawAnswer] = []
        try:
            self.breaker.admit()
        except SourceUnavailable as refused:
            return Outcome((), refused)
        admitted = [True]

        def attempt() -> None:
            if not admitted:
                self.breaker.admit()
            admitted.clear()
            self._attempt(call, judge, answers)

        try:
            self.policy.run(attempt, not_before=self.breaker.seconds_until_probe)
        except DoubtfulAnswer as doubt:
            refusal = BadSourceAnswer(doubt.message, key=doubt.key, hint=_STAYED_WRONG)
            return Outcome(tuple(answers), refusal)
        except CdpError as failure:
            return Outcome(tuple(answers), failure)
        return Outcome(tuple(answers), None)

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

    def _attempt(self, call: Call, judge: Judge, answers: list[RawAnswer]) -> None:
        """Send one request, keep its answer, tell breaker and health; raise if it is not usable."""
        failure: CdpError | None = None
        self._keep_pace(call)
        started = time.monotonic()
        try:
            received = self._exchange(call)
            failure = self._why_unusable(call, judge, received)
            answers.append(self._keep(call, received, failure is None))
        except CdpError as error:
            failure = error
        except BaseException:
            self.breaker.release()
            raise
        if isinstance(failure, TransientFailure):
            self.breaker.fail()
        else:
            self.breaker.succeed()
        if failure is not None:
            failure = self._worded(call, failure)
        self._tell(time.monotonic() - started, failure)
        if failure is not None:
            raise failure

    def _keep_pace(self, call: Call) -> None:
        if self._quota is not None:
            try:
                self._quota.wait(call.credential.name)
            except SourceUnavailable as refused:
                self.breaker.release()
                raise self._worded(call, refused) from None
        if self._bucket is not None:
            self._bucket.take()

    def _exchange(self, call: Call) -> Received:
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

    def _why_unusable(self, call: Call, judge: Judge, received: Received) -> CdpError | None:
        if received.broken is not None:
            return TransientFailure(f"the answer {received.broken}")
        status = received.status
        kind = "ok" if status in call.accepted else status_class(status)
        if self._quota is not None:
            reset = self._quota.seconds_until_reset(status, received.headers)
            if reset is not None:
                return SourceUnavailable(f"answered {status}: no quota", retry_after_seconds=reset)
        if kind == "ok":
            return judge(status, received.body)
        if kind == "transient":
            wait = retry_after_seconds(
                received.headers.get("retry-after"),
                received.headers.get("date"),
                clock.wall_clock(),
            )
            return SourceUnavailable(f"answered {status}", retry_after_seconds=wait)
        return PermanentFailure(f"answered {status}", hint=refusal_hint(status))

    def _keep(self, call: Call, received: Received, is_complete: bool) -> RawAnswer:
        query = "&".join(f"{name}={call.query[name]}" for name in sorted(call.query))
        return RawAnswer(
            request_fingerprint=fingerprint(call.name, call.method, call.path, query, call.body),
            http_status=received.status,
            provider_version=self._provider_version,
            fetched_at=self._now(),
            body=received.body,
            response_hash=hash_answer(received.body, self._volatile),
            is_complete=is_complete,
            etag=received.headers.get("etag"),
        )

    def _worded(self, call: Call, failure: CdpError) -> CdpError:
        """Name source and question, and take out whatever credential the source echoed."""
        for secret in [*secrets_of(httpx.URL(), call.credential.texts()), *self._secrets]:
            failure.message = failure.message.replace(secret, "***")
        failure.key = f"{self.source} {call.name}"
        failure.hint = failure.hint or _TRANSIENT_HINT
        failure.args = (failure.message,)
        return failure

    def _tell(self, seconds: float, failure: CdpError | None) -> None:
        quota = self._quota.scarcest if self._quota is not None else None
        self._report(
            SourceHealth(
                source=self.source,
                ok=failure is None,
                latency_seconds=round(seconds, 3),
                checked_at=clock.wall_clock(),
                breaker=self.breaker.state,
                quota_left=quota.left if quota else None,
                quota_resets_at=quota.resets_at if quota else None,
                error_message=str(failure) if failure else None,
            )
        )


_TRANSIENT_HINT = "it is tried again by itself; if it lasts, look at ops.source_health"
_STAYED_WRONG = "nothing was overwritten; look at the stored answer, then ask the source's operator"
