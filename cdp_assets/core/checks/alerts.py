"""Alerts: one row per failure of a check or run, from the first that failed until one passes.

A failed check that blocks nothing fails no run, so only an alert shows it (U-22). Scope: what opens
and closes a row of ``ops.alerts``; not here: reading outcomes (``sensors.alerts``), or a domain's
alerts about its entities.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import psycopg

from cdp_assets.units import counted

# More failing partitions of one evaluation share one row, from the first to the last.
_MAX_ROWS = 20
_LONGEST_MESSAGE = 1000


@dataclass(frozen=True)
class CheckOutcome:
    """How one evaluation of a check, or one run, ended.

    Attributes:
        kind: What ended.
        subject: ``schema/table`` of a check, the job of a run.
        check_name: Empty for a run.
        first: First partition that it was about; empty where there are none.
        last: Last one.
        is_good: It passed or succeeded.
        failing: Partitions that broke the check, where it reports them; the others of the range
            passed.
        severity: ERROR or WARN.
        is_blocking: Its failure stops what is built on the table.
        message: What was wrong, for people.
        run_id: Dagster run.
        at: When it ended, by the framework's clock.
    """

    kind: Literal["check", "run"]
    subject: str
    check_name: str
    first: str
    last: str
    is_good: bool
    failing: tuple[str, ...]
    severity: str
    is_blocking: bool
    message: str
    run_id: str
    at: datetime


def apply_outcomes(connection: psycopg.Connection, outcomes: Sequence[CheckOutcome]) -> int:
    """Open and close alerts by outcomes, oldest first; return how many were opened.

    Applying an outcome twice changes nothing, so a reader may start again anywhere.
    """
    opened = 0
    with connection.transaction():
        for outcome in sorted(outcomes, key=lambda outcome: outcome.at):
            if outcome.is_good or outcome.failing:
                _close(connection, outcome)
            if not outcome.is_good:
                opened += sum(_open(connection, outcome, *part) for part in _parts(outcome))
    return opened


def close_fixed_runs(connection: psycopg.Connection, at: datetime) -> None:
    """Close alerts of runs whose partitions another run has fixed: none is in error."""
    connection.execute(
        """
        update ops.alerts a set closed_at = %s
        where a.closed_at is null and a.kind = 'run'
            and exists (select from ops.runs r where r.run_id = a.run_id and r.outcome <> 'SUCCESS')
            and not exists (
                select
                from ops.runs r
                join ops.asset_partition_status s on s.asset_key = r.asset_key
                where r.run_id = a.run_id and s.error_code is not null
                    and (length(s.partition_key), s.partition_key)
                        >= (length(a.first_partition), a.first_partition)
                    and (length(s.partition_key), s.partition_key)
                        <= (length(a.last_partition), a.last_partition)
            )
        """,
        [at],
    )


def describe_rules(connection: psycopg.Connection, limit: int = 10) -> Iterator[str]:
    """Yield a line per rule with open alerts, errors first, then the newest; at most so many.

    A rule is a check (on any table), windows that no run builds, or a job whose runs fail.
    """
    rows = connection.execute(
        """
        select
            severity,
            case kind
                when 'check' then check_name
                when 'gap' then 'windows that are not built'
                else 'runs of ' || subject
            end as rule,
            count(*) as alerts,
            count(distinct subject) filter (where kind <> 'run') as tables,
            min(subject) filter (where kind <> 'run') as first_table,
            sum(failures) as failures,
            max(opened_at) as newest,
            count(*) over ()
        from ops.open_alerts
        group by severity, kind, rule
        order by severity, newest desc, rule
        limit %s
        """,
        [limit],
    ).fetchall()
    for severity, rule, count, tables, table, failures, newest, _ in rows:
        named = table if tables == 1 else counted(tables, "table")
        where = f" of {named}" if tables else ""
        yield (
            f"{severity} {rule}{where}: {count} open, failed {counted(failures, 'time')}, "
            f"the newest since {newest:%Y-%m-%d %H:%M}"
        )
    if rows and rows[0][-1] > len(rows):
        yield f"and {counted(rows[0][-1] - len(rows), 'more rule')}"
    if rows:
        yield "`cdp status --alerts` lists each with its message"


@dataclass(frozen=True)
class Gap:
    """Windows of a table that no schedule or sensor builds any more.

    Attributes:
        subject: ``schema/table``.
        first: First partition.
        last: Last one.
        message: Why, and which command builds them.
        at: When a run last failed to build it; its end where no run tried.
    """

    subject: str
    first: str
    last: str
    message: str
    at: datetime


def replace_gaps(
    connection: psycopg.Connection, subjects: Sequence[str], gaps: Sequence[Gap], at: datetime
) -> None:
    """Open or update an alert per gap in the subjects; close their other gap alerts."""
    with connection.transaction():
        connection.execute(
            """
            update ops.alerts a set closed_at = %s
            where a.closed_at is null and a.kind = 'gap' and a.subject = any(%s)
                and not exists (
                    select from unnest(%s::text[], %s::text[], %s::text[]) t (subject, first, last)
                    where t.subject = a.subject and t.first = a.first_partition
                        and t.last = a.last_partition
                )
            """,
            [
                at,
                list(subjects),
                [one.subject for one in gaps],
                [one.first for one in gaps],
                [one.last for one in gaps],
            ],
        )
        with connection.cursor() as cursor:
            cursor.executemany(
                """
                insert into ops.alerts as a (kind, subject, first_partition, last_partition,
                    severity, is_blocking, message, run_id, opened_at, last_failed_at)
                values ('gap', %s, %s, %s, 'ERROR', false, %s, '', %s, %s)
                on conflict (kind, subject, check_name, first_partition, last_partition)
                    where closed_at is null
                do update set message = excluded.message,
                    failures = a.failures + (excluded.last_failed_at > a.last_failed_at)::int,
                    last_failed_at = greatest(a.last_failed_at, excluded.last_failed_at)
                """,
                [
                    (one.subject, one.first, one.last, one.message[:_LONGEST_MESSAGE], at, one.at)
                    for one in gaps
                ],
            )


def describe_open(connection: psycopg.Connection, limit: int = 200) -> Iterator[str]:
    """Yield a line per open alert, errors first, then the newest; at most so many."""
    rows = connection.execute(
        """
        select severity, subject, check_name, first_partition, last_partition, opened_at, failures,
            message, count(*) over ()
        from ops.open_alerts
        order by severity, opened_at desc, alert_id desc
        limit %s
        """,
        [limit],
    ).fetchall()
    for severity, subject, check, first, last, since, failures, message, _ in rows:
        what = f"{subject} {check}".strip()
        span = "" if not first else f" of {first}" if first == last else f" of {first} to {last}"
        yield (
            f"{severity} since {since:%Y-%m-%d %H:%M}, {counted(failures, 'time')}: {what}{span}: "
            f"{' '.join(message.split())[:300]}"
        )
    if rows and rows[0][-1] > len(rows):
        yield f"and {rows[0][-1] - len(rows)} more: select * from ops.open_alerts"


def _parts(outcome: CheckOutcome) -> list[tuple[str, str]]:
    """Return the ranges of partitions that get a row each."""
    failing = sorted(outcome.failing, key=lambda key: (len(key), key))
    if not failing:
        return [(outcome.first, outcome.last)]
    if len(failing) > _MAX_ROWS:
        return [(failing[0], failing[-1])]
    return [(key, key) for key in failing]


def _open(connection: psycopg.Connection, outcome: CheckOutcome, first: str, last: str) -> int:
    """Open an alert, or count one more failure of the one that is open."""
    return connection.execute(
        """
        with again as (
            update ops.alerts set
                failures = failures + 1, last_failed_at = %(at)s, message = %(message)s,
                severity = %(severity)s, is_blocking = %(is_blocking)s, run_id = %(run_id)s
            where closed_at is null and kind = %(kind)s and subject = %(subject)s
                and check_name = %(check)s and first_partition = %(first)s
                and last_partition = %(last)s and last_failed_at < %(at)s
        )

        insert into ops.alerts (kind, subject, check_name, first_partition, last_partition,
            severity, is_blocking, message, run_id, opened_at, last_failed_at)
        select %(kind)s, %(subject)s, %(check)s, %(first)s, %(last)s, %(severity)s, %(is_blocking)s,
            %(message)s, %(run_id)s, %(at)s, %(at)s
        where not exists (
            select
            from ops.alerts
            where kind = %(kind)s and subject = %(subject)s and check_name = %(check)s
                and first_partition = %(first)s and last_partition = %(last)s
                and (closed_at is null or closed_at >= %(at)s)
        )
        """,
        {
            "kind": outcome.kind,
            "subject": outcome.subject,
            "check": outcome.check_name,
            "first": first,
            "last": last,
            "severity": outcome.severity,
            "is_blocking": outcome.is_blocking,
            "message": outcome.message[:_LONGEST_MESSAGE],
            "run_id": outcome.run_id,
            "at": outcome.at,
        },
    ).rowcount


def _close(connection: psycopg.Connection, outcome: CheckOutcome) -> None:
    """Close the alerts whose partitions have all passed. Keys of equal length sort as texts."""
    connection.execute(
        """
        update ops.alerts set closed_at = %(at)s
        where closed_at is null and kind = %(kind)s and subject = %(subject)s
            and check_name = %(check)s and last_failed_at < %(at)s
            and (length(first_partition), first_partition) >= (length(%(first)s), %(first)s)
            and (length(last_partition), last_partition) <= (length(%(last)s), %(last)s)
            and not exists (
                select
                from unnest(%(failing)s::text[]) f (key)
                where (length(f.key), f.key) >= (length(first_partition), first_partition)
                    and (length(f.key), f.key) <= (length(last_partition), last_partition)
            )
        """,
        {
            "at": outcome.at,
            "kind": outcome.kind,
            "subject": outcome.subject,
            "check": outcome.check_name,
            "first": outcome.first,
            "last": outcome.last,
            "failing": list(outcome.failing),
        },
    )
