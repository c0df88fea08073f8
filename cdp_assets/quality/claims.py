"""A claim about tables: words, a select of the rows that break it, and what people are shown.

Belongs here: evaluating one claim and the form of every result of the daily job (D-05). Does not:
which claims there are (``invariants``, ``source_warnings``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import dagster as dg
import psycopg
from psycopg import sql

SAMPLES = 5


@dataclass(frozen=True)
class Claim:
    """One check of the daily job.

    Attributes:
        name: Of the check; a claim that can be false.
        asset_key: ``schema/table`` that it is about.
        meaning: What it says, in words for people.
        broken: Select of the rows that break it, keys first; may use ``%(now)s``, ``%(day)s`` and
            ``%(next_day)s`` (timestamps without zone, UTC) and the values of the claim's module.
        severity: ERROR where a published figure is wrong; WARN for what the source really holds.
        comparable: Select of reasons (one text column) why the tables cannot be compared yet; rows
            of it turn a breach into a warning, because the next refresh may mend it.
    """

    name: str
    asset_key: str
    meaning: str
    broken: LiteralString
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR
    comparable: LiteralString | None = None

    def spec(self) -> dg.AssetCheckSpec:
        """Return the declaration of the check."""
        return dg.AssetCheckSpec(
            self.name, asset=self.asset_key.split("/"), description=self.meaning
        )


def evaluate(
    connection: psycopg.Connection, claim: Claim, values: Mapping[str, object]
) -> dg.AssetCheckResult:
    """Count the rows that break a claim and show the first of them."""
    named = {key: value for key, value in values.items() if f"%({key})s" in claim.broken}
    cursor = connection.execute(
        sql.SQL("select b.*, count(*) over () from ({}) b limit {}").format(
            sql.SQL(claim.broken), sql.Literal(SAMPLES)
        ),
        named,
    )
    names = [column.name for column in cursor.description or ()][:-1]
    rows = cursor.fetchall()
    failing = int(rows[0][-1]) if rows else 0
    severity, description = claim.severity, claim.meaning
    if failing:
        description = f"{failing:,} rows break the rule. {claim.meaning}"
        reasons = _reasons(connection, claim)
        if reasons:
            severity = dg.AssetCheckSeverity.WARN
            description += f" Not comparable yet: {'; '.join(reasons)}. `cdp refresh` first."
    return result(
        claim.asset_key, claim.name, failing, description, severity,
        samples=[dict(zip(names, map(_text, row), strict=False)) for row in rows],
        query=shown(connection, claim.broken, named),
    )  # fmt: skip


def result(
    asset_key: str, name: str, failing: int, description: str, severity: dg.AssetCheckSeverity,
    *, samples: Sequence[Mapping[str, str | None]], query: str | None,
    figures: Mapping[str, Any] | None = None,
) -> dg.AssetCheckResult:  # fmt: skip
    """Return a result as every check of the daily job shows it.

    Args:
        asset_key: ``schema/table``.
        name: Of the check.
        failing: Rows that break the rule.
        description: Words: what failed and how many rows.
        severity: Of a failure.
        samples: At most five keys are shown.
        query: What shows the rows in psql; null where the rule is not about rows.
        figures: More numbers.
    """
    metadata: dict[str, Any] = {"failing_rows": failing, **(figures or {})}
    if query is not None:
        metadata["sql"] = dg.MetadataValue.md(f"```sql\n{query.strip()}\n```")
    if samples:
        metadata["samples"] = dg.MetadataValue.json([dict(row) for row in samples[:SAMPLES]])
    return dg.AssetCheckResult(
        asset_key=asset_key.split("/"), check_name=name, passed=not failing, severity=severity,
        description=description, metadata=metadata,
    )  # fmt: skip


def shown(
    connection: psycopg.Connection, query: LiteralString, values: Mapping[str, object]
) -> str:
    """Return a query with its values in it, so that it runs as it is shown."""
    return psycopg.ClientCursor(connection).mogrify(query, dict(values))


def _reasons(connection: psycopg.Connection, claim: Claim) -> list[str]:
    if claim.comparable is None:
        return []
    return [str(row[0]) for row in connection.execute(claim.comparable)]


def _text(value: object) -> str | None:
    return None if value is None else str(value)
