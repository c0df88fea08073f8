"""Export files: from rows as Postgres copies them to the bytes of a file, some at a time.

Postgres sends whole rows as comma-separated text, or as one object of JSON each. Arrow and Parquet
are built from that text in batches, in a thread. Scope: bytes; not here: which rows
(``query_layer.read.export_reader``) or HTTP (``query_layer.http.export_handler``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from query_layer.read.export_columns import Form
from query_layer.registry.column import Column, Kind

if TYPE_CHECKING:
    import pyarrow as pa

_ARROW_BATCH_BYTES = 1 << 20  # of text that becomes one record batch
_PARQUET_GROUP_BYTES = 8 << 20  # of text that becomes one row group


@dataclass(frozen=True)
class FileForm:
    """One form of file: media type, ending of the name, and options of Postgres's COPY."""

    media_type: str
    ending: str
    copy: Mapping[str, Any]


_CSV = {"format": "csv"}
# One column of JSON: JSON holds neither of these characters, so nothing is quoted or escaped.
_LINES = {"format": "csv", "delimiter": "\x02", "quote": "\x01"}
FILE_FORMS: Mapping[Form, FileForm] = {
    "csv": FileForm("text/csv; charset=utf-8; header=present", "csv", {**_CSV, "header": True}),
    "ndjson": FileForm("application/x-ndjson", "ndjson", _LINES),
    "parquet": FileForm("application/vnd.apache.parquet", "parquet", _CSV),
    "arrow": FileForm("application/vnd.apache.arrow.stream", "arrows", _CSV),
}


class FileWriter(Protocol):
    """What turns rows into the bytes of a file."""

    async def write(self, rows: bytes) -> bytes:
        """Take whole rows; return the bytes of the file that are finished."""

    async def end(self) -> bytes:
        """Return the last bytes of the file."""


def file_writer(form: Form, columns: Sequence[Column]) -> FileWriter:
    """Return the writer of one file."""
    return _Text() if form in ("csv", "ndjson") else _Columnar(form, columns)


class _Text:
    """Postgres wrote the file already."""

    async def write(self, rows: bytes) -> bytes:
        return bytes(rows)

    async def end(self) -> bytes:
        return b""


class _Columnar:
    """Batches of Arrow, as a stream of its own or as row groups of Parquet."""

    def __init__(self, form: Form, columns: Sequence[Column]) -> None:
        self._form = form
        self._columns = columns
        self._batch_bytes = _PARQUET_GROUP_BYTES if form == "parquet" else _ARROW_BATCH_BYTES
        self._waiting = bytearray()
        self._sink = _Sink()
        self._writer: Any = None
        self._schema: pa.Schema | None = None

    async def write(self, rows: bytes) -> bytes:
        self._waiting += rows
        if len(self._waiting) < self._batch_bytes:
            return b""
        return await asyncio.to_thread(self._convert)

    async def end(self) -> bytes:
        return await asyncio.to_thread(self._finish)

    def _finish(self) -> bytes:
        last = self._convert()
        self._writer.close()
        return last + self._sink.take()

    def _convert(self) -> bytes:
        if self._writer is None:
            self._open()
        if self._waiting:
            text, self._waiting = bytes(self._waiting), bytearray()
            table = _table(text, self._schema)
            if self._form == "parquet":
                self._writer.write_table(table, row_group_size=table.num_rows)
            else:
                self._writer.write_table(table)
        return self._sink.take()

    def _open(self) -> None:
        """Open the writer; pyarrow costs 0.2 s, so the first such file imports it."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._schema = arrow_schema(self._columns)
        if self._form == "parquet":
            self._writer = pq.ParquetWriter(self._sink, self._schema, compression="zstd")
        else:
            self._writer = pa.ipc.new_stream(self._sink, self._schema)


class _Sink:
    """A file that only collects what is written until somebody takes it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._position = 0
        self.closed = False

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._position += len(part)
        return len(part)

    def tell(self) -> int:
        return self._position

    def flush(self) -> None:
        """Do nothing: what was written is there already."""

    def close(self) -> None:
        self.closed = True

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def take(self) -> bytes:
        taken, self._parts = b"".join(self._parts), []
        return taken


def arrow_schema(columns: Sequence[Column]) -> pa.Schema:
    """Return the types of a file: integers of 64 bits, decimals and JSON as text, UTC."""
    import pyarrow as pa

    types: Mapping[Kind, Any] = {
        "integer": pa.int64(),
        "bytes": pa.int64(),
        "ratio": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us", tz="UTC"),
    }
    return pa.schema(
        pa.field(
            column.name,
            types.get(column.kind, pa.string()),
            metadata={"description": column.description},
        )
        for column in columns
    )


def _table(text: bytes, schema: pa.Schema | None) -> pa.Table:
    import pyarrow as pa
    from pyarrow import csv

    assert schema is not None
    parsed = csv.read_csv(
        pa.BufferReader(text),
        read_options=csv.ReadOptions(
            column_names=schema.names, block_size=len(text) + 1, use_threads=False
        ),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types={field.name: field.type for field in schema},
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["true"],
            false_values=["false"],
        ),
    )
    return parsed.cast(schema)
