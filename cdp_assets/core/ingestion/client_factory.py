"""HTTP clients of the provider sources, as the settings describe them.

Belongs here: address, credential, pace and tries of a client. Does not: protocols (``resources``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx
from pydantic import SecretStr

from cdp_assets.errors import BadConfiguration
from cdp_assets.settings import Settings, get_settings, variable_name
from resources.http.http_client import HttpClient
from resources.http.quota import RateLimitThrottle
from resources.http.retry import RetryPolicy
from resources.http.token_bucket import TokenBucket
from resources.postgres.ops_status import SourceHealth

PAUSES = 3  # of an open breaker, a minute each, before a run leaves the rest to the next one


def configured_url(field: str, what: str) -> str | SecretStr:
    """Return the address of a source.

    Raises:
        BadConfiguration: It is not set; the sentence names the variable.
    """
    value: str | SecretStr | None = getattr(get_settings(), field)
    if value is None:
        raise BadConfiguration(
            f"no {what} is named",
            key=variable_name(field),
            hint="set it, or run `make demo` for a simulated one",
        )
    return value


def bucket_of(settings: Settings) -> TokenBucket:
    """Return a bucket of the configured pace of one source; each credential has its own in it."""
    pace = settings.source_requests_per_second
    return TokenBucket(pace, max(1, int(pace)))


def source_client(
    source: str,
    url: str | SecretStr,
    *,
    read_seconds: float,
    report: Callable[[SourceHealth], None],
    headers: Mapping[str, SecretStr] | None = None,
    tries: int | None = None,
    pauses: int = 0,
    respects_quota: bool = True,
    transport: httpx.BaseTransport | None = None,
) -> HttpClient:
    """Return the client of one source, paced and retried as configured.

    Args:
        source: Its name.
        url: Its address.
        read_seconds: Longest silence while an answer is read.
        report: Told the source's health.
        headers: Secret headers.
        tries: Of a call; null: as configured.
        pauses: How often a run waits for an open breaker; for those that ask for many entities.
        respects_quota: Slow down as the source's responses say; not for hosts that a third party
            names, which could stop us that way.
        transport: How connections are made; null: httpx's own way.
    """
    settings = get_settings()
    return HttpClient(
        source,
        url,
        headers=headers,
        policy=RetryPolicy(
            tries=tries or settings.http_tries,
            backoff_seconds=settings.http_backoff_seconds,
            backoff_cap_seconds=settings.http_backoff_cap_seconds,
        ),
        bucket=bucket_of(settings),
        quota=RateLimitThrottle() if respects_quota else None,
        pauses=pauses,
        read_seconds=read_seconds,
        report=report,
        transport=transport,
    )
