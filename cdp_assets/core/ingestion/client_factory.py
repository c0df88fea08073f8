"""HTTP clients of outside sources, as the settings describe them.

Scope: address, credential, rate, tries and recorded health of a client; not here: protocols
(``resources.sources``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import SecretStr

from cdp_assets.errors import BadConfiguration
from cdp_assets.settings import Settings, get_settings, variable_name
from resources.http.circuit_breaker import CircuitBreaker
from resources.http.http_client import READ_SECONDS, HttpClient
from resources.http.quota import RateLimitThrottle
from resources.http.retry import RetryPolicy
from resources.http.source_health_recorder import SourceHealthRecorder
from resources.http.token_bucket import TokenBucket
from resources.postgres.ops_status import SourceHealth
from resources.postgres.warehouse import Warehouse

PAUSES = 3  # of an open breaker, a minute each, before a run leaves the rest to the next one


@dataclass(frozen=True, kw_only=True)
class Source:
    """An outside source whose address is a setting.

    Attributes:
        name: Of its health and its breaker.
        title: Its name for people.
        setting: Field of the settings with its address.
        read_seconds: Longest wait for further bytes of a response.
        tries: Of a call at most; null: as configured.
        pauses: How often a run waits for an open breaker; for those with many entities.
        headers: Secret headers.
    """

    name: str
    title: str
    setting: str
    read_seconds: float
    tries: int | None = None
    pauses: int = PAUSES
    headers: Callable[[Settings], Mapping[str, SecretStr] | None] = lambda _: None

    @property
    def url(self) -> str | SecretStr:
        """Return the address.

        Raises:
            BadConfiguration: It is not set; the sentence names the variable.
        """
        value: str | SecretStr | None = getattr(get_settings(), self.setting)
        if value is None:
            raise BadConfiguration(
                f"no {self.title} is configured",
                key=variable_name(self.setting),
                hint="set it, or run `make demo` for a simulated one",
            )
        return value

    @contextmanager
    def open(self, warehouse: Warehouse) -> Iterator[HttpClient]:
        """Open the client; its health goes to ``ops.source_health``.

        Raises:
            BadConfiguration: The address is not set.
        """
        settings, url = get_settings(), self.url
        with recorded_client(
            warehouse,
            self.name,
            url,
            read_seconds=self.read_seconds,
            headers=self.headers(settings),
            tries=min(self.tries, settings.http_tries) if self.tries else None,
            pauses=self.pauses,
        ) as http:
            yield http


@contextmanager
def recorded_client(
    warehouse: Warehouse, source: str, url: str | SecretStr, **options: Any
) -> Iterator[HttpClient]:
    """Open a client as :func:`source_client` describes; its health goes to the warehouse."""
    with (
        SourceHealthRecorder(warehouse) as recorder,
        source_client(source, url, report=recorder, **options) as http,
    ):
        yield http


def retry_policy(settings: Settings, tries: int | None = None) -> RetryPolicy:
    """Return how often a call is repeated, and after which waits."""
    return RetryPolicy(
        tries=tries or settings.http_tries,
        backoff_seconds=settings.http_backoff_seconds,
        backoff_cap_seconds=settings.http_backoff_cap_seconds,
    )


def default_bucket(settings: Settings) -> TokenBucket:
    """Return a bucket with the configured rate of one source, counted for each credential."""
    rate = settings.source_requests_per_second
    return TokenBucket(rate, max(1, int(rate)))


def source_client(
    source: str,
    url: str | SecretStr,
    *,
    report: Callable[[SourceHealth], None],
    read_seconds: float = READ_SECONDS,
    headers: Mapping[str, SecretStr] | None = None,
    tries: int | None = None,
    pauses: int = 0,
    bucket: TokenBucket | None = None,
    breaker: CircuitBreaker | None = None,
    respects_quota: bool = True,
    provider_version: str | None = None,
    follow_redirects: bool = False,
    transport: httpx.BaseTransport | None = None,
) -> HttpClient:
    """Return the client of one source, throttled and retried as configured.

    Args:
        source: Its name.
        url: Its address.
        report: Takes the source's health after every request.
        read_seconds: Longest wait for further bytes of a response.
        headers: Secret headers.
        tries: Of a call; null: as configured.
        pauses: How often a run waits for an open breaker; for those with many entities.
        bucket: Rate of the source; null: the configured one.
        breaker: Shared with other clients of the source; null: a breaker of its own.
        respects_quota: Slow down as the source's responses say; not for hosts that a third party
            names, which could stop us that way.
        provider_version: Version of the contract that the adapter speaks.
        follow_redirects: Whether redirects are followed; credentials are not sent along.
        transport: How to connect; null: httpx's default.
    """
    settings = get_settings()
    return HttpClient(
        source,
        url,
        headers=headers,
        policy=retry_policy(settings, tries),
        bucket=bucket or default_bucket(settings),
        quota=RateLimitThrottle() if respects_quota else None,
        breaker=breaker,
        pauses=pauses,
        read_seconds=read_seconds,
        provider_version=provider_version,
        report=report,
        follow_redirects=follow_redirects,
        transport=transport,
    )
