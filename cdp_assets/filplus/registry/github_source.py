"""The configured GitHub: one client, its request limit, its credential (token, app or none).

Scope: from settings to a client; not here: the protocol
(``resources.sources.github_contents``), or how an app signs in (``resources.sources.github_app``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from pydantic import SecretStr

from cdp_assets import clock
from cdp_assets.core.ingestion.client_factory import PAUSES, recorded_client
from cdp_assets.errors import BadConfiguration
from cdp_assets.settings import Settings
from resources.http.token_bucket import TokenBucket
from resources.postgres.warehouse import Warehouse
from resources.sources.github_api import API_VERSION
from resources.sources.github_app import GitHubApp, read_private_key
from resources.sources.github_contents import GitHubContents

_BURST = 100
_APP_ID = "CDP_GITHUB_APP_ID"
_KEY = "CDP_GITHUB_APP_PRIVATE_KEY"
_KEY_FILE = "CDP_GITHUB_APP_PRIVATE_KEY_FILE"


@contextmanager
def github_contents(
    settings: Settings, warehouse: Warehouse, now: Callable[[], datetime] = clock.wall_clock
) -> Iterator[GitHubContents]:
    """Open the client; its health and quota go to ``ops.source_health``.

    Args:
        settings: A personal token goes before an app; without either few requests are allowed.
        warehouse: Where health is written.
        now: The real time, which an app's tokens end by.

    Raises:
        BadConfiguration: No GitHub is named, or only half an app, or its key is none.
    """
    if settings.github_api_url is None:
        raise BadConfiguration(
            "no GitHub is named",
            key="CDP_GITHUB_API_URL",
            hint="set it (and CDP_GITHUB_TOKEN or an app), or run `make demo` for a simulated one",
        )
    token = settings.github_token
    app = None if token else _app(settings)
    headers = {"authorization": SecretStr(f"Bearer {token.get_secret_value()}")} if token else {}
    with recorded_client(
        warehouse,
        "github",
        settings.github_api_url,
        headers=headers,
        pauses=PAUSES,
        bucket=TokenBucket(settings.github_requests_per_second, _BURST),
        provider_version=API_VERSION,
        follow_redirects=True,
    ) as http:
        yield GitHubContents(http, GitHubApp(*app, http, now) if app else None)


def _app(settings: Settings) -> tuple[str, RSAPrivateKey] | None:
    """Return the app's id and key; null when no part of an app is set."""
    text, file = settings.github_app_private_key, settings.github_app_private_key_file
    if text is not None and file is not None:
        raise BadConfiguration(
            f"{_KEY} is set, too",
            key=_KEY_FILE,
            hint="set the app's key once: its text or its file",
        )
    if settings.github_app_id is None:
        if text is None and file is None:
            return None
        raise BadConfiguration(
            "a private key of a GitHub app is set, but not whose",
            key=_APP_ID,
            hint="set the app's id, or unset the key",
        )
    if file is not None:
        return settings.github_app_id, read_private_key(_read(file), _KEY_FILE)
    if text is not None:
        return settings.github_app_id, read_private_key(text, _KEY)
    raise BadConfiguration(
        "a GitHub app is named, but its private key is not",
        key=_KEY,
        hint=f"set it, or {_KEY_FILE}, or unset {_APP_ID}",
    )


def _read(file: Path) -> SecretStr:
    try:
        return SecretStr(file.read_text())
    except (OSError, ValueError) as error:
        raise BadConfiguration(
            f"the file cannot be read ({type(error).__name__})",
            key=_KEY_FILE,
            hint="name a file in PEM that this process may read",
        ) from None
