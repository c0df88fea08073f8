"""What a check reports: what failed in words, how many rows, at most five of them, the SQL (D-05).

Scope: the one form of every check's result; not here: the rules, which are beside their tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
import psycopg
from psycopg.abc import Params

from cdp_assets.units import counted

SAMPLES = 5


def check_result(
    asset_key: str,
    name: str,
    rule: str,
    *,
    failing_rows: int,
    sql: str,
    samples: Sequence[Any] = (),
    passed: bool | None = None,
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR,
    found: str = "",
    metadata: Mapping[str, Any] | None = None,
) -> dg.AssetCheckResult:
    """Return the result of a check.

    Args:
        asset_key: ``schema/table``.
        name: Of the check.
        rule: What must hold, a sentence.
        failing_rows: Rows, entities or files that break it.
        sql: Statement that shows them, complete, to be pasted into psql.
        samples: Keys of those that break it; five are shown.
        passed: Whether it passed; null: it passed when no row breaks it.
        severity: Of a failure.
        found: What was found, a sentence; empty: the rule, and how many rows break it.
        metadata: Further labels of this check.
    """
    is_passed = failing_rows == 0 if passed is None else passed
    text = rule if is_passed else f"{broken_by(counted(failing_rows, 'row'), failing_rows)} {rule}"
    return dg.AssetCheckResult(
        asset_key=asset_key.split("/"),
        check_name=name,
        passed=is_passed,
        severity=severity,
        description=found or text,
        metadata={
            "failing_rows": failing_rows,
            "samples": dg.MetadataValue.json(list(samples)[:SAMPLES]),
            "sql": dg.MetadataValue.md(f"```sql\n{sql.strip()}\n```"),
            **(metadata or {}),
        },
    )


def broken_by(what: str, number: int) -> str:
    """Return the sentence that rows break a rule.

    Args:
        what: The rows in words, with their number.
        number: How many, for the form of the verb.
    """
    return f"{what} {'breaks' if number == 1 else 'break'} the rule."


def sample_rows(cursor: psycopg.Cursor[Any]) -> list[dict[str, str | None]]:
    """Return the first rows of a result by column name, values as text."""
    names = [column.name for column in cursor.description or ()]
    return [
        {
            name: None if value is None else str(value)
            for name, value in zip(names, row, strict=True)
        }
        for row in cursor.fetchmany(SAMPLES)
    ]


def as_typed(connection: psycopg.Connection, statement: str, values: Params) -> str:
    """Return a statement with its values in it, ready for psql."""
    cursor: psycopg.ClientCursor[Any] = psycopg.ClientCursor(connection)
    return cursor.mogrify(statement.encode(), values)
