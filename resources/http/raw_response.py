"""One answer of a source exactly as it was received, before anybody parsed it (validator §3).

Belongs here: the record and how its fingerprint and hash are made. Does not: sending
(``resources.http.http_client``), or where answers are kept (staging and landing assets).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from resources.codecs.exact_json import Path, canonical_json, content_hash


@dataclass(frozen=True, slots=True)
class RawResponse:
    """One received answer. Immutable; holds no credential but what the source itself echoed.

    Attributes:
        request_fingerprint: Name of the question and a hash of it, without host or credential.
        http_status: Status line received.
        provider_version: What the source calls its version; null where it names none.
        fetched_at: The clock when the answer arrived, UTC.
        body: Content after content-decoding, as far as it arrived.
        response_hash: SHA-256 of the canonical JSON, of the bytes where they are no JSON.
        is_complete: False for an answer that broke off, is malformed or says that it failed: it is
            kept as evidence and must not become a number.
        etag: What the source calls this content, for a conditional request; null where it does not.
    """

    request_fingerprint: str
    http_status: int
    provider_version: str | None
    fetched_at: datetime
    body: bytes = field(repr=False)  # may hold what the source gave in confidence
    response_hash: str
    is_complete: bool
    etag: str | None = None


def fingerprint(name: str, method: str, path: str, query: str, body: bytes | None) -> str:
    """Name a request by what it asks; host, headers and credentials are no part of it."""
    asked = canonical_json(body) if body else b""
    digest = hashlib.sha256(f"{method} {path}?{query}\n".encode() + asked)
    return f"{name} {digest.hexdigest()[:32]}"


def hash_response(body: bytes, volatile: Iterable[Path]) -> str:
    """Return the identity of an answer's content, without the parts that change by themselves."""
    return content_hash(body, volatile)
