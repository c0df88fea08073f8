"""Negotiation: what the request's headers accept, and whether the caller has the response already.

Scope: Accept, Accept-Encoding, X-No-Compression, If-None-Match and ETag; not here: the cache
(``query_layer.http.list_handler``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

JSON = "application/json"


def accepts_json(headers: Mapping[str, str]) -> bool:
    """Return whether the caller accepts JSON; no Accept header accepts anything."""
    qualities = _qualities(headers.get("accept") or "*/*")
    for media_range in (JSON, "application/*", "*/*"):
        if media_range in qualities:
            return qualities[media_range] > 0
    return False


def preferred(headers: Mapping[str, str], media_types: Sequence[str]) -> str | None:
    """Return the accepted one of some media types; null: none. Of equals, the first named."""
    qualities = _qualities(headers.get("accept") or "*/*")
    best, best_quality = None, 0.0
    for media_type in media_types:
        ranges = (media_type, f"{media_type.partition('/')[0]}/*", "*/*")
        quality = next((qualities[name] for name in ranges if name in qualities), 0.0)
        if quality > best_quality:
            best, best_quality = media_type, quality
    return best


def accepts_gzip(headers: Mapping[str, str]) -> bool:
    """Return whether the caller accepts gzip and did not opt out."""
    if "x-no-compression" in headers:
        return False
    qualities = _qualities(headers.get("accept-encoding", ""))
    return qualities.get("gzip", qualities.get("*", 0.0)) > 0


def etag(key: str, encoding: str) -> str:
    """Return the strong tag of a response: 96 bits of its cache key and encoding."""
    digest = hashlib.blake2b(f"{key}|{encoding}".encode(), digest_size=12).hexdigest()
    return f'"{digest}"'


def holds(headers: Mapping[str, str], tags: Sequence[str]) -> str | None:
    """Return the tag that the caller already has, or null.

    Tags compare weakly, as RFC 9110 §13.1.2 requires: a proxy may have weakened ours.
    """
    offered = {
        tag.strip().removeprefix("W/") for tag in headers.get("if-none-match", "").split(",")
    }
    return next((tag for tag in tags if tag in offered), None)


def _qualities(header: str) -> dict[str, float]:
    qualities: dict[str, float] = {}
    for item in header.lower().split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        qualities[name] = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                qualities[name] = _quality(parameter[2:])
    return qualities


def _quality(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
