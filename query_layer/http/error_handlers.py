"""Error responses: from an error to the one envelope that every error has.

Scope: the envelope, and the handlers that turn every exception into it; not here: the catalogue
(``query_layer.errors``).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from query_layer.errors import ApiError, Code
from query_layer.http.correlation import current
from query_layer.http.encoding import encode
from query_layer.http.negotiation import JSON
from query_layer.ops.clock import wall_clock
from query_layer.ops.logs import describe_exception, log_event
from query_layer.read.parameters import validation_error

ALLOWED_METHODS = ("GET", "HEAD", "OPTIONS")
# Another form of an error, for the addresses that have one: from error and path to the response.
ErrorForm = Callable[[ApiError, str], Response | None]


def error_response(error: ApiError, public_url: str) -> Response:
    """Return the envelope of an error; ``documentation`` links to its entry on the docs page."""
    envelope = {
        "data": None,
        "error": {
            "code": error.code,
            "message": error.message,
            "details": error.details,
            "correlationId": current.get(),
            "timestamp": wall_clock(),
            "documentation": f"{public_url}/docs#{error.code}",
        },
        "meta": None,
    }
    headers = {"Cache-Control": "no-store", **error.kind.headers, **error.headers}
    return Response(
        encode(envelope), status_code=error.kind.status, media_type=JSON, headers=headers
    )


def log_cause(error: ApiError, cause: BaseException | None) -> None:
    """Log the cause of an internal failure; the caller's own mistakes are in the access log."""
    if error.kind.status >= 500 and cause is not None:
        log_event(logging.ERROR, "api.error", code=error.code, **describe_exception(cause))


def add_error_handlers(app: FastAPI, public_url: str, error_form: ErrorForm) -> None:
    """Turn every exception of routing and routes into the envelope, or the form of its address."""

    def respond(request: Request, error: ApiError) -> Response:
        request.state.error_code = error.code
        path = request.url.path
        return error_form(error, path) or error_response(error, public_url)

    @app.exception_handler(ApiError)
    async def on_api_error(request: Request, error: ApiError) -> Response:
        log_cause(error, error.__cause__)
        return respond(request, error)

    @app.exception_handler(HTTPException)
    async def on_http_exception(request: Request, error: HTTPException) -> Response:
        if error.status_code == 405 and request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": ", ".join(ALLOWED_METHODS)})
        return respond(request, _of_framework(error))

    @app.exception_handler(RequestValidationError)
    async def on_validation_error(request: Request, error: RequestValidationError) -> Response:
        problems = [
            {"parameter": str(problem["loc"][-1]), "reason": str(problem["msg"]).lower()}
            for problem in error.errors()
        ]
        return respond(request, validation_error(problems))


def method_error(write_hint: Mapping[str, Any]) -> ApiError:
    """Return METHOD_NOT_ALLOWED; ``write_hint`` names the job for it."""
    return ApiError(
        Code.METHOD_NOT_ALLOWED,
        "This service only reads; a job of the asset graph changes data.",
        {"allowed": list(ALLOWED_METHODS), **write_hint},
    )


def _of_framework(error: HTTPException) -> ApiError:
    if error.status_code == 404:
        return ApiError(Code.RESOURCE_NOT_FOUND, "There is nothing at this address.")
    return ApiError(Code.INTERNAL_ERROR, "The response could not be built.")
