"""A check that is one SQL statement: the rows that it finds break a rule.

Every such check is a ``SqlCheck`` and is evaluated here, whether it belongs to a run or to a job.
Scope: the statement, its evaluation, its result; not here: the checks themselves (they are beside
their tables), or the form of any check's result (``check_results``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg
import psycopg

from cdp_assets.core.checks.check_results import (
    SAMPLES,
    as_typed,
    broken_by,
    check_result,
    sample_rows,
)
from cdp_assets.units import counted

_ERROR, _WARN = dg.AssetCheckSeverity.ERROR, dg.AssetCheckSeverity.WARN


@dataclass(frozen=True)
class SqlCheck:
    """One check.

    Attributes:
        name: Of the check; a statement that can be false.
        asset_key: ``schema/table`` that it is about.
        meaning: The rule in words.
        broken: Select of the rows that break it, keys first; takes named parameters.
        severity: ERROR where a published number is wrong; WARN for what the source really holds.
        comparable: Select of reasons (one text column) why the tables cannot be compared yet; any
            reason turns a failure into a warning, because the next refresh may correct it.
        is_blocking: Whether a failure stops what is built on the table.
    """

    name: str
    asset_key: str
    meaning: str
    broken: str
    severity: dg.AssetCheckSeverity = _ERROR
    comparable: str | None = None
    is_blocking: bool = False

    def spec(self) -> dg.AssetCheckSpec:
        """Return the declaration of the check."""
        return dg.AssetCheckSpec(
            self.name,
            asset=self.asset_key.split("/"),
            description=self.meaning,
            blocking=self.is_blocking,
        )


def evaluate(
    connection: psycopg.Connection,
    check: SqlCheck,
    values: Mapping[str, object] | None = None,
    *,
    scope: str = "",
    shown: str = "",
) -> dg.AssetCheckResult:
    """Count the rows that break a check and show the first of them.

    Args:
        connection: Of the warehouse.
        check: The check.
        values: Parameters by name; those that the statement does not use are ignored.
        scope: Which part of the table the rows are of, such as ``of 2026-05-31``.
        shown: Statement to show, where that of the check reads temporary tables.
    """
    named = {key: value for key, value in (values or {}).items() if f"%({key})s" in check.broken}
    statement = f"select b.*, count(*) over () as of_all from ({check.broken}) b limit {SAMPLES}"
    samples = sample_rows(connection.execute(statement.encode(), named))
    failing = max((int(row.pop("of_all") or 0) for row in samples), default=0)
    severity, found = check.severity, check.meaning
    if failing:
        rows = " ".join(filter(None, (counted(failing, "row"), scope)))
        found = f"{broken_by(rows, failing)} {check.meaning}"
        reasons = _reasons(connection, check)
        if reasons:
            severity = _WARN
            found += f" Not comparable yet: {'; '.join(reasons)}. `cdp refresh` first."
    return check_result(
        check.asset_key, check.name, check.meaning, failing_rows=failing, severity=severity,
        found=found, samples=samples, sql=shown or as_typed(connection, check.broken, named),
    )  # fmt: skip


def _reasons(connection: psycopg.Connection, check: SqlCheck) -> list[str]:
    if check.comparable is None:
        return []
    rows: list[tuple[Any, ...]] = connection.execute(check.comparable.encode()).fetchall()
    return [str(row[0]) for row in rows]
