"""HTTP clients of the provider sources, as the settings describe them.

Belongs here: address, credential, pace and tries of a client. Does not: protocols (``resources``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx
from pydantic import SecretStr

from cdp_assets.errors import BadConfiguration
from cdp_assets.settings import Settings, get_settings, variable_name
from resources.http_client import HttpClient
from resources.publication import SourceHealth
from resources.retry import RetryPolicy
from resources.token_bucket import TokenBucket


def configured_url(field: str, what: str) -> str | SecretStr:
    """Return the address of a source.

    Raises:
        BadConfiguration: It is not set; the sentence names the variable.
    """
    value: str | SecretStr | None = getattr(get_settings(), field)
    if value is None:
        raise BadConfiguration(
            f"no {what} is named", key=variable_name(field),
            hint="set it, or run `make demo` for a simulated one",
        )  # fmt: skip
    return value


def bucket_of(settings: Settings) -> TokenBucket:
    """Return a bucket of the configured pace; one per source and credential."""
    pace = settings.source_requests_per_second
    return TokenBucket(pace, max(1, int(pace)))


def source_client(
    source: str,
    url: str | SecretStr,
    *,
    read_seconds: float,
    report: Callable[[SourceHealth], None],
    headers: Mapping[str, SecretStr] | None = None,
    bucket: TokenBucket | None = None,
    tries: int | None = None,
    transport: httpx.BaseTransport | None = None,
) -> HttpClient:
    """Return the client of one source, paced and retried as configured."""
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
        bucket=bucket or bucket_of(settings),
        read_seconds=read_seconds,
        report=report,
        transport=transport,
    )
