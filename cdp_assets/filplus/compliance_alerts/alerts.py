"""Alerts: what each allocator, client and provider breaks now, since when, and the rows behind it.

All rows are computed from the reports and the weekly classes; only reports of the newest day count,
so that an entity without a report any more has no alert. Python, because the limits come from each
version of the rules' YAML, and the dbt steps have no unpartitioned table of a daily run. Scope: the
statements; not here: sending alerts, or what a check allows
(``cdp_assets.filplus.checks.check_limits``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import psycopg

from cdp_assets.filplus.checks.check_limits import allocator_limits, client_limits
from cdp_assets.filplus.scoring.rules import CheckRules, RuleBook

_REPORTS = (
    # entity, report table, its entity column, its key, check table, its report column, its order
    (
        "client",
        "client_report",
        "client",
        "id",
        "client_report_check_result",
        "client_report_id",
        "id",
    ),
    (
        "allocator",
        "allocator_report",
        "allocator",
        "id",
        "allocator_report_check_result",
        "allocator_report_id",
        "report_number",
    ),
)

_LIMITS: Mapping[str, Callable[[CheckRules], dict[str, str]]] = {
    "client": client_limits,
    "allocator": allocator_limits,
}

_FAILING_CHECKS = """
insert into filplus.compliance_alerts
with newest as (
    select distinct on (r.{entity}) r.{entity} as entity, r.{key} as key, r.report_day,
        r.rule_version
    from filplus.{reports} r
    where r.create_date <= %(now)s::timestamptz at time zone 'UTC'
    order by r.{entity}, r.create_date desc, r.{order} desc
),
failing as (
    select n.entity, n.key, n.rule_version, k."check", k.metadata
    from newest n
    join filplus.{checks} k on k.{parent} = n.key
    where not k.result and n.report_day = (select max(report_day) from newest)
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
    coalesce(l."limit", format('as version %%s of the rules says', f.rule_version)),
    format('select * from filplus.{checks} where {parent} = %%L and "check" = %%L', f.key,
        f."check")
from failing f
join runs u using (entity, "check")
left join unnest(%(versions)s::integer[], %(codes)s::text[], %(limits)s::text[])
    l (version, code, "limit") on l.version = f.rule_version and l.code = f."check"
"""

_NON_COMPLIANT = """
insert into filplus.compliance_alerts
with last_week as (
    select max(c.week) as week from filplus.{table} c
    where c.week <= (date_trunc('week', %(now)s::timestamptz at time zone 'UTC')
        - interval '7 days')
),
broken as (
    select c.week, c.{entity} as entity, {found} as found, {allowed} as allowed
    from filplus.{table} c
    join last_week using (week)
    left join unnest(%(versions)s::integer[], %(clients)s::integer[], %(shares)s::integer[])
        v (version, clients, share) on v.version = c.rule_version
    where {all_switches} and c.compliance_score = 'nonCompliant'
),
history as (
    select b.entity, c.week, c.compliance_score = 'nonCompliant' as is_broken
    from broken b
    join filplus.{table} c on c.{entity} = b.entity and c.week <= b.week
    where {all_switches}
),
passed as (
    select entity, max(week) as week from history where not is_broken group by entity
),
runs as (
    select h.entity, min(h.week) as since
    from history h
    left join passed p using (entity)
    where p.week is null or h.week > p.week
    group by h.entity
)
select '{kind}', b.entity, 'NON_COMPLIANT_WEEK', u.since, b.found, b.allowed,
    format('select * from filplus.{table} where week = %%L and {entity} = %%L', b.week, b.entity)
from broken b
join runs u using (entity)
"""

_WEEKS = (
    {
        "kind": "provider",
        "table": "storage_provider_compliance_weekly",
        "entity": "provider",
        "all_switches": "true",
        "found": "format('%%s clients, biggest has %%s of %%s bytes, retrievability %%s', "
        "c.num_of_clients, c.biggest_client_total_deal_size, c.total_deal_size, "
        "case when c.is_measured then c.retrievability::text else 'not measured' end)",
        "allowed": "format('more than %%s clients, biggest at most %%s of 100, "
        "retrievability above %%s', v.clients, v.share, "
        "coalesce(c.open_data_average::text, 'an unknown average'))",
    },
    {
        "kind": "allocator",
        "table": "allocator_compliance_weekly",
        "entity": "allocator",
        "all_switches": "c.check_retrievability and c.check_number_of_clients "
        "and c.check_total_deal_size",
        "found": "format('%%s of 100 compliant, %%s partially, of %%s providers', "
        "c.compliant_sps_percentage, c.partially_compliant_sps_percentage, c.total_sps)",
        "allowed": "format('%%s of 100 compliant or partially', c.threshold_percentage)",
    },
)


def rewrite_alerts(cursor: psycopg.Cursor, now: datetime, rules: RuleBook) -> int:
    """Rebuild the alerts from what is stored up to the clock; return how many there are.

    The limit of an alert is that of the rules that its report or week was built with.
    """
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
            {"now": now, **_check_limits(rules, _LIMITS[kind])},
        )
    for names in _WEEKS:
        cursor.execute(
            _NON_COMPLIANT.format(**names),
            {
                "now": now,
                "versions": [one.version for one in rules.versions],
                "clients": [one.compliance.more_than_clients for one in rules.versions],
                "shares": [one.compliance.max_biggest_client_percentage for one in rules.versions],
            },
        )
    row = cursor.execute("select count(*) from filplus.compliance_alerts").fetchone()
    assert row is not None
    return int(row[0])


def _check_limits(
    rules: RuleBook, limits_of: Callable[[CheckRules], dict[str, str]]
) -> dict[str, list[int] | list[str]]:
    rows = [
        (one.version, code, limit)
        for one in rules.versions
        for code, limit in limits_of(one.checks).items()
    ]
    return {
        "versions": [version for version, _, _ in rows],
        "codes": [code for _, code, _ in rows],
        "limits": [limit for _, _, limit in rows],
    }
