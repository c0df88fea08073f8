"""``reconciliation_reports``: the findings of a period, replaced by those of now (validator §10).

Scope: which rows are added, opened again and resolved; not here: the findings (``findings``), or
acknowledging one (``acknowledge_job``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import psycopg

from cdp_assets.validators.reconciliation.findings import Finding
from resources.postgres.warehouse import analyze_outgrown

_STAGE = """
create temporary table found on commit drop as
select report_id, validator_key, scope, "check", old, new, delta, delta_pct, severity
from validators.reconciliation_reports with no data
"""
_COPY = (
    'copy found (report_id, validator_key, scope, "check", old, new, delta, delta_pct, severity) '
    "from stdin"
)
# An acknowledgement is of two amounts: with others the finding is open again.
_WRITE = """
with written as (
    insert into validators.reconciliation_reports as r (
        report_id, chain_id, period_id, validator_key, scope, "check", old, new, delta, delta_pct,
        severity, status, found_at
    )
    select
        report_id, %(chain)s, %(period)s, validator_key, scope, "check", old, new, delta,
        delta_pct, severity, 'OPEN', %(now)s
    from found
    on conflict (report_id) do update set
        old = excluded.old, new = excluded.new, delta = excluded.delta,
        delta_pct = excluded.delta_pct, severity = excluded.severity, status = 'OPEN',
        acked_by = null, acked_at = null, note = null, found_at = excluded.found_at
    where r.status = 'RESOLVED'
        or (r.old, r.new, r.severity)
            is distinct from (excluded.old, excluded.new, excluded.severity)
    returning 1
),
resolved as (
    update validators.reconciliation_reports r
    set status = 'RESOLVED'
    where r.chain_id = %(chain)s and r.period_id = %(period)s and r.status = 'OPEN'
        and not exists (select from found f where f.report_id = r.report_id)
    returning 1
)
select (select count(*) from written), (select count(*) from resolved)
"""
_COUNT = """
select
    count(*),
    count(*) filter (where status = 'OPEN' and severity = 'ERROR'),
    count(*) filter (where status = 'OPEN' and severity = 'WARNING')
from validators.reconciliation_reports
where chain_id = %s and period_id = %s
"""


@dataclass(frozen=True)
class Stored:
    """What storing the findings of a period did.

    Attributes:
        written: Findings added or opened again.
        resolved: Open ones that are no longer found.
        rows: Findings that the period has now.
        open_errors: Of these, those that block the release of statements.
        open_warnings: Of these, open warnings.
    """

    written: int
    resolved: int
    rows: int
    open_errors: int
    open_warnings: int

    @property
    def is_changed(self) -> bool:
        """Return whether a row changed."""
        return bool(self.written or self.resolved)


def store_findings(
    cursor: psycopg.Cursor,
    chain_id: str,
    period_id: str,
    findings: Iterable[Finding],
    now: datetime,
) -> Stored:
    """Make ``findings`` those of a period; an open one that is not among them becomes RESOLVED.

    An acknowledged finding stays acknowledged while its amounts stay, also when it is gone.

    Args:
        cursor: Inside a transaction that holds the table's write lock.
        chain_id: The chain.
        period_id: The period.
        findings: Each subject once per check.
        now: The clock.
    """
    cursor.execute(_STAGE)
    with cursor.copy(_COPY) as copy:
        for finding in findings:
            copy.write_row(
                [
                    finding.report_id(chain_id, period_id),
                    finding.subject.validator_key,
                    finding.subject.scope,
                    str(finding.check),
                    *finding.amounts(),
                    str(finding.severity),
                ]
            )
    analyze_outgrown(cursor, "found")
    cursor.execute(_WRITE, {"chain": chain_id, "period": period_id, "now": now})
    done = cursor.fetchone()
    cursor.execute("drop table found")
    counted = cursor.execute(_COUNT, [chain_id, period_id]).fetchone()
    assert done is not None
    assert counted is not None
    return Stored(*done, *counted)
