"""The bytes under the HTTP client: addresses, their secrets, and reading a body within bounds.

Scope: what depends on neither source nor retries; not here: classes of failure
(``resources.http.http_client``).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpx
from pydantic import SecretStr

from cdp_assets.errors import BadConfiguration

MAX_RESPONSE_SECONDS = 300.0  # ends a source that sends one byte per read time-out
MAX_RESPONSE_BYTES = 128 * 1024**2  # an epoch of slot numbers is 5 MB
_SHORTEST_SECRET = 8  # path parts from this length on may be tokens; shorter ones are like "v1"


@dataclass(frozen=True)
class Received:
    """One response as received.

    Attributes:
        broken: Why it did not arrive completely; null when the body is complete.
    """

    status: int
    headers: httpx.Headers
    body: bytes
    broken: str | None


def read_body(response: httpx.Response) -> tuple[bytes, str | None]:
    """Return what arrived, and why it is not complete (null when it is)."""
    deadline = time.monotonic() + MAX_RESPONSE_SECONDS
    chunks: list[bytes] = []
    size = 0
    try:
        for chunk in response.iter_bytes():
            chunks.append(chunk)
            size += len(chunk)
            if size > MAX_RESPONSE_BYTES:
                return b"".join(chunks), f"exceeds {MAX_RESPONSE_BYTES} bytes"
            if time.monotonic() > deadline:
                return b"".join(chunks), f"took longer than {MAX_RESPONSE_SECONDS:.0f} s"
    except (httpx.TransportError, httpx.DecodingError) as error:
        return b"".join(chunks), f"broke off after {size} bytes ({type(error).__name__})"
    return b"".join(chunks), None


def checked_url(source: str, base_url: SecretStr | str) -> httpx.URL:
    """Read an address.

    Raises:
        BadConfiguration: It is invalid; the message does not show the address.
    """
    text = base_url.get_secret_value() if isinstance(base_url, SecretStr) else base_url
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in ("http", "https") or not url.host:
        raise BadConfiguration(
            "its address is not of the form https://host/path",
            key=source,
            hint="correct the setting that holds the address (not shown: it may hold a token)",
        )
    return url


def secrets_of(url: httpx.URL, headers: Mapping[str, str]) -> list[str]:
    """Return the parts of an address and headers that may be credentials, longest first."""
    parts = [*url.path.split("/"), *url.params.values(), url.username, url.password]
    found = {part for part in parts if len(part) >= _SHORTEST_SECRET}
    found |= {word for value in headers.values() for word in value.split() if len(word) > 2}
    return sorted(found, key=len, reverse=True)
