"""One response of a source exactly as received, before any parsing (validator §3).

Scope: the record and how its fingerprint and hash are computed; not here: sending
(``resources.http.http_client``), or storing responses (staging and landing assets).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from resources.codecs.exact_json import Path, canonical_json, content_hash


@dataclass(frozen=True, slots=True)
class RawResponse:
    """One received response. Immutable; contains no credential unless the source echoed one.

    Attributes:
        request_fingerprint: Name of the request and a hash of it, without host or credential.
        http_status: Status line received.
        provider_version: What the source calls its version; null where it names none.
        fetched_at: The clock when the response arrived, UTC.
        body: Content after content-decoding, as far as it arrived.
        response_hash: SHA-256 of the canonical JSON, of the bytes where they are no JSON.
        is_complete: False for a response that broke off, is malformed or reports a failure: it is
            stored as evidence and must not become a number.
        etag: The source's name of this content, for a conditional request; null without one.
    """

    request_fingerprint: str
    http_status: int
    provider_version: str | None
    fetched_at: datetime
    body: bytes = field(repr=False)  # may hold data that the source gave in confidence
    response_hash: str
    is_complete: bool
    etag: str | None = None


def fingerprint(name: str, method: str, path: str, query: str, body: bytes | None) -> str:
    """Name a request by its content; host, headers and credentials are no part of it."""
    content = canonical_json(body) if body else b""
    digest = hashlib.sha256(f"{method} {path}?{query}\n".encode() + content)
    return f"{name} {digest.hexdigest()[:32]}"


def hash_response(body: bytes, volatile: Iterable[Path]) -> str:
    """Return the identity of a response's content, without the parts that change by themselves."""
    return content_hash(body, volatile)
