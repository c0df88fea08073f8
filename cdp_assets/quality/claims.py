"""A claim about tables: words, a select of the rows that break it, and what people are shown.

Belongs here: evaluating one claim. Does not: which claims there are (``invariants``,
``source_warnings``), or the form of a result (``cdp_assets.checked``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import LiteralString

import dagster as dg
import psycopg
from psycopg import sql

from cdp_assets.checked import SAMPLES, as_typed, checked, sample_rows


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
        sql.SQL("select b.*, count(*) over () as of_all from ({}) b limit {}").format(
            sql.SQL(claim.broken), sql.Literal(SAMPLES)
        ),
        named,
    )
    samples = sample_rows(cursor)
    failing = max((int(row.pop("of_all") or 0) for row in samples), default=0)
    severity, description = claim.severity, claim.meaning
    if failing:
        description = f"{failing:,} rows break the rule. {claim.meaning}"
        reasons = _reasons(connection, claim)
        if reasons:
            severity = dg.AssetCheckSeverity.WARN
            description += f" Not comparable yet: {'; '.join(reasons)}. `cdp refresh` first."
    return checked(
        claim.asset_key, claim.name, claim.meaning, failing_rows=failing, severity=severity,
        found=description, samples=samples, sql=as_typed(connection, claim.broken, named),
    )  # fmt: skip


def _reasons(connection: psycopg.Connection, claim: Claim) -> list[str]:
    if claim.comparable is None:
        return []
    return [str(row[0]) for row in connection.execute(claim.comparable)]
