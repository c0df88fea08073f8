"""Alerts: what each allocator, client and provider breaks now, since when, and the rows behind it.

Derived as a whole from the reports and the weekly classes. Belongs here: the statements. Does not:
telling anybody.
"""

from __future__ import annotations

from datetime import datetime

import psycopg

from cdp_assets.filplus.scoring.rules import ComplianceRules

_REPORTS = (
    # entity, report table, its entity column, its key, check table, its report column, its order
    (
        "client", "client_report", "client", "id", "client_report_check_result",
        "client_report_id", "id",
    ),
    (
        "allocator", "allocator_report", "allocator", "id", "allocator_report_check_result",
        "allocator_report_id", "report_number",
    ),
)  # fmt: skip

_FAILING_CHECKS = """
insert into filplus.compliance_alerts
with newest as (
    select distinct on (r.{entity}) r.{entity} as entity, r.{key} as key
    from filplus.{reports} r
    where r.create_date <= %(now)s::timestamptz at time zone 'UTC'
    order by r.{entity}, r.create_date desc, r.{order} desc
),
failing as (
    select n.entity, n.key, k."check", k.metadata
    from newest n
    join filplus.{checks} k on k.{parent} = n.key
    where not k.result
),
history as (
    select f.entity, f."check", k.create_date, k.result
    from failing f
    join filplus.{reports} r on r.{entity} = f.entity
    join filplus.{checks} k on k.{parent} = r.{key} and k."check" = f."check"
    where r.create_date <= %(now)s::timestamptz at time zone 'UTC'
),
passed as (
    select entity, "check", max(create_date) as at from history where result group by 1, 2
),
runs as (
    select h.entity, h."check", min(h.create_date) as since
    from history h
    left join passed p using (entity, "check")
    where not h.result and (p.at is null or h.create_date >= p.at)
    group by 1, 2
)
select '{kind}', f.entity, f."check", u.since, f.metadata ->> 'msg',
    (f.metadata - 'msg' - 'violating_ids')::text,
    format('select * from filplus.{checks} where {parent} = %%L and "check" = %%L', f.key,
        f."check")
from failing f
join runs u using (entity, "check")
"""

_NON_COMPLIANT = """
insert into filplus.compliance_alerts
with last_week as (
    select max(c.week) as week from filplus.{table} c
    where c.week <= (date_trunc('week', %(now)s::timestamptz at time zone 'UTC')
        - interval '7 days')
),
classes as (
    select c.week, c.{entity} as entity, c.compliance_score, {found} as found, {allowed} as allowed
    from filplus.{table} c
    where {all_switches}
),
broken as (
    select c.* from classes c join last_week using (week)
    where c.compliance_score = 'nonCompliant'
),
runs as (
    select b.entity, min(c.week) as since
    from broken b
    join classes c on c.entity = b.entity and c.week <= b.week
    where c.week > coalesce((
        select max(g.week) from classes g
        where g.entity = b.entity and g.week <= b.week and g.compliance_score <> 'nonCompliant'
    ), '-infinity')
    group by b.entity
)
select '{kind}', b.entity, 'NON_COMPLIANT_WEEK', u.since, b.found, b.allowed,
    format('select * from filplus.{table} where week = %%L and {entity} = %%L', b.week, b.entity)
from broken b
join runs u using (entity)
"""

_WEEKS = (
    {
        "kind": "provider", "table": "storage_provider_compliance_weekly", "entity": "provider",
        "all_switches": "true",
        "found": "format('%%s clients, biggest has %%s of %%s bytes, retrievability %%s', "
        "c.num_of_clients, c.biggest_client_total_deal_size, c.total_deal_size, c.retrievability)",
        "allowed": "format('more than %%s clients, biggest at most %%s of 100, "
        "retrievability above %%s', %(clients)s::integer, %(share)s::integer, "
        "coalesce(c.open_data_average::text, 'an unknown average'))",
    },
    {
        "kind": "allocator", "table": "allocator_compliance_weekly", "entity": "allocator",
        "all_switches": "c.check_retrievability and c.check_number_of_clients "
        "and c.check_total_deal_size",
        "found": "format('%%s of 100 compliant, %%s partially, of %%s providers', "
        "c.compliant_sps_percentage, c.partially_compliant_sps_percentage, c.total_sps)",
        "allowed": "format('%%s of 100 compliant or partially', c.threshold_percentage)",
    },
)  # fmt: skip


def rewrite_alerts(cursor: psycopg.Cursor, now: datetime, rules: ComplianceRules) -> int:
    """Make the alerts anew from what is stored up to the clock; return how many there are."""
    cursor.execute("delete from filplus.compliance_alerts")
    for kind, reports, entity, key, checks, parent, order in _REPORTS:
        cursor.execute(
            _FAILING_CHECKS.format(
                kind=kind,
                reports=reports,
                entity=entity,
                key=key,
                checks=checks,
                parent=parent,
                order=order,
            ),
            {"now": now},
        )
    for names in _WEEKS:
        cursor.execute(
            _NON_COMPLIANT.format(**names),
            {
                "now": now,
                "clients": rules.more_than_clients,
                "share": rules.max_biggest_client_percentage,
            },
        )
    row = cursor.execute("select count(*) from filplus.compliance_alerts").fetchone()
    assert row is not None
    return int(row[0])
