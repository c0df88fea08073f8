"""What a report is compared with: stored reports of other allocators and of its clients.

Scope: statements over the report tables; not here: statements over the inputs
(``allocator_inputs``). Everything is "as of": the newest report before the day, so that building a
report again on its day gives the same report; only retrievability takes the newest report of all,
the batch included, as the live platform does (compliance §5.2, §5.3).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

import psycopg

from cdp_assets.filplus.checks.allocator_checks import ClientOutcomes
from cdp_assets.filplus.scoring.number_rules import exact, mean
from cdp_assets.filplus.scoring.rules import MetricCode

_NOT_META = (
    "not exists (select from raw_dmob.verifier v "
    "where v.address_id = r.allocator and v.is_meta_allocator)"
)


def metric_values(connection: psycopg.Connection, day: date) -> dict[MetricCode, list[Decimal]]:
    """Return per metric the newest value before a day of each non-meta allocator, ascending."""
    cursor = connection.execute(
        f"""
        select distinct on (s.metric, r.allocator) s.metric, s.metric_value
        from filplus.allocator_report r
        join filplus.allocator_report_scoring_result s on s.allocator_report_id = r.id
        where r.report_day < %s and {_NOT_META}
        order by s.metric, r.allocator, r.create_date desc, r.report_number desc
        """,
        [day],
    )
    found: dict[MetricCode, list[Decimal]] = defaultdict(list)
    for metric, value in cursor:
        number = exact(value)
        if number is not None:
            found[metric].append(number)
    return {metric: sorted(values) for metric, values in found.items()}


def retrievabilities(
    connection: psycopg.Connection, now: datetime, batch: Mapping[str, Decimal | None]
) -> list[Decimal]:
    """Return the newest mean retrievability of each non-meta allocator, null as 0, ascending.

    Args:
        connection: Of the warehouse.
        now: Clock; later reports do not count.
        batch: Values of the non-meta allocators whose reports are being built.
    """
    cursor = connection.execute(
        f"""
        select distinct on (r.allocator) r.allocator, r.avg_retrievability_success_rate_url_finder
        from filplus.allocator_report r
        where r.create_date <= %s::timestamptz at time zone 'UTC' and {_NOT_META}
        order by r.allocator, r.create_date desc, r.report_number desc
        """,
        [now],
    )
    newest: dict[str, Decimal | None] = {allocator: exact(value) for allocator, value in cursor}
    return sorted(value or Decimal(0) for value in {**newest, **batch}.values())


def score_averages(connection: psycopg.Connection, day: date) -> dict[str | None, Decimal | None]:
    """Return the mean total of the latest scores before a day by type; key null: over all.

    Latest: the newest report that has scores, of allocators in the registry that are not
    metaallocators (§5.4).
    """
    cursor = connection.execute(
        f"""
        select g.data_type, latest.total
        from filplus.allocator_registry g
        join lateral (
            select sum(s.score) as total
            from filplus.allocator_report r
            join filplus.allocator_report_scoring_result s on s.allocator_report_id = r.id
            where r.allocator = g.allocator_id and r.report_day < %s and {_NOT_META}
            group by r.report_number, r.create_date
            order by r.create_date desc, r.report_number desc
            limit 1
        ) latest on true
        """,
        [day],
    )
    totals: dict[str | None, list[Decimal]] = defaultdict(list)
    for data_type, total in cursor:
        totals[data_type].append(Decimal(total))
        totals[None].append(Decimal(total))
    return {data_type: mean(values) for data_type, values in totals.items()}


def client_outcomes(
    connection: psycopg.Connection,
    pairs: Iterable[tuple[str, str]],
    now: datetime,
    window_days: int,
) -> dict[str, dict[str, ClientOutcomes]]:
    """Return by allocator and check what the newest reports of its clients say (§6.3).

    Args:
        connection: Of the warehouse.
        pairs: (allocator, client), each once.
        now: Clock; later reports do not count.
        window_days: A report counts for all checks but INACTIVITY if its client spent within them.
    """
    listed = sorted(set(pairs))
    cursor = connection.execute(
        """
        with pairs as (select * from unnest(%(allocators)s::text[], %(clients)s::text[])
            as p (allocator, client)),
        reports as (
            select r.client, r.id, r.create_date, r.last_datacap_spent
            from filplus.client_report r
            join (select distinct client from pairs) c using (client)
            where r.create_date <= %(now)s::timestamptz at time zone 'UTC'
        ),
        newest as (
            select distinct on (client) client, id, true as is_any from reports
            order by client, create_date desc, id desc
        ),
        newest_active as (
            select distinct on (client) client, id, false as is_any from reports
            where last_datacap_spent >= %(since)s::timestamptz at time zone 'UTC'
            order by client, create_date desc, id desc
        ),
        chosen as (select * from newest union all select * from newest_active)
        select p.allocator, k.check, count(*),
            coalesce(array_agg(p.client order by p.client) filter (where not k.result), '{}')
        from pairs p
        join chosen c using (client)
        join filplus.client_report_check_result k
            on k.client_report_id = c.id and (k.check = 'INACTIVITY') = c.is_any
        group by p.allocator, k.check
        """,
        {
            "allocators": [allocator for allocator, _ in listed],
            "clients": [client for _, client in listed],
            "now": now,
            "since": now - timedelta(days=window_days),
        },
    )
    found: dict[str, dict[str, ClientOutcomes]] = defaultdict(dict)
    for allocator, check, present, failed in cursor:
        found[allocator][check] = ClientOutcomes(tuple(failed), present)
    return found
