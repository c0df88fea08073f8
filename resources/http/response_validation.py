"""Validation of received responses: why one is not usable, by its form and its content.

Scope: what every protocol's validation is built from; not here: a protocol's own errors (its
client), or the classes of HTTP status (``resources.http.retry``).
"""

from __future__ import annotations

from collections.abc import Callable

from cdp_assets.errors import CdpError, InvalidSourceResponse, PermanentFailure, TransientFailure
from resources.codecs.exact_json import NotJson, parse_exact
from resources.http.rate_limit import rate_limit_in
from resources.http.retry import refusal_hint

Validator = Callable[[int, bytes], CdpError | None]


class InvalidResponse(TransientFailure):
    """A response with invalid content. Another try may get a valid one; otherwise it is refused."""


class EndpointNotFound(PermanentFailure):
    """A 404 that is not the source's own "not known": its address is wrong or has changed."""

    def __init__(self) -> None:
        message = "returned 404, but not the source's own 'not known'"
        super().__init__(message, hint=refusal_hint(404))


def require_json(status: int, body: bytes) -> CdpError | None:
    """Validate a response by its form alone: it must be one JSON document."""
    try:
        parse_exact(body)
    except NotJson as error:
        return TransientFailure(f"returned {status} with malformed JSON ({error})")
    return None


def validate_by(read: Callable[[bytes], object]) -> Validator:
    """Validate the form, then whether ``read`` can read it (``InvalidSourceResponse`` when not)."""

    def validate(status: int, body: bytes) -> CdpError | None:
        malformed = require_json(status, body)
        if malformed is not None:
            return malformed
        limit = rate_limit_in(body)
        if limit is not None:
            return limit
        try:
            read(body)
        except InvalidSourceResponse as error:
            about = f"{error.key}: " if error.key else ""
            return InvalidResponse(about + error.message)
        except PermanentFailure as error:
            return error
        return None

    return validate
