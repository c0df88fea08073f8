"""Rate limits that a source reports in the body of a response with status 200.

Vendors of JSON-RPC nodes respond with 200 and put the limit into the error of the full response or
of one member of a batch; other services write an object with an error or a code. Such a response is
transient, as a 429 is. Scope: distinguishing such an error from others; not here: statuses and
headers (``resources.http.retry``), other codes (each client).
"""

from __future__ import annotations

import re
from typing import Any

from cdp_assets.errors import SourceUnavailable
from resources.codecs.exact_json import NotJson, parse_exact

RATE_LIMIT_CODES = frozenset({429, -32429})
_CODE_FIELDS = ("code", "status", "statusCode", "status_code", "httpStatus")
_CODE_TEXT = re.compile(r"-?[0-9]{1,9}")
_LIMIT = r"quota|capacity|compute units?|rps|qps|requests? (?:per|allowed|rate|count)"
_RATE_LIMIT_TEXT = re.compile(
    r"rate[ _-]?limit|too many requests|\b429 too many\b|request limit|throttled"
    r"|\b(?:http(?: error)?|status(?:[ _-]?code)?)\W{0,3}429\b"
    rf"|\b(?:{_LIMIT})\b.{{0,60}}\bexceeded|exceeded\b.{{0,60}}\b(?:{_LIMIT})\b",
    re.IGNORECASE,
)
_LIMIT_EXCEEDED = (
    -32005
)  # EIP-1474; Solana's nodes use it for one that is behind, with its own text
_LIMIT_EXCEEDED_TEXT = re.compile(r"\W*limit exceeded\b", re.IGNORECASE)
_REVERTED = 3  # the code with which Ethereum's nodes, and Lotus, hand on a contract's revert
_REVERTED_TEXT = re.compile(r"\W*execution reverted\b", re.IGNORECASE)
_READ_FOR_LIMIT = 1_000  # characters of an error's text
_LARGEST_ERROR_BYTES = 10_000  # a response that is an error is short; longer ones are not read


def rate_limit_of(error: Any) -> SourceUnavailable | None:
    """Return the failure of an error that reports a rate limit; null for any other error.

    A contract's revert is a result of the contract, whatever its text says.

    Args:
        error: Of JSON-RPC, an object of code, message and data, or a text alone.
    """
    is_revert = isinstance(error, dict) and error.get("code") == _REVERTED
    return None if is_revert else _limit_reported_by(error)


def rate_limit_in(body: bytes) -> SourceUnavailable | None:
    """Return the failure of a body that is an object with such an error; null for any other."""
    if len(body) > _LARGEST_ERROR_BYTES:
        return None
    try:
        document = parse_exact(body)
    except NotJson:
        return None
    if not isinstance(document, dict):
        return None
    return rate_limit_of(document.get("error")) or _limit_reported_by(document)


def _limit_reported_by(error: Any) -> SourceUnavailable | None:
    message = error.get("message") if isinstance(error, dict) else error
    text = message[:_READ_FOR_LIMIT] if isinstance(message, str) else ""
    codes = _codes_of(error)
    is_limit = bool(RATE_LIMIT_CODES & set(codes)) or _RATE_LIMIT_TEXT.search(text) is not None
    if _LIMIT_EXCEEDED in codes and _LIMIT_EXCEEDED_TEXT.match(text):
        is_limit = True
    if not is_limit or _REVERTED_TEXT.match(text):
        return None
    return SourceUnavailable(
        f"limits how often it is requested (error {codes[0] if codes else None}: {text[:200]})",
        hint="it is tried again by itself; if it lasts, lower CDP_SOURCE_REQUESTS_PER_SECOND",
    )


def _codes_of(error: Any) -> list[int]:
    """Return the codes and statuses of an error and of its data, numbers also as texts."""
    if not isinstance(error, dict):
        return []
    data = error.get("data")
    values = [
        one.get(name) for one in (error, data) if isinstance(one, dict) for name in _CODE_FIELDS
    ]
    return [
        int(value)
        for value in values
        if type(value) is int or (isinstance(value, str) and _CODE_TEXT.fullmatch(value))
    ]
