"""Errors: the full catalogue as data, and one table from SQLSTATE to its codes.

Source: query_layer.md §4.2. Codes that no route raises yet are included, so that the catalogue
that clients program against is complete from the first release. Scope: codes, statuses, meanings;
not here: turning one into a response (``query_layer.http.error_handlers``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Code(StrEnum):
    """Every error code that the service may return."""

    VALIDATION_FAILED = "VALIDATION_FAILED"
    CURSOR_INVALID = "CURSOR_INVALID"
    OFFSET_TOO_DEEP = "OFFSET_TOO_DEEP"
    TOKEN_MISSING = "TOKEN_MISSING"  # noqa: S105 - a code, not a password
    TOKEN_INVALID = "TOKEN_INVALID"  # noqa: S105
    TOKEN_EXPIRED = "TOKEN_EXPIRED"  # noqa: S105
    API_KEY_INVALID = "API_KEY_INVALID"
    API_KEY_EXPIRED = "API_KEY_EXPIRED"
    API_KEY_PRODUCT_DENIED = "API_KEY_PRODUCT_DENIED"
    API_VERSION_PINNED = "API_VERSION_PINNED"
    SCOPE_DENIED = "SCOPE_DENIED"
    ORG_SUSPENDED = "ORG_SUSPENDED"
    RESOURCE_NOT_FOUND = "RESOURCE_NOT_FOUND"
    ASSET_UNKNOWN = "ASSET_UNKNOWN"
    PARTITION_NOT_MATERIALIZED = "PARTITION_NOT_MATERIALIZED"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    NOT_ACCEPTABLE = "NOT_ACCEPTABLE"
    REQUEST_TIMEOUT = "REQUEST_TIMEOUT"
    DATA_VERSION_CHANGED = "DATA_VERSION_CHANGED"
    PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE"
    EXPORT_TOO_LARGE = "EXPORT_TOO_LARGE"
    URI_TOO_LONG = "URI_TOO_LONG"
    RATE_LIMIT_EXCEEDED = "RATE_LIMIT_EXCEEDED"
    INTERNAL_ERROR = "INTERNAL_ERROR"
    DATABASE_UNAVAILABLE = "DATABASE_UNAVAILABLE"
    POOL_EXHAUSTED = "POOL_EXHAUSTED"
    ASSET_REBUILDING = "ASSET_REBUILDING"


@dataclass(frozen=True)
class ErrorKind:
    """One line of the catalogue: HTTP status, when it is returned, its headers."""

    status: int
    when: str
    headers: Mapping[str, str] = field(default_factory=dict)


_BEARER = {"WWW-Authenticate": "Bearer"}
_SOON = {"Retry-After": "1"}

CATALOGUE: Mapping[Code, ErrorKind] = {
    Code.VALIDATION_FAILED: ErrorKind(400, "A parameter is wrong, repeated or unknown."),
    Code.CURSOR_INVALID: ErrorKind(
        400, "The cursor is damaged, or belongs to another sort or filter."
    ),
    Code.OFFSET_TOO_DEEP: ErrorKind(400, "The offset is over 10,000; page by cursor instead."),
    Code.TOKEN_MISSING: ErrorKind(401, "The endpoint needs a token and none was sent.", _BEARER),
    Code.TOKEN_INVALID: ErrorKind(401, "The token is not one that the service accepts.", _BEARER),
    Code.TOKEN_EXPIRED: ErrorKind(401, "The token has expired.", _BEARER),
    Code.API_KEY_INVALID: ErrorKind(401, "The API key is unknown or revoked.", _BEARER),
    Code.API_KEY_EXPIRED: ErrorKind(401, "The API key is past its expiry.", _BEARER),
    Code.API_KEY_PRODUCT_DENIED: ErrorKind(
        403, "The API key is not allowed for this group of assets."
    ),
    Code.API_VERSION_PINNED: ErrorKind(403, "The API key is pinned to another API version."),
    Code.SCOPE_DENIED: ErrorKind(403, "The caller's role lacks the scope of the endpoint."),
    Code.ORG_SUSPENDED: ErrorKind(403, "The caller's organisation is not active."),
    Code.RESOURCE_NOT_FOUND: ErrorKind(404, "There is nothing at this address."),
    Code.ASSET_UNKNOWN: ErrorKind(404, "No asset of this name exists."),
    Code.PARTITION_NOT_MATERIALIZED: ErrorKind(
        404, "The asset is known, but this partition was never built; the details name it."
    ),
    Code.METHOD_NOT_ALLOWED: ErrorKind(
        405, "Anything but GET, HEAD and OPTIONS; the details name the job to launch instead."
    ),
    Code.NOT_ACCEPTABLE: ErrorKind(406, "The requested format is not supported."),
    Code.REQUEST_TIMEOUT: ErrorKind(
        408, "The request or its statement took longer than its limit."
    ),
    Code.DATA_VERSION_CHANGED: ErrorKind(
        409, "The data version is no longer the one in `if_version`."
    ),
    Code.PAYLOAD_TOO_LARGE: ErrorKind(413, "The request body is over 64 KiB."),
    Code.EXPORT_TOO_LARGE: ErrorKind(413, "The export is over the plan's cap of rows."),
    Code.URI_TOO_LONG: ErrorKind(414, "Path and query string are over 8 KiB."),
    Code.RATE_LIMIT_EXCEEDED: ErrorKind(429, "Too many requests; `Retry-After` says when.", _SOON),
    Code.INTERNAL_ERROR: ErrorKind(500, "Anything unexpected; the log has the correlation id."),
    Code.DATABASE_UNAVAILABLE: ErrorKind(503, "The database does not respond.", _SOON),
    Code.POOL_EXHAUSTED: ErrorKind(
        503, "All database connections, or all slots for requests, are taken.", _SOON
    ),
    Code.ASSET_REBUILDING: ErrorKind(
        503, "The relation is missing or locked while its rows are being rebuilt.", _SOON
    ),
}


class ApiError(Exception):
    """An error response of the catalogue.

    Args:
        code: The catalogue's code.
        message: One sentence for the caller; never SQL, a stack or another tenant's identifier.
        details: What a program needs to handle it; JSON types only.
        headers: Of the response, beside and before those of the catalogue.
    """

    def __init__(
        self,
        code: Code,
        message: str,
        details: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = dict(details or {})
        self.headers = dict(headers or {})

    @property
    def kind(self) -> ErrorKind:
        """The catalogue's entry of this error."""
        return CATALOGUE[self.code]


# Exact states first, then their class (the first two characters): postgresql.org "Error Codes".
_BY_SQLSTATE: Mapping[str, Code] = {
    "57014": Code.REQUEST_TIMEOUT,  # query_canceled: statement_timeout
    "42P01": Code.ASSET_REBUILDING,  # undefined_table
    "42703": Code.ASSET_REBUILDING,  # undefined_column: the view is being replaced
    "3F000": Code.ASSET_REBUILDING,  # invalid_schema_name
    "55P03": Code.ASSET_REBUILDING,  # lock_not_available: lock_timeout
    "40001": Code.ASSET_REBUILDING,  # serialization_failure: a replica's recovery conflict
    "40P01": Code.ASSET_REBUILDING,  # deadlock_detected
    "53300": Code.POOL_EXHAUSTED,  # too_many_connections: the role's or the server's limit
    "3D000": Code.DATABASE_UNAVAILABLE,  # invalid_catalog_name
}
_BY_SQLSTATE_CLASS: Mapping[str, Code] = {
    "08": Code.DATABASE_UNAVAILABLE,  # connection exceptions
    "28": Code.DATABASE_UNAVAILABLE,  # the login was refused
    "53": Code.DATABASE_UNAVAILABLE,  # disk full, out of memory
    "57": Code.DATABASE_UNAVAILABLE,  # the server is starting or shutting down
    "58": Code.DATABASE_UNAVAILABLE,  # errors outside of Postgres
}
_DATABASE_MESSAGES: Mapping[Code, str] = {
    Code.REQUEST_TIMEOUT: "The statement took longer than its limit; narrow the filters.",
    Code.ASSET_REBUILDING: "The table is being rebuilt; try again in a moment.",
    Code.POOL_EXHAUSTED: "All database connections are taken; try again in a moment.",
    Code.DATABASE_UNAVAILABLE: "The database does not respond; try again in a moment.",
    Code.INTERNAL_ERROR: "The response could not be built; the correlation id leads to its cause.",
}


def database_error(code: Code) -> ApiError:
    """Return the error of a failed database; it never contains the database's own message."""
    return ApiError(code, _DATABASE_MESSAGES[code])


def code_for_sqlstate(sqlstate: str | None) -> Code:
    """Return the catalogue's code for a Postgres error; INTERNAL_ERROR for any other."""
    state = sqlstate or ""
    return _BY_SQLSTATE.get(state) or _BY_SQLSTATE_CLASS.get(state[:2], Code.INTERNAL_ERROR)
