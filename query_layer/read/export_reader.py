"""Export reader: the rows of a file, all in one snapshot and in the order of their key.

Scope: which rows, how many, and copying them; not here: parameters
(``query_layer.read.list_query``) or the bytes of a file (``query_layer.read.export_files``).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date

from query_layer.errors import ApiError, Code
from query_layer.read.database import Reader
from query_layer.read.export_columns import Form, column_expressions
from query_layer.read.export_files import FILE_FORMS, FileWriter
from query_layer.read.filter_values import Condition
from query_layer.read.list_query import ListQuery
from query_layer.read.page_reader import chosen_partition, of_partition, require_built
from query_layer.read.statements import capped_count_statement, export_statement
from query_layer.read.versions import AssetStatus

_CHUNK_BYTES = 64 << 10
_RANGE_TESTS = ("at_least", "below")


@dataclass(frozen=True)
class Export:
    """The rows of one file, counted in its snapshot.

    Attributes:
        query: As requested.
        form: Form of the file.
        conditions: What the rows fulfil, the partition included.
        partition: The one partition; null: rows of several.
        rows: How many there are.
        status: Status of what is read.
    """

    query: ListQuery
    form: Form
    conditions: tuple[Condition, ...]
    partition: date | None
    rows: int
    status: AssetStatus

    @property
    def file_name(self) -> str:
        """Name of the file: asset, data version and range."""
        ends = [
            re.sub(r"[^0-9A-Za-z.-]", "", str(c.value))
            for c in self.conditions
            if c.test in _RANGE_TESTS
        ]
        range_name = self.partition.isoformat() if self.partition else "_".join(ends) or "all"
        asset = self.query.route.asset.name
        ending = FILE_FORMS[self.form].ending
        return f"{asset}_v{self.status.version or 0}_{range_name}.{ending}"


async def prepare_export(
    reader: Reader, query: ListQuery, form: Form, status: AssetStatus, most_rows: int
) -> Export:
    """Return the rows of a file, after everything that could refuse it.

    Args:
        reader: A transaction of one snapshot, in which ``status`` was read too.
        query: The validated query.
        form: Form of the file.
        status: Status of what is read.
        most_rows: Of the caller's plan.

    Raises:
        ApiError: PARTITION_NOT_MATERIALIZED, DATA_VERSION_CHANGED or EXPORT_TOO_LARGE.
    """
    asset = query.route.asset
    if query.if_version not in (None, status.version):
        raise version_changed(query.if_version, status.version)
    partition = await chosen_partition(reader, query)
    conditions = query.conditions
    if partition is not None:
        conditions = (of_partition(asset, partition), *conditions)
    text, arguments = capped_count_statement(asset, conditions, most_rows)
    rows = await reader.fetchval(text, *arguments)
    if rows > most_rows:
        raise ApiError(
            Code.EXPORT_TOO_LARGE,
            f"The export has more than the {most_rows:,} rows that the plan allows; narrow it.",
            {"max_rows": most_rows},
        )
    if rows == 0 and partition is not None:
        await require_built(reader, asset, partition)
    return Export(query, form, conditions, partition, rows, status)


async def copy_rows(
    reader: Reader, export: Export, writer: FileWriter, send: Callable[[bytes], Awaitable[None]]
) -> None:
    """Copy the rows of a file to ``send``, some 64 KiB at a time; the reader waits for it.

    Raises:
        RuntimeError: Other rows were copied than were counted in the same snapshot.
    """
    query, asset = export.query, export.query.route.asset
    columns = [asset.column(name) for name in query.columns]
    expressions = column_expressions(columns, export.form)
    order = asset.key_columns
    if export.partition is None and asset.partition is not None:
        order = (asset.partition.column, *order)
    text, arguments = export_statement(asset, expressions, export.conditions, order)
    if export.form == "ndjson":
        text = f"select row_to_json(o) from ({text}) o"
    waiting = bytearray()

    async def collect(data: bytes) -> None:
        nonlocal waiting
        waiting += await writer.write(data)
        if len(waiting) >= _CHUNK_BYTES:
            full, waiting = bytes(waiting), bytearray()
            await send(full)

    options = FILE_FORMS[export.form].copy
    outcome = await reader.copy_from_query(text, *arguments, output=collect, **options)
    if outcome != f"COPY {export.rows}":
        raise RuntimeError("an export copied other rows than its snapshot has")
    await send(bytes(waiting) + await writer.end())


def version_changed(requested: int | None, current: int | None) -> ApiError:
    """Return DATA_VERSION_CHANGED."""
    return ApiError(
        Code.DATA_VERSION_CHANGED,
        "The data version is no longer the requested one.",
        {"if_version": requested, "data_version": current},
    )
