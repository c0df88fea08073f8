"""The contract in OpenAPI, built from the registry.

Handlers return encoded bytes, so nothing is ever validated against these schemas while serving
(query_layer.md §1, D1); a test validates real responses. Scope: the content of ``/openapi.json``;
not here: parsing, or which differences break clients (``query_layer.http.contract_changes``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from query_layer.errors import CATALOGUE, Code
from query_layer.read.export_files import FILE_FORMS
from query_layer.read.list_query import export_parameters, list_parameters
from query_layer.read.parameters import Parameter
from query_layer.registry.asset_routes import export_route
from query_layer.registry.column import Column
from query_layer.registry.route import PathParameter, Route

Json = dict[str, Any]
_LIST_ERRORS = (
    Code.VALIDATION_FAILED,
    Code.CURSOR_INVALID,
    Code.OFFSET_TOO_DEEP,
    Code.TOKEN_MISSING,
    Code.TOKEN_INVALID,
    Code.TOKEN_EXPIRED,
    Code.API_KEY_INVALID,
    Code.API_KEY_EXPIRED,
    Code.SCOPE_DENIED,
    Code.API_KEY_PRODUCT_DENIED,
    Code.API_VERSION_PINNED,
    Code.ORG_SUSPENDED,
    Code.RESOURCE_NOT_FOUND,
    Code.ASSET_UNKNOWN,
    Code.PARTITION_NOT_MATERIALIZED,
    Code.NOT_ACCEPTABLE,
    Code.REQUEST_TIMEOUT,
    Code.DATA_VERSION_CHANGED,
    Code.RATE_LIMIT_EXCEEDED,
    Code.INTERNAL_ERROR,
    Code.DATABASE_UNAVAILABLE,
    Code.POOL_EXHAUSTED,
    Code.ASSET_REBUILDING,
)
_TYPES: Mapping[str, Json] = {
    "text": {"type": "string"},
    "uuid": {"type": "string", "format": "uuid"},
    "integer": {"type": "integer"},
    "bytes": {"type": "string", "pattern": "^-?[0-9]+$"},
    "decimal": {"type": "string", "pattern": r"^(-?[0-9]+(\.[0-9]+)?|-?Infinity)$"},
    "ratio": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "timestamp": {"type": "string", "format": "date-time"},
    "texts": {"type": "array", "items": {"type": "string"}},
    "numbers": {"type": "array", "items": {"type": "number"}},
    "json": {},
    "ranges": {"type": "string"},
}
_SCHEMAS = "#/components/schemas/{model}"
_FAILURE: Json = {"application/json": {"schema": {"$ref": _SCHEMAS.format(model="Failure")}}}
_NO_FILE = ("200", "304")
_BODY: Json = {"data": {}, "error": {"type": "null"}, "meta": {}}


class Page(BaseModel):
    """The position of a page in the full list."""

    limit: int
    offset: int
    has_more: bool
    next_cursor: str | None
    version_changed: bool = Field(description="The data changed since the cursor was issued.")
    total: int | None = Field(None, description="Rows of all pages; only with count=exact.")


class RowMeta(BaseModel):
    """The data from which a response was built."""

    data_version: int | None
    materialized_at: datetime | None
    data_as_of: datetime | None
    stale: bool | None = Field(description="Null: the asset has no freshness policy.")
    partition: date | None


class ListMeta(RowMeta):
    """The data from which a list was built, and the position of the page."""

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


def document(framework: Mapping[str, Any], routes: Sequence[Route]) -> Json:
    """Return the document of all addresses.

    Args:
        framework: What FastAPI says of the routes that are not of the registry.
        routes: Those of the registry.
    """
    schemas, parameters = _fixed_schemas(), dict[str, Json]()
    paths: dict[str, Json] = {}
    for route in routes:
        schemas.update(row_schemas(route))
        if route.fallback is not None:
            schemas.update(row_schemas(route.fallback))
        paths[route.path] = {"get": _operation(route, parameters)}
    for asset in dict.fromkeys(route.asset for route in routes):
        file = export_route(asset)
        paths[file.path] = {"get": _export_operation(file, parameters)}
    paths.update(_catalog_paths())
    own = framework.get("components", {}).get("schemas", {})
    components = {
        "schemas": {**own, **schemas},
        "parameters": parameters,
        "responses": _failures(),
    }
    return {
        **framework,
        "paths": {**paths, **framework["paths"]},
        "components": components,
    }


def row_schemas(route: Route) -> dict[str, Json]:
    """Return the schemas of a route's row and response, by name."""
    name = schema_name(route)
    row = {
        "type": "object",
        "description": route.asset.description,
        "properties": {column.name: _property(column) for column in route.columns},
        "additionalProperties": False,  # and none required: `fields` selects some
    }
    item: Json = {"$ref": _SCHEMAS.format(model=f"{name}Row")}
    data = item if route.single else {"type": "array", "items": item}
    meta = _SCHEMAS.format(model="RowMeta" if route.single else "ListMeta")
    kind = "Single" if route.single else "List"
    return {f"{name}Row": row, f"{name}{kind}": _envelope(data, {"$ref": meta})}


def schema_name(route: Route) -> str:
    """Return the name of a route's row: that of its asset, or its own where it shows less."""
    if route.columns == route.asset.columns:
        return _title(route.asset.name)
    return _title(route.path.removeprefix("/v1/"))


def error_responses(codes: Sequence[Code]) -> dict[int | str, Json]:
    """Return the OpenAPI responses of error codes, one per HTTP status."""
    by_status: dict[int | str, list[str]] = {}
    for code in codes:
        by_status.setdefault(CATALOGUE[code].status, []).append(f"{code}: {CATALOGUE[code].when}")
    return {
        status: {"model": Failure, "description": " ".join(texts)}
        for status, texts in by_status.items()
    }


def json_error_responses(codes: Sequence[Code]) -> dict[int | str, Json]:
    """Return the same for an address whose good response is no JSON."""
    return {
        status: {"description": response["description"], "content": _FAILURE}
        for status, response in error_responses(codes).items()
    }


def openapi_parameter(parameter: Parameter) -> Json:
    """Return a query parameter in OpenAPI form."""
    return {
        "name": parameter.name,
        "in": "query",
        "required": False,
        "description": parameter.description,
        "schema": {key: v for key, v in parameter.schema.items() if key != "example"},
        "example": parameter.schema["example"],
    }


def _operation(route: Route, shared: dict[str, Json]) -> Json:
    """Return the operation of a route; parameters that routes share are added to ``shared``."""
    name = schema_name(route)
    kind = "Single" if route.single else "List"
    described = [_path_parameter(p) for p in route.parameters]
    described += _query_parameters(list_parameters(route), shared)
    succeeded: Json = {"$ref": _SCHEMAS.format(model=f"{name}{kind}")}
    if route.fallback is not None:
        other = f"{schema_name(route.fallback)}{'Single' if route.fallback.single else 'List'}"
        succeeded = {"anyOf": [succeeded, {"$ref": _SCHEMAS.format(model=other)}]}
    return {
        "tags": [route.path.split("/")[2].replace("-", " ")],
        "summary": route.title,
        "description": f"{route.title} Needs the scope `{route.asset.scope}`. "
        f"{route.asset.description}",
        "operationId": _title(route.path),
        "deprecated": route.deprecation is not None,
        "parameters": described,
        "responses": _responses(succeeded),
    }


def _export_operation(route: Route, shared: dict[str, Json]) -> Json:
    """Return the operation of an asset's file."""
    asset = route.asset
    scope = "`export` or `export:aggregates`" if asset.is_aggregate else "`export`"
    forms = {form.media_type.partition(";")[0] for form in FILE_FORMS.values()}
    content = {media_type: {"schema": {"type": "string"}} for media_type in sorted(forms)}
    too_large = error_responses([Code.PAYLOAD_TOO_LARGE, Code.EXPORT_TOO_LARGE])[413]
    failures = {status: ref for status, ref in _responses({}).items() if status not in _NO_FILE}
    return {
        "tags": ["export"],
        "summary": route.title,
        "description": f"{route.title} Needs the scopes `{asset.scope}` and {scope}. The rows of "
        f"`/v1/assets/{asset.name}/rows` with the same parameters, in the order of their key and "
        "of one data version. A connection that ends early is an error: the file is not complete.",
        "operationId": _title(route.path),
        "deprecated": False,
        "parameters": _query_parameters(export_parameters(route), shared),
        "responses": {
            "200": {"description": "The file.", "content": content},
            **failures,
            "413": {"description": too_large["description"], "content": _FAILURE},
        },
    }


def _query_parameters(parameters: Sequence[Parameter], shared: dict[str, Json]) -> list[Json]:
    """Return query parameters; those that operations share are added to ``shared``."""
    described = []
    for parameter in parameters:
        form = openapi_parameter(parameter)
        is_shared = shared.setdefault(parameter.name, form) == form
        reference = {"$ref": f"#/components/parameters/{parameter.name}"}
        described.append(reference if is_shared else form)
    return described


def _responses(succeeded: Json) -> Json:
    content = {"application/json": {"schema": succeeded}}
    return {
        "200": {"description": "The data.", "content": content},
        "304": {"description": "The caller has the current response (If-None-Match)."},
        **{status: {"$ref": f"#/components/responses/{status}"} for status in _failures()},
    }


@cache
def _failures() -> Json:
    return {
        str(status): {"description": response["description"], "content": _FAILURE}
        for status, response in error_responses(_LIST_ERRORS).items()
    }


def _catalog_paths() -> dict[str, Json]:
    anything = _envelope({}, {"type": "object"})
    asset = {
        "name": "asset",
        "in": "path",
        "required": True,
        "description": "Name of the asset as in `/v1/catalog`.",
        "schema": {"type": "string"},
        "example": "providers_weekly_acc",
    }
    texts = {
        "/v1/catalog": "Every served asset with its data version, freshness and check outcome.",
        "/v1/catalog/{asset}": "One served asset with its columns, partitions and filters.",
    }
    return {
        path: {
            "get": {
                "tags": ["catalog"],
                "summary": text,
                "description": text,
                "operationId": _title(path),
                "parameters": [asset] if "{" in path else [],
                "responses": _responses(anything),
            }
        }
        for path, text in texts.items()
    }


def _path_parameter(parameter: PathParameter) -> Json:
    return {
        "name": parameter.name,
        "in": "path",
        "required": True,
        "description": parameter.description,
        "schema": {"type": "string", "pattern": f"^{parameter.pattern}$"},
        "example": parameter.example,
    }


def _envelope(data: Json, meta: Json) -> Json:
    properties = {**_BODY, "data": data, "meta": meta}
    return {"type": "object", "properties": properties, "required": list(properties)}


def _fixed_schemas() -> dict[str, Json]:
    models = [(model, "serialization") for model in (ListMeta, RowMeta, Failure)]
    _, schema = models_json_schema(models, ref_template=_SCHEMAS)  # type: ignore[arg-type]
    fixed: dict[str, Json] = schema["$defs"]
    return fixed


def _property(column: Column) -> Json:
    schema = dict(_TYPES[column.kind])
    if column.nullable and "type" in schema:
        schema["type"] = [schema["type"], "null"]
    return {**schema, "description": column.description, "examples": [column.example]}


def _title(text: str) -> str:
    words = text.replace("{", "by ").translate(str.maketrans("/-_}", "    ")).split()
    return "".join(word[0].upper() + word[1:] for word in words)
