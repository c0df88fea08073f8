"""Exports: a file of all rows of an asset that fulfil the filters, streamed from one snapshot.

Everything that could refuse the file comes before its first byte. What fails later breaks the
connection, so a short file can never look complete; a caller that leaves ends its statement. Scope:
that order, headers and rights; not here: rows (``query_layer.read.export_reader``) or bytes
(``query_layer.read.export_files``).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from query_layer.auth.claims import Claims
from query_layer.errors import ApiError, Code
from query_layer.http.list_handler import status_in_snapshot
from query_layer.http.negotiation import preferred
from query_layer.ops.logs import log_event
from query_layer.ops.service import Service
from query_layer.read.database import Reader
from query_layer.read.export_columns import FORMS, Form
from query_layer.read.export_files import FILE_FORMS, file_writer
from query_layer.read.export_reader import Export, copy_rows, prepare_export
from query_layer.read.list_query import (
    ListQuery,
    export_parameters,
    rows_query,
    unsupported_form,
)
from query_layer.registry.asset import Asset
from query_layer.registry.asset_routes import export_route

_MEDIA_TYPES: Mapping[str, Form] = {
    "text/csv": "csv",
    "application/x-ndjson": "ndjson",
    "application/vnd.apache.parquet": "parquet",
    "application/vnd.apache.arrow.stream": "arrow",
}


async def export_response(request: Request, asset: Asset) -> Response:
    """Return the file of an asset.

    Raises:
        ApiError: Any of the catalogue; authorisation is checked before anything else.
    """
    service: Service = request.app.state.service
    _require_export(service.identify(request.headers), asset)
    claims = await service.authorise(request, asset)
    route = export_route(asset).as_seen_by(claims.role)
    pairs = request.query_params.multi_items()
    query = rows_query(route, {}, pairs, service.signer, export_parameters)
    return _FileResponse(service, claims, query, _form(query.form, request.headers))


def may_export(claims: Claims, asset: Asset) -> bool:
    """Return whether the caller may have files, of sums alone where its role has no others."""
    is_enough = asset.is_aggregate and "export:aggregates" in claims.scopes
    return is_enough or "export" in claims.scopes


def _require_export(claims: Claims, asset: Asset) -> None:
    if not may_export(claims, asset):
        claims.require("export")


def _form(requested: str, headers: Mapping[str, str]) -> Form:
    if not requested:
        accepted = preferred(headers, tuple(_MEDIA_TYPES))
        if accepted is None:
            raise ApiError(
                Code.NOT_ACCEPTABLE,
                "The file has none of the accepted forms.",
                {"header": "Accept", "supported": list(_MEDIA_TYPES)},
            )
        return _MEDIA_TYPES[accepted]
    for form in FORMS:
        if form == requested:
            return form
    raise unsupported_form(FORMS)


class _FileResponse(Response):
    """A response whose headers are known once its snapshot is."""

    def __init__(self, service: Service, claims: Claims, query: ListQuery, form: Form) -> None:
        super().__init__()
        self._service = service
        self._claims = claims
        self._query = query
        self._file_form: Form = form

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file, or end its statement as soon as the caller is gone."""
        with self._service.export_slots.taken(self._claims, scope["state"].get("address", "")):
            sending = asyncio.ensure_future(self._send_file(scope, send))
            leaving = asyncio.ensure_future(_left(receive))
            try:
                await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
                if sending.done():
                    sending.result()
                else:
                    log_event(logging.INFO, "export.abandoned", asset=self._query.route.asset.key)
            finally:
                leaving.cancel()
                sending.cancel()
                # The transaction ends before the slot is free.
                await asyncio.gather(sending, leaving, return_exceptions=True)

    async def _send_file(self, scope: Scope, send: Send) -> None:
        database = self._service.exports
        await database.read(self._claims, lambda r: self._copy(scope, send, r), repeats=False)

    async def _copy(self, scope: Scope, send: Send, reader: Reader) -> None:
        query, form = self._query, self._file_form
        asset = query.route.asset
        status = await status_in_snapshot(self._service, reader, asset)
        most = self._claims.limits.export_rows
        export = await prepare_export(reader, query, form, status, most)
        started = False

        async def send_part(part: bytes) -> None:
            nonlocal started
            if not started:
                started = True
                headers = Response(headers=_headers(export)).raw_headers
                headers = [pair for pair in headers if pair[0] != b"content-length"]
                await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": part, "more_body": True})

        if scope["state"].get("is_head"):
            await send_part(b"")
        else:
            columns = [asset.column(name) for name in query.columns]
            await copy_rows(reader, export, file_writer(form, columns), send_part)
            self._service.metrics.count_export(form, export.rows)
            log_event(logging.INFO, "export.sent", asset=asset.key, format=form, rows=export.rows)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _headers(export: Export) -> dict[str, str]:
    headers = {
        "Content-Type": FILE_FORMS[export.form].media_type,
        "Content-Disposition": f'attachment; filename="{export.file_name}"',
        "Cache-Control": "private, no-store",
        "Vary": "Authorization, Cookie, Accept",
        "X-Row-Count": str(export.rows),
    }
    if export.status.version is not None:
        headers["X-Data-Version"] = str(export.status.version)
    return headers


async def _left(receive: Receive) -> None:
    """Return when the caller has closed the connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
