"""Invariants of compliance §13 that span tables or days, so that no single run can check them.

``docs/reference/quality.md`` lists where each of the fourteen is checked. Scope: those of the daily
job; not here: checks of a run's own partition (the model's data tests).
"""

from __future__ import annotations

from typing import Final, LiteralString

import dagster as dg

from cdp_assets.core.checks.sql_check import SqlCheck

_WARN = dg.AssetCheckSeverity.WARN
_PAIRS: Final = "filplus/client_provider_distribution"

# Σ over hours = Σ over pairs holds where nothing waits for a rebuild. The hours do not come from
# ops.partition_lag, because the first one also contains the hours since the programme's start.
_WAITING: LiteralString = """
    select 'client_provider_distribution was built from an older week of its running totals'
    from ops.partition_lag
    where asset_key = 'filplus/client_provider_distribution'
        and input_key = 'filplus/client_provider_distribution_weekly_acc' and is_behind
    union all
    select count(*) || case when count(*) = 1 then ' hour waits' else ' hours wait' end
        || ' for deals that arrived late'
    from ops.changed_hours t
    join ops.asset_partition_status s
        on s.asset_key = 'filplus/unified_verified_deal_hourly' and s.window_start = greatest(
            t.hour,
            case
                when t.hour >= timestamptz '2024-03-01T00:00Z' then (
                    select min(f.window_start) from ops.asset_partition_status f
                    where f.asset_key = 'filplus/unified_verified_deal_hourly'
                )
            end
        )
    where t.asset_key = 'raw_dmob/unified_verified_deal'
        and t.version > (s.input_versions ->> t.asset_key)::bigint
    having count(*) > 0
"""

_HOURS_AND_PAIRS = SqlCheck(
    "pairs_equal_their_hours",
    _PAIRS,
    "Bytes and claims per client and provider equal the sum over the hours before the running "
    "week plus the running week (compliance §13, 1).",
    """
    with moment as (
        select date_trunc('week', as_of at time zone 'UTC') as week
        from ops.asset_partition_status
        where asset_key = 'filplus/client_provider_distribution' and partition_key = ''
    ),
    by_hour as (
        select client, provider, sum(total_deal_size) as size, sum(num_of_claims) as claims
        from filplus.unified_verified_deal_hourly
        where hour < (select week from moment)
        group by client, provider
    ),
    running as (
        select 'f0' || client_id as client, 'f0' || provider_id as provider,
            sum(total_deal_size) as size, sum(num_of_claims) as claims
        from intermediate.client_provider_piece_weekly
        where week = (select week from moment)
        group by client_id, provider_id
    ),
    by_pair as (
        select client, provider, d.total_deal_size - coalesce(r.size, 0) as size,
            d.claims_count - coalesce(r.claims, 0) as claims
        from filplus.client_provider_distribution d
        left join running r using (client, provider)
    )
    select client, provider, h.size as bytes_by_hour, p.size as bytes_by_pair,
        h.claims as claims_by_hour, p.claims as claims_by_pair
    from by_hour h
    full join by_pair p using (client, provider)
    where exists (select from moment) and (coalesce(h.size, 0) <> coalesce(p.size, 0)
        or coalesce(h.claims, 0) <> coalesce(p.claims, 0))
    order by client, provider
    """,
    comparable=_WAITING,
)

_FRESHNESS = (
    SqlCheck(
        "hours_not_in_future",
        "filplus/unified_verified_deal_hourly",
        "No row belongs to an hour that has not begun (compliance §13, 13).",
        """
        select hour, count(*) as rows
        from filplus.unified_verified_deal_hourly where hour > %(now)s
        group by hour order by hour
        """,
    ),
    SqlCheck(
        "newest_hour_is_recent",
        "filplus/unified_verified_deal_hourly",
        "The newest hour that was built is not older than three hours (compliance §13, 13).",
        """
        select max(window_start) at time zone 'UTC' as newest_hour
        from ops.asset_partition_status
        where asset_key = 'filplus/unified_verified_deal_hourly' and row_count is not null
        having max(window_start) at time zone 'UTC' < %(now)s::timestamp - interval '3 hours'
        """,
        _WARN,
    ),
)


def _one_row_set(table: LiteralString, key: LiteralString) -> SqlCheck:
    """Return the check that a daily table holds the closed day once, at its midnight."""
    return SqlCheck(
        "one_row_set_per_day",
        f"filplus/{table}",
        "Rows of the closed day are dated at its midnight, so the day is there once; after the "
        "first day that was built, no day is missing (compliance §13, 13).",
        f"""
        select {key} as key, date::text as found
        from filplus.{table}
        where date >= %(day)s::timestamp and date < %(next_day)s::timestamp
            and date <> %(day)s::timestamp
        union all
        select '', 'nothing was built for ' || %(day)s::date
        where exists (
            select from ops.asset_partition_status
            where asset_key = 'filplus/{table}' and state in ('MATERIALIZED', 'CHECK_FAILED')
                and window_start < %(day)s::timestamp at time zone 'UTC'
        ) and not exists (
            select from ops.asset_partition_status
            where asset_key = 'filplus/{table}' and state in ('MATERIALIZED', 'CHECK_FAILED')
                and window_start = %(day)s::timestamp at time zone 'UTC'
        )
        order by 1
        """,
        _WARN,
    )


_REPORTS = (
    SqlCheck(
        "every_registered_allocator_has_the_newest_report",
        "filplus/allocator_report",
        "Every allocator of the registry has a report of the newest report day "
        "(compliance §13, 13).",
        """
        select g.allocator_id, g.allocator_address
        from filplus.allocator_registry g
        where exists (select from filplus.allocator_report) and not exists (
            select from filplus.allocator_report r
            where r.report_day = (select max(report_day) from filplus.allocator_report)
                and (r.allocator = g.allocator_id or r.address = g.allocator_address)
        )
        order by g.allocator_id
        """,
        _WARN,
    ),
    SqlCheck(
        "a_report_has_all_components_or_none",
        "filplus/allocator_report_scoring_result",
        "A report of the newest day has 8 scored components (open data), 6 (enterprise) or none "
        "(compliance §13, 11).",
        """
        select r.id, r.allocator, e.data_type, count(*) as components
        from filplus.allocator_report r
        join filplus.allocator_report_scoring_result t on t.allocator_report_id = r.id
        left join (
            select distinct allocator_report_id, data_type from filplus.allocator_score_explained
        ) e on e.allocator_report_id = r.id
        where r.report_day = (select max(report_day) from filplus.allocator_report)
        group by r.id, r.allocator, e.data_type
        having count(*) <> case e.data_type when 'enterprise' then 6 else 8 end
        order by r.allocator, r.id
        """,
    ),
)

_REFERENCES = (
    SqlCheck(
        "every_provider_is_known",
        _PAIRS,
        "Every provider with deals is in filplus.provider (compliance §13, 14). One that is not is "
        "missing from the source's list of providers, which the source itself refreshes.",
        """
        select d.provider, count(*) as clients
        from filplus.client_provider_distribution d
        where not exists (select from filplus.provider p where p.id = d.provider)
        group by d.provider order by d.provider
        """,
        _WARN,
    ),
    SqlCheck(
        "every_granting_allocator_is_known",
        "filplus/client_allocator_distribution_weekly",
        "Every allocator that granted is in filplus.allocator (compliance §13, 14); the others are "
        "listed.",
        """
        select d.allocator, count(*) as weeks_and_clients
        from filplus.client_allocator_distribution_weekly d
        where not exists (select from filplus.allocator a where a.id = d.allocator)
        group by d.allocator order by d.allocator
        """,
        _WARN,
    ),
)


def _standard_allocators(table: LiteralString) -> SqlCheck:
    """Return the check that the newest classes of allocators hold no metaallocator."""
    return SqlCheck(
        "allocators_not_metaallocators",
        f"filplus/{table}",
        "No metaallocator has granted to a client directly. One that has gets weekly classes, as "
        "on the live platform, but is not in histograms, counts, averages and scores "
        "(compliance §6.6).",
        f"""
        select c.allocator, count(*) as rows_of_newest_week
        from filplus.{table} c
        join filplus.allocator a on a.id = c.allocator and a.is_metaallocator
        where c.week = (select max(week) from filplus.{table})
        group by c.allocator order by c.allocator
        """,
        _WARN,
    )


CHECKS = (
    _HOURS_AND_PAIRS,
    *_FRESHNESS,
    _one_row_set("provider_url_finder_retrievability_daily", "provider"),
    _one_row_set("allocator_client_stats_daily", "allocator_id"),
    _one_row_set("clients_stats_daily", "'all'"),
    _one_row_set("ipni_reporting_daily", "'all'"),
    *_REPORTS,
    *_REFERENCES,
    _standard_allocators("allocator_compliance_weekly"),
    _standard_allocators("allocator_sps_compliance_weekly"),
)
