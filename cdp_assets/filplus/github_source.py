"""The configured GitHub: one client of one credential, with its pace.

Belongs here: from settings to a client. Does not: the protocol (``resources.github_contents``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import SecretStr

from cdp_assets.errors import BadConfiguration
from cdp_assets.settings import Settings
from resources.github_contents import API_VERSION, GitHubContents
from resources.health_sink import HealthSink
from resources.http_client import HttpClient
from resources.quota import QuotaPace
from resources.retry import RetryPolicy
from resources.token_bucket import TokenBucket
from resources.warehouse import Warehouse

_BURST = 100


@contextmanager
def github_contents(settings: Settings, warehouse: Warehouse) -> Iterator[GitHubContents]:
    """Open the client; its health and quota go to ``ops.source_health``.

    Raises:
        BadConfiguration: No GitHub is named.
    """
    if settings.github_api_url is None:
        raise BadConfiguration(
            "no GitHub is named", key="CDP_GITHUB_API_URL",
            hint="set it (and CDP_GITHUB_TOKEN), or run `make demo` for a simulated one",
        )  # fmt: skip
    token = settings.github_token
    headers = {"authorization": SecretStr(f"Bearer {token.get_secret_value()}")} if token else {}
    with (
        HealthSink(warehouse) as sink,
        HttpClient(
            "github",
            settings.github_api_url,
            headers=headers,
            policy=RetryPolicy(
                tries=settings.http_tries,
                backoff_seconds=settings.http_backoff_seconds,
                backoff_cap_seconds=settings.http_backoff_cap_seconds,
            ),
            bucket=TokenBucket(settings.github_requests_per_second, _BURST),
            quota=QuotaPace(),
            provider_version=API_VERSION,
            report=sink,
            follow_redirects=True,
        ) as http,
    ):
        yield GitHubContents(http)
