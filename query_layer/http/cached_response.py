"""A cached response: the bytes of a list page in both forms, and its HTTP headers.

Scope: from bytes to a response, 304 included; not here: building the bytes
(``query_layer.read.page_reader``) or deciding whether they are needed
(``query_layer.http.list_handler``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from starlette.responses import Response

from query_layer.http.encoding import compress
from query_layer.http.negotiation import JSON, accepts_gzip, etag, holds

_HEADERS = {
    "Cache-Control": "private, no-cache",  # store it, but revalidate before every use
    "Vary": "Authorization, Cookie, Accept, Accept-Encoding, X-No-Compression",
}


@dataclass(frozen=True)
class CachedPage:
    """A page as it is stored in the cache.

    Attributes:
        key: Cache key with the data version in it; null for a page that is not cached.
        version: Data version of the rows; null where none is known.
        body: JSON, or what the media type says.
        media_type: Of the body.
    """

    key: str | None
    version: int | None
    body: bytes
    media_type: str = JSON

    @cached_property
    def gzipped(self) -> bytes | None:
        """The body compressed, when first requested; null where it is too small to gain."""
        return compress(self.body)

    @cached_property
    def tagged(self) -> str:
        """What the tag is made of: the key, or the bytes of a page without one."""
        return self.key or hashlib.blake2b(self.body, digest_size=16).hexdigest()

    @property
    def size(self) -> int:
        """Bytes of both forms together."""
        return 2 * len(self.body)


def matching_etag(key: str, headers: Mapping[str, str]) -> str | None:
    """Return the tag under which the caller already has the response of this key, or null."""
    return holds(headers, (etag(key, "gzip"), etag(key, "identity")))


def not_modified(tag: str) -> Response:
    """Return 304: the caller has the current response."""
    return Response(status_code=304, headers={**_HEADERS, "ETag": tag})


def full(page: CachedPage, headers: Mapping[str, str]) -> Response:
    """Return 200 in the form that the caller accepts, or 304 where it has that already."""
    if tag := matching_etag(page.tagged, headers):
        return not_modified(tag)
    encoding, body = "identity", page.body
    if accepts_gzip(headers) and page.gzipped is not None:
        encoding, body = "gzip", page.gzipped
    response = Response(body, media_type=page.media_type, headers=_HEADERS)
    if encoding != "identity":
        response.headers["Content-Encoding"] = encoding
    response.headers["ETag"] = etag(page.tagged, encoding)
    return response
