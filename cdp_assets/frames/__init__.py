"""Tables and views as pandas DataFrames with exact types, for analysis in Python.

``read_frame`` reads a table or view, in full or one partition of it; ``query_frame`` the rows of
any statement; ``size_of`` says beforehand how large a read is. All read only. pandas is imported
when a frame is built, never by the code location.

Scope: choosing rows, bounding memory. Not here: how a Postgres type becomes a pandas type (see
``columns``) or the rows of a partition key (see ``partition_rows``).
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, NamedTuple

import psycopg
from psycopg import sql

from cdp_assets.errors import BadConfiguration
from cdp_assets.frames import columns as column_types
from cdp_assets.frames.partition_rows import PartitionRows, partition_rows, partition_states
from cdp_assets.frames.relations import Relation, find_relation
from cdp_assets.units import counted
from resources.postgres.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

MAX_BYTES = 2**30  # of memory that one frame may take, unless a caller allows more
_ROWS_PER_FETCH = 10_000  # some megabytes of Python objects at a time, whatever the table


class FrameSize(NamedTuple):
    """How large a read is.

    Attributes:
        rows: Counted.
        bytes: Memory that the frame will take, estimated from the types and the stored values.
    """

    rows: int
    bytes: int

    def __str__(self) -> str:
        return f"{counted(self.rows, 'row')}, about {self.bytes / 2**20:,.1f} MiB"


class _ReadPlan(NamedTuple):
    """Which rows and columns to read."""

    relation: Relation
    columns: list[str]
    rows: PartitionRows | None
    limit: int | None


def read_frame(
    table: str,
    partition: str | None = None,
    *,
    columns: Sequence[str] | None = None,
    limit: int | None = None,
    max_bytes: int = MAX_BYTES,
    connection: psycopg.Connection | None = None,
) -> pd.DataFrame:
    """Return a table or view, or one partition of it, as a DataFrame.

    Types are exact: integers are ``Int64``, ``numeric`` is ``Decimal``, doubles are ``Float64``,
    truth values ``boolean``, text ``string``; times carry UTC; dates are ``date``; everything else
    is the Python object. Null stays null (``NA``, ``NaT`` or ``None``) and never becomes 0 or NaN.
    Rows come in the order of the primary key, those of a view in the order of its columns. The size
    is counted first, so a frame that is too large is refused before it is read.

    Args:
        table: ``schema.table`` or an asset key (``schema/table``, ``schema/chain/table``); a bare
            name is a view of ``api_v1``.
        partition: Null reads all rows. Else ``2026-08-03-10:00`` (an hour), ``2026-08-03`` (a day,
            or the week that begins then), ``2026-08`` (a month), all UTC, or the bare id of a
            chain's period. Rows of a month are those whose hour, day or week begins in it.
        columns: Only these, in this order; null: all.
        limit: Only the first rows of the order.
        max_bytes: Most memory that the frame may take.
        connection: To read with, for example as role ``analyst``; null opens one to the warehouse
            (``DATABASE_URL`` or the embedded server) that cannot write.

    Returns:
        The rows. ``attrs`` holds ``table``, ``partition``, and ``states``: the state of every
        partition that was read, as ``ops.asset_partition_status`` has it. Those that
        failed a check, were not observed or are missing are named in a warning.

    Raises:
        BadConfiguration: There is no such table, column or partition, or the frame is too large.
        MissingUpstream: The partition was not materialized, so that no row is not zero rows.
        TransientFailure: The warehouse does not respond.
    """
    with _reader(connection) as reader:
        plan = _plan(reader, table, partition, columns, limit)
        size = _size(reader, plan)
        if size.bytes > max_bytes:
            raise BadConfiguration(
                f"the frame would take {size}, more than {max_bytes / 2**20:,.0f} MiB",
                key=plan.relation.name,
                hint="read one partition, fewer `columns` or a `limit`, or allow more `max_bytes`",
            )
        states = _states(reader, plan)
        frame = _fetched(reader, _select(plan, _listed(plan.columns), is_ordered=True))
    frame.attrs = {"table": plan.relation.name, "partition": partition, "states": states}
    return frame


def size_of(
    table: str,
    partition: str | None = None,
    *,
    columns: Sequence[str] | None = None,
    limit: int | None = None,
    connection: psycopg.Connection | None = None,
) -> FrameSize:
    """Return how large a frame of ``read_frame`` would be; takes its arguments.

    Raises:
        BadConfiguration: There is no such table, column or partition.
    """
    with _reader(connection) as reader:
        return _size(reader, _plan(reader, table, partition, columns, limit))


def query_frame(
    connection: psycopg.Connection,
    statement: sql.SQL | sql.Composed | str,
    values: Mapping[str, object] | None = None,
) -> pd.DataFrame:
    """Return the rows of a select as a DataFrame with the types of ``read_frame``.

    The statement says itself what bounds it and in which order the rows come.
    """
    return _fetched(connection, statement, values)


def _reader(
    connection: psycopg.Connection | None,
) -> AbstractContextManager[psycopg.Connection]:
    if connection is not None:
        return nullcontext(connection)
    return Warehouse().connect(application="cdp frames", is_read_only=True)


def _plan(
    connection: psycopg.Connection,
    table: str,
    partition: str | None,
    columns: Sequence[str] | None,
    limit: int | None,
) -> _ReadPlan:
    relation = find_relation(connection, table)
    chosen = list(columns) if columns is not None else list(relation.columns)
    unknown = [name for name in chosen if name not in relation.columns]
    if unknown or not chosen:
        raise BadConfiguration(
            f"it has no column {', '.join(unknown)}" if unknown else "no column was named",
            key=relation.name,
            hint=f"its columns: {', '.join(relation.columns)}",
        )
    if limit is not None and limit < 0:
        raise BadConfiguration("must not be negative", key=f"limit {limit}")
    rows = None if partition is None else partition_rows(relation, partition)
    return _ReadPlan(relation, chosen, rows, limit)


def _listed(columns: Sequence[str]) -> sql.Composable:
    return sql.SQL(", ").join(sql.SQL("t.{}").format(sql.Identifier(name)) for name in columns)


def _select(plan: _ReadPlan, what: sql.Composable, *, is_ordered: bool) -> sql.Composed:
    parts = [
        sql.SQL("select {} from {} t").format(what, sql.Identifier(*plan.relation.name.split(".")))
    ]
    conditions = [plan.rows.condition] if plan.rows is not None else []
    if plan.relation.chain_id is not None:
        conditions.append(sql.SQL("t.chain_id = {}").format(sql.Literal(plan.relation.chain_id)))
    if conditions:
        parts.append(sql.SQL("where ") + sql.SQL(" and ").join(conditions))
    if is_ordered and plan.relation.order:
        parts.append(sql.SQL("order by ") + _listed(plan.relation.order))
    if plan.limit is not None:
        parts.append(sql.SQL("limit {}").format(sql.Literal(plan.limit)))
    return sql.SQL(" ").join(parts)


def _size(connection: psycopg.Connection, plan: _ReadPlan) -> FrameSize:
    types = [plan.relation.columns[name] for name in plan.columns]
    varying = [
        name for name in plan.columns if column_types.is_varying(plan.relation.columns[name])
    ]
    stored = sql.SQL(" + ").join(
        sql.SQL("coalesce(pg_column_size(t.{}), 0)").format(sql.Identifier(name))
        for name in varying
    )
    counted = _select(plan, stored if varying else sql.SQL("0"), is_ordered=False)
    row = connection.execute(
        sql.SQL("select count(*), coalesce(sum(s.stored), 0)::bigint from ({}) s (stored)").format(
            counted
        )
    ).fetchone()
    assert row is not None
    rows, stored_bytes = row
    return FrameSize(rows, stored_bytes + rows * sum(map(column_types.fixed_bytes, types)))


def _states(connection: psycopg.Connection, plan: _ReadPlan) -> Mapping[str, str]:
    if plan.rows is None:
        return {}
    states = partition_states(connection, plan.relation, plan.rows)
    bad = [f"{key} {state}" for key, state in states.items() if state != "MATERIALIZED"]
    if bad:
        warnings.warn(f"{plan.relation.name} {plan.rows.key}: {', '.join(bad)}", stacklevel=3)
    return states


def _fetched(
    connection: psycopg.Connection,
    statement: sql.SQL | sql.Composed | str,
    values: Mapping[str, object] | None = None,
) -> pd.DataFrame:
    """Fetch in portions through a server cursor; each becomes compact columns at once."""
    import pandas as pd

    with (
        connection.transaction(),
        psycopg.ServerCursor(connection, "frame") as cursor,
    ):
        column_types.read_numbers_exactly(cursor)
        cursor.execute(statement, values)
        described = cursor.description or []
        names = [column.name for column in described]
        types = [column.type_code for column in described]
        portions = []
        while rows := cursor.fetchmany(_ROWS_PER_FETCH):
            by_column = zip(types, zip(*rows, strict=True), strict=True)
            portions.append(_portion(names, [column_types.array_of(*part) for part in by_column]))
    if not portions:
        return _portion(names, [column_types.array_of(code, ()) for code in types])
    return portions[0] if len(portions) == 1 else pd.concat(portions, ignore_index=True)


def _portion(names: Sequence[str], arrays: Sequence[column_types.Array]) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame(dict(enumerate(arrays)))
    frame.columns = pd.Index(names, dtype=object)
    return frame
