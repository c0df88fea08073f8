"""The contract in OpenAPI: parameters and shapes, built from the registry.

Handlers return encoded bytes, so the service never fills these models (query_layer.md §1, D1); a
test validates real responses against them. Scope: the content of ``/openapi.json``; not here:
parsing or encoding.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from query_layer.errors import CATALOGUE, Code
from query_layer.read.list_query import list_parameters
from query_layer.read.parameters import Parameter
from query_layer.registry import Asset, Column

_TYPES: dict[str, Any] = {
    "text": str,
    "integer": int,
    "bytes": str,
    "ratio": float,
    "boolean": bool,
    "date": date,
    "timestamp": datetime,
}
_LIST_ERRORS = (
    Code.VALIDATION_FAILED,
    Code.CURSOR_INVALID,
    Code.OFFSET_TOO_DEEP,
    Code.TOKEN_MISSING,
    Code.TOKEN_INVALID,
    Code.TOKEN_EXPIRED,
    Code.API_KEY_INVALID,
    Code.API_KEY_EXPIRED,
    Code.API_KEY_PRODUCT_DENIED,
    Code.API_VERSION_PINNED,
    Code.SCOPE_DENIED,
    Code.ORG_SUSPENDED,
    Code.RATE_LIMIT_EXCEEDED,
    Code.PARTITION_NOT_MATERIALIZED,
    Code.NOT_ACCEPTABLE,
    Code.REQUEST_TIMEOUT,
    Code.DATA_VERSION_CHANGED,
    Code.INTERNAL_ERROR,
    Code.DATABASE_UNAVAILABLE,
    Code.POOL_EXHAUSTED,
    Code.ASSET_REBUILDING,
)
_ROW = ConfigDict(
    extra="forbid",
    json_schema_extra=lambda schema: schema.pop("required", None),  # `fields` selects some only
)


class Page(BaseModel):
    """The position of a page in the full list."""

    limit: int
    offset: int
    has_more: bool
    next_cursor: str | None
    version_changed: bool = Field(description="The data changed since the cursor was issued.")
    total: int | None = Field(None, description="Rows of all pages; only with count=exact.")


class ListMeta(BaseModel):
    """The data from which a list response was built."""

    data_version: int | None
    materialized_at: datetime | None
    data_as_of: datetime | None
    stale: bool | None = Field(description="Null: the asset has no freshness policy.")
    partition: date | None
    page: Page


class ErrorBody(BaseModel):
    """The error of a failed request."""

    code: Code
    message: str
    details: dict[str, Any]
    correlationId: str  # noqa: N815 - query_layer.md §4.1
    timestamp: datetime
    documentation: str


class Failure(BaseModel):
    """The envelope of every failed request."""

    data: None
    error: ErrorBody
    meta: None


def envelope_model(asset: Asset) -> type[BaseModel]:
    """Return the model of a list response of an asset."""
    name = "".join(word.title() for word in asset.path.removeprefix("/v1/").split("-"))
    fields: dict[str, Any] = {column.name: _field(column) for column in asset.columns}
    row: Any = create_model(f"{name}Row", __config__=_ROW, **fields)
    listed: dict[str, Any] = {
        "data": (list[row], ...),
        "error": (None, ...),
        "meta": (ListMeta, ...),
    }
    model: type[BaseModel] = create_model(f"{name}List", **listed)
    return model


def list_contract(asset: Asset) -> dict[str, Any]:
    """Return the keyword arguments of an asset's list route."""
    return {
        "response_model": None,
        "responses": {200: {"model": envelope_model(asset)}, **error_responses(_LIST_ERRORS)},
        "openapi_extra": {"parameters": openapi_parameters(list_parameters(asset))},
    }


def error_responses(codes: Sequence[Code]) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI responses of error codes, one per HTTP status."""
    by_status: dict[int | str, list[str]] = {}
    for code in codes:
        by_status.setdefault(CATALOGUE[code].status, []).append(f"{code}: {CATALOGUE[code].when}")
    return {
        status: {"model": Failure, "description": " ".join(texts)}
        for status, texts in by_status.items()
    }


def openapi_parameters(parameters: Sequence[Parameter]) -> list[dict[str, Any]]:
    """Return query parameters in OpenAPI form."""
    return [
        {
            "name": parameter.name,
            "in": "query",
            "required": False,
            "description": parameter.description,
            "schema": {key: v for key, v in parameter.schema.items() if key != "example"},
            "example": parameter.schema["example"],
        }
        for parameter in parameters
    ]


def _field(column: Column) -> tuple[Any, Any]:
    base = _TYPES[column.kind]
    pattern = "^-?[0-9]+$" if column.kind == "bytes" else None
    info = Field(description=column.description, examples=[column.example], pattern=pattern)
    return (base | None if column.nullable else base, info)
