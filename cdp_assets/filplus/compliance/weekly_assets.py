"""Assets of weekly compliance: classes of providers, then of allocators, one week per partition.

Scope: the inputs and the check of each; not here: the steps of a run (``week_asset``) or the tests
(``weekly_rules``).
"""

from __future__ import annotations

from collections.abc import Collection

import dagster as dg

from cdp_assets.core.checks.sql_check import SqlCheck
from cdp_assets.filplus.compliance.week_asset import WeeklyTable, build_week_asset
from cdp_assets.filplus.compliance.weekly_tables import (
    ALLOCATOR_INPUTS,
    ALLOCATORS,
    OPEN_DATA_INPUTS,
    PROVIDER_INPUTS,
    PROVIDERS,
    replace_allocator_week,
    replace_provider_week,
)

CLASSES = (
    WeeklyTable(
        table=PROVIDERS,
        replace=lambda cursor, week, rules, _: replace_provider_week(cursor, week, rules),
        by_week=PROVIDER_INPUTS,
        unpartitioned=OPEN_DATA_INPUTS,
        code_version="3",
        check=SqlCheck(
            "provider_classes_follow_their_tests",
            PROVIDERS.key,
            "A provider is compliant exactly when it passes all three tests.",
            "select week, provider from filplus.storage_provider_compliance_weekly "
            "where week = any(%(weeks)s) "
            "and (is_above_open_data_average and has_enough_clients and is_spread) "
            "<> (compliance_score = 'compliant')",
        ),
    ),
    WeeklyTable(
        table=ALLOCATORS,
        replace=lambda cursor, week, rules, _: replace_allocator_week(cursor, week, rules),
        by_week=ALLOCATOR_INPUTS,
        check=SqlCheck(
            "provider_shares_at_most_100_percent",
            ALLOCATORS.key,
            "The three shares of an allocator add up to 100 percent at most.",
            "select week, allocator from filplus.allocator_compliance_weekly "
            "where week = any(%(weeks)s) "
            "and compliant_sps_percentage + partially_compliant_sps_percentage "
            "+ non_compliant_sps_percentage > 100.000001",
        ),
    ),
)


def build_compliance_assets(known: Collection[dg.AssetKey]) -> list[dg.AssetsDefinition]:
    """Return the two assets.

    Args:
        known: Keys that this code location builds; other inputs are no dependency.
    """
    built = {*known, dg.AssetKey(PROVIDERS.key.split("/"))}
    return [build_week_asset(classes, built) for classes in CLASSES]
