"""Judges of received answers: why one is not usable, by its form and by what it should hold.

Belongs here: what every protocol's judge is made of. Does not: a protocol's own errors (its
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
    """An answer whose content is wrong. Another try may mend it; what stays wrong is refused."""


class EndpointNotFound(PermanentFailure):
    """A 404 that is not the source's own word for "not known": its address is wrong or moved."""

    def __init__(self) -> None:
        super().__init__("answered 404, but not that it does not know this", hint=refusal_hint(404))


def require_json(status: int, body: bytes) -> CdpError | None:
    """Judge an answer by its form alone: it must be one JSON document."""
    try:
        parse_exact(body)
    except NotJson as error:
        return TransientFailure(f"answered {status} with malformed JSON ({error})")
    return None


def validate_by(read: Callable[[bytes], object]) -> Validator:
    """Validate the form, then whether ``read`` can read it (``InvalidSourceResponse`` when not)."""

    def judge(status: int, body: bytes) -> CdpError | None:
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

    return judge
