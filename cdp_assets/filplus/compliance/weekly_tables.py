"""Weekly classes of providers and allocators: the rows of one week, replaced together.

Python, because the tests are the rules of ``weekly_rules``, which are exact (a mean is compared
before it becomes a double) and read their limits from the versioned YAML. Scope: reading a week's
running totals, writing its rows; not here: the tests themselves or Dagster (``weekly_assets``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg

from cdp_assets.filplus.compliance.open_data import open_data_providers
from cdp_assets.filplus.compliance.weekly_rules import (
    ALL_SWITCHES,
    Passed,
    ProviderWeek,
    WeekAverages,
    allocator_class,
    averages,
    class_shares,
    provider_class,
    provider_tests,
)
from cdp_assets.filplus.reports.report_store import copy_rows
from cdp_assets.filplus.reports.report_tables import WEEKLY_TABLES
from cdp_assets.filplus.scoring.number_rules import as_double, exact
from cdp_assets.filplus.scoring.rules import RuleSet

PROVIDERS, ALLOCATORS = WEEKLY_TABLES
# Inputs with weeks.
PROVIDER_INPUTS = ("filplus/providers_weekly_acc",)
ALLOCATOR_INPUTS = (
    PROVIDERS.key,
    "filplus/client_provider_distribution_weekly_acc",
    "filplus/client_allocator_distribution_weekly_acc",
)
# Without partitions: they determine which providers are open data.
OPEN_DATA_INPUTS = (
    "filplus/client_provider_distribution",
    "filplus/allocator_client_bookkeeping",
    "filplus/allocator_registry",
    "filplus/allocator_registry_archive",
)


def replace_provider_week(cursor: psycopg.Cursor, week: datetime, rules: RuleSet) -> int:
    """Replace the providers of one week (Monday, UTC); return its rows."""
    rows = _provider_rows(cursor, week, rules)
    cursor.execute(
        "delete from filplus.storage_provider_compliance_weekly where week = %s",
        [week.replace(tzinfo=None)],
    )
    return copy_rows(cursor, PROVIDERS, rows)


def replace_allocator_week(cursor: psycopg.Cursor, week: datetime, rules: RuleSet) -> int:
    """Replace the allocators of one week (Monday, UTC), 8 switch rows each; return its rows."""
    tests = _stored_tests(cursor, week)
    rows = [
        row
        for allocator, (datacap, providers) in sorted(_allocators(cursor, week).items())
        for row in _switch_rows(week, allocator, datacap, [tests.get(p) for p in providers], rules)
    ]
    cursor.execute(
        "delete from filplus.allocator_compliance_weekly where week = %s",
        [week.replace(tzinfo=None)],
    )
    return copy_rows(cursor, ALLOCATORS, rows)


def _provider_rows(cursor: psycopg.Cursor, week: datetime, rules: RuleSet) -> list[tuple[Any, ...]]:
    cursor.execute(
        """
        select provider, num_of_clients, biggest_client_total_deal_size, total_deal_size,
            avg_retrievability_success_rate_url_finder, coalesce(is_measured, false)
        from filplus.providers_weekly_acc where week = %s order by provider
        """,
        [week.replace(tzinfo=None)],
    )
    found = [
        ProviderWeek._make((*row, exact(rate) or Decimal(0), is_measured))
        for *row, rate, is_measured in cursor.fetchall()
    ]
    open_data = open_data_providers(cursor)
    means = averages(found, open_data)
    return [_provider_row(week, row, row.provider in open_data, means, rules) for row in found]


def _provider_row(
    week: datetime, row: ProviderWeek, is_open: bool, means: WeekAverages, rules: RuleSet
) -> tuple[Any, ...]:
    against_open = provider_tests(row, means.open_data_average, rules.compliance)
    against_all = provider_tests(row, means.overall_average, rules.compliance)
    return (
        week,
        row.provider,
        row.num_of_clients,
        row.biggest_client_total_deal_size,
        row.total_deal_size,
        float(row.retrievability),
        is_open,
        as_double(means.open_data_average),
        as_double(means.overall_average),
        against_open.is_above_average,
        against_all.is_above_average,
        against_open.has_enough_clients,
        against_open.is_spread,
        provider_class(against_open),
        provider_class(against_all),
        rules.version,
        row.is_measured,
    )


def _stored_tests(cursor: psycopg.Cursor, week: datetime) -> Mapping[str, Passed]:
    cursor.execute(
        """
        select provider, is_above_open_data_average, has_enough_clients, is_spread
        from filplus.storage_provider_compliance_weekly where week = %s
        """,
        [week.replace(tzinfo=None)],
    )
    return {row[0]: Passed(*row[1:]) for row in cursor.fetchall()}


def _allocators(cursor: psycopg.Cursor, week: datetime) -> Mapping[str, tuple[int, list[str]]]:
    """Return what each allocator granted so far and the providers of its clients so far."""
    naive = week.replace(tzinfo=None)
    cursor.execute(
        """
        select distinct a.allocator, d.provider
        from filplus.client_allocator_distribution_weekly_acc a
        join filplus.client_provider_distribution_weekly_acc d using (week, client)
        where a.week = %s order by a.allocator, d.provider
        """,
        [naive],
    )
    providers: dict[str, list[str]] = defaultdict(list)
    for allocator, provider in cursor.fetchall():
        providers[allocator].append(provider)
    cursor.execute(
        """
        select allocator, sum(sum_of_allocations)::bigint
        from filplus.client_allocator_distribution_weekly_acc where week = %s group by allocator
        """,
        [naive],
    )
    return {allocator: (datacap, providers[allocator]) for allocator, datacap in cursor.fetchall()}


def _switch_rows(
    week: datetime, allocator: str, datacap: int, tests: list[Passed | None], rules: RuleSet
) -> list[tuple[Any, ...]]:
    threshold = rules.compliance.allocator_threshold_percentage
    rows = []
    for switches in ALL_SWITCHES:
        shares = class_shares(
            None if passed is None else provider_class(passed, switches) for passed in tests
        )
        rows.append(
            (
                week,
                allocator,
                *switches,
                datacap,
                shares.total,
                float(shares.compliant),
                float(shares.partially),
                float(shares.non_compliant),
                float(threshold),
                allocator_class(shares, threshold),
                rules.version,
            )
        )
    return rows
