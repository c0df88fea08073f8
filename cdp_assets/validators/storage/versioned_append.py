"""Versioned append: how canonical tables are written (spec README; validator §4).

A new version is written only where the content differs; its predecessor is closed in the same
statement; a key that vanished gets a tombstone; no other row changes. Scope: the one statement and
its row counts; not here: which payload wins (``source_priority``), what the rows are
(``fees_rules``, ``identity_rules``), or publishing (``resources.postgres.ops_status``).
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import LiteralString

import psycopg
from psycopg import sql
from psycopg.types.json import Json

from resources.codecs.exact_json import canonical_text
from resources.postgres.warehouse import analyze_outgrown

Value = int | Decimal | str | bool | datetime | uuid.UUID | tuple[str, ...] | Json | None
VOID = "void"  # content hash of a tombstone; no SHA-256 has this form
_encoded = json.JSONEncoder(separators=(",", ":")).encode  # built once: each row is hashed


@dataclass(frozen=True)
class TableForm:
    """Columns that record what a row was built from.

    Attributes:
        version: Number of the version.
        written_at: Clock of the run that wrote it.
        origin: What the row was built from.
        inherited: Of these, those that a tombstone takes from its predecessor.
        is_content: A row that was built from something else is another version, whatever its
            values; else only values and flags count.
    """

    version: str
    written_at: str
    origin: tuple[str, ...]
    inherited: tuple[str, ...]
    is_content: bool


NORMALISED = TableForm(
    "version",
    "normalized_at",
    ("source_provider", "source_payload_id"),
    ("source_provider",),
    is_content=False,
)
COMPUTED = TableForm(
    "computation_version",
    "computed_at",
    ("inputs_hash", "code_version"),
    ("inputs_hash", "code_version"),
    is_content=True,
)


@dataclass(frozen=True)
class VersionedTable:
    """A table of versions.

    Attributes:
        name: The table.
        key: Columns of its business key after ``chain_id``.
        values: Columns of its values.
        form: Columns of its origin.
        schema: Where it is.
    """

    name: str
    key: tuple[str, ...]
    values: tuple[str, ...]
    form: TableForm = NORMALISED
    schema: str = "validators"


@dataclass(frozen=True, slots=True)
class VersionedRow:
    """One row to be current, in the order of the table's columns.

    Attributes:
        key: Business key without the chain.
        values: Amounts as int in the chain's smallest unit; null where not known.
        origin: What it was built from, as in the table's form; of a canonical row the provider
            and the id of its response, null for a row that needs none.
        quality_flags: Part of the content: a flag that goes away gives a new version.
    """

    key: tuple[str | uuid.UUID, ...]
    values: tuple[Value, ...]
    origin: tuple[str | uuid.UUID | None, ...]
    quality_flags: tuple[str, ...] = ()

    def content_hash(self, form: TableForm) -> str:
        """Return the hash of the content; equal content never writes a version."""
        content = [*map(_text, self.values), sorted(self.quality_flags)]
        if form.is_content:
            content += map(_text, self.origin)
        return hashlib.sha256(_encoded(content).encode()).hexdigest()


@dataclass(frozen=True)
class RowScope:
    """The rows of its periods that one writer owns, where a table has several.

    A condition over values decides, so a tombstone, which has none, is in every scope: a key is
    written by one writer alone.

    Attributes:
        condition: Over the table's columns; takes named parameters.
        parameters: Of the condition, by name.
    """

    condition: LiteralString
    parameters: Mapping[str, object] = field(default_factory=dict)


ALL_ROWS = RowScope("true")


@dataclass(frozen=True)
class Stamp:
    """What every version written by one run carries.

    Attributes:
        now: The clock, which becomes ``recorded_at`` and the time of the table's form.
        config_hash: Configuration of the chain that the rows were built with.
    """

    now: datetime
    config_hash: str


@dataclass(frozen=True)
class Appended:
    """What an append did, in rows."""

    new: int
    changed: int
    voided: int
    unchanged: int

    @property
    def written(self) -> int:
        """Return how many versions were written."""
        return self.new + self.changed + self.voided

    def __add__(self, other: Appended) -> Appended:
        return Appended(
            self.new + other.new,
            self.changed + other.changed,
            self.voided + other.voided,
            self.unchanged + other.unchanged,
        )


NOTHING = Appended(0, 0, 0, 0)


def append_versions(
    cursor: psycopg.Cursor,
    table: VersionedTable,
    chain_id: str,
    period_ids: Sequence[str],
    rows: Iterable[VersionedRow],
    stamp: Stamp,
    row_scope: RowScope = ALL_ROWS,
) -> Appended:
    """Make ``rows`` the current rows of the named periods, in the caller's transaction.

    ``recorded_at`` is the clock, but never before a version that the same periods already have, so
    ``as_of(t)`` never changes for a ``t`` before the newest version, even under a pinned clock in
    the past. Two versions of one key may thus have the same instant; the earlier one is then
    superseded at the instant it was recorded, and ``as_of`` shows only the later one.

    Args:
        cursor: Inside a transaction that holds the table's write lock.
        table: Where to write.
        chain_id: Chain of all rows.
        period_ids: All periods that ``rows`` covers: a current key of these that is not among
            ``rows`` becomes a tombstone.
        rows: Each key once.
        stamp: Clock and configuration.
        row_scope: Which rows of the periods are replaced; others stay as they are.

    Returns:
        Rows new, changed (reappeared ones included), voided and unchanged.

    Raises:
        psycopg.errors.UniqueViolation: A key is twice among ``rows``.
    """
    incoming = _stage(cursor, table, rows)
    cursor.execute(
        _statement(table, row_scope),
        {
            **row_scope.parameters,
            "chain": chain_id,
            "periods": list(period_ids),
            "now": stamp.now,
            "config": stamp.config_hash,
            "void": VOID,
        },
    )
    written = cursor.fetchone()
    assert written is not None
    cursor.execute("drop table incoming_versions")
    new, changed, voided = written
    return Appended(new, changed, voided, incoming - new - changed)


def _stage(cursor: psycopg.Cursor, table: VersionedTable, rows: Iterable[VersionedRow]) -> int:
    columns = _names(
        (*table.key, *table.values, *table.form.origin, "content_hash", "quality_flags")
    )
    target = sql.Identifier(table.schema, table.name)
    cursor.execute(
        sql.SQL(
            "create temporary table incoming_versions on commit drop as "
            "select {} from {} with no data"
        ).format(columns, target)
    )
    cursor.execute(
        sql.SQL("create unique index on incoming_versions ({})").format(_names(table.key))
    )
    count = 0
    with cursor.copy(sql.SQL("copy incoming_versions ({}) from stdin").format(columns)) as copy:
        for row in rows:
            copy.write_row(
                [
                    *row.key,
                    *map(_stored, row.values),
                    *row.origin,
                    row.content_hash(table.form),
                    sorted(row.quality_flags),
                ]
            )
            count += 1
    analyze_outgrown(cursor, "incoming_versions")
    return count


def _statement(table: VersionedTable, row_scope: RowScope) -> sql.Composed:
    """Build the one statement that closes predecessors and writes successors.

    The count over ``closed`` makes the insert wait for the update: both change the unique index of
    current rows, and sub-statements have no order of their own.
    """
    form = table.form
    return sql.SQL("""
        with scope as materialized (
            select greatest(%(now)s::timestamptz, max(recorded_at)) as recorded_at
            from {target} where chain_id = %(chain)s and period_id = any(%(periods)s)
        ),
        present as materialized (
            select {key}, {version} as version, is_void, content_hash, {origin}
            from {target}
            where chain_id = %(chain)s and period_id = any(%(periods)s) and is_current
                and (is_void or ({row_scope}))
        ),
        changes as materialized (
            select
                {either},
                p.version as old_version,
                i.content_hash is null as vanished,
                {either_origin},
                coalesce(i.content_hash, %(void)s) as content_hash,
                coalesce(i.quality_flags, '{{}}') as quality_flags
            from incoming_versions i
            full join present p on {same_key}
            where p.version is null
                or (i.content_hash is null and not p.is_void)
                or i.content_hash <> p.content_hash
        ),
        closed as (
            update {target} t
            set is_current = false, superseded_at = s.recorded_at, superseded_by = t.{version} + 1
            from changes c, scope s
            where t.chain_id = %(chain)s and {closes_key} and t.{version} = c.old_version
            returning 1
        ),
        written as (
            insert into {target} (
                chain_id, {columns}, {version}, is_current, is_void, recorded_at,
                {origin}, {written_at}, config_hash, content_hash, quality_flags
            )
            select
                %(chain)s, {changed}, coalesce(c.old_version, 0) + 1, true,
                c.vanished, s.recorded_at, {changed_origin}, %(now)s, %(config)s,
                c.content_hash, c.quality_flags
            from changes c, scope s
            where (select count(*) from closed) >= 0
            returning {version} as version, is_void
        )
        select
            count(*) filter (where version = 1),
            count(*) filter (where version > 1 and not is_void),
            count(*) filter (where is_void)
        from written
        """).format(
        target=sql.Identifier(table.schema, table.name),
        row_scope=sql.SQL(row_scope.condition),
        version=sql.Identifier(form.version),
        written_at=sql.Identifier(form.written_at),
        origin=_names(form.origin),
        either_origin=sql.SQL(", ").join(
            sql.SQL("coalesce(i.{0}, p.{0}) as {0}" if name in form.inherited else "i.{0}").format(
                sql.Identifier(name)
            )
            for name in form.origin
        ),
        changed_origin=sql.SQL(", ").join(_each("c.{0}", form.origin)),
        key=_names(table.key),
        columns=_names((*table.key, *table.values)),
        either=sql.SQL(", ").join(
            [
                *_each("coalesce(i.{0}, p.{0}) as {0}", table.key),
                *_each("i.{0}", table.values),
            ]
        ),
        changed=sql.SQL(", ").join(_each("c.{0}", (*table.key, *table.values))),
        same_key=sql.SQL(" and ").join(_each("i.{0} = p.{0}", table.key)),
        closes_key=sql.SQL(" and ").join(_each("t.{0} = c.{0}", table.key)),
    )


def _names(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _each(pattern: LiteralString, columns: Sequence[str]) -> list[sql.Composed]:
    return [sql.SQL(pattern).format(sql.Identifier(column)) for column in columns]


def _stored(value: Value) -> object:
    """Return a value as the driver writes it."""
    return list(value) if isinstance(value, tuple) else value


def _text(value: Value) -> str | None:
    if value is None or type(value) is str:
        return value
    if type(value) is int:
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")  # as Postgres gives it back, whatever its scale
    if isinstance(value, Json):
        return canonical_text(value.obj)
    if isinstance(value, tuple):
        return _encoded(value)
    return str(value)
