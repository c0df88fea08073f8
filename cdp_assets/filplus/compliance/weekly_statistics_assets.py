"""Assets of the derived weeks: averages, classes by average, histograms, newest scores.

Belongs here: what each is made of, and its check. Does not: the steps of a run (``week_asset``) or
the statements (``weekly_statistics``).
"""

from __future__ import annotations

from collections.abc import Collection

import dagster as dg

from cdp_assets.core.checks.sql_check import SqlCheck
from cdp_assets.filplus.compliance.week_asset import WeeklyTable, build_week_asset
from cdp_assets.filplus.compliance.weekly_statistics import (
    AVERAGES,
    HISTOGRAMS,
    SCORES,
    SPS_COMPLIANCE,
    replace_averages,
    replace_histograms,
    replace_scores,
    replace_sps_compliance,
)
from cdp_assets.filplus.compliance.weekly_tables import OPEN_DATA_INPUTS
from cdp_assets.filplus.registry.standard_allocators import ALLOCATORS

_READS = "the running totals of the weeks of the run and {more}; bounded by the week's entities"

DERIVED = (
    WeeklyTable(
        table=AVERAGES,
        by_week=("filplus/providers_weekly_acc",),
        as_a_whole=OPEN_DATA_INPUTS,
        replace=replace_averages,
        reads=_READS.format(more="the pairs of clients that confirm open data"),
        check=SqlCheck(
            "means_within_range",
            AVERAGES.key,
            "A mean lies in [0, 1], and is null exactly where there is no provider.",
            "select week, average_of from filplus.retrievability_average_weekly "
            "where week = any(%(weeks)s) "
            "and ((average_retrievability is null) <> (num_of_providers = 0) "
            "or average_retrievability not between 0 and 1)",
        ),
    ),
    WeeklyTable(
        table=SPS_COMPLIANCE,
        by_week=(
            "filplus/client_provider_distribution_weekly_acc",
            "filplus/client_allocator_distribution_weekly_acc",
            "filplus/storage_provider_compliance_weekly",
            AVERAGES.key,
        ),
        replace=replace_sps_compliance,
        reads=_READS.format(more="the pairs of its clients"),
        check=SqlCheck(
            "class_counts_at_most_providers",
            SPS_COMPLIANCE.key,
            "The providers of the three classes are at most all providers of the allocator.",
            "select week, allocator from filplus.allocator_sps_compliance_weekly "
            "where week = any(%(weeks)s) "
            "and compliant_sps + partially_compliant_sps + non_compliant_sps > total_sps",
        ),
    ),
    WeeklyTable(
        table=HISTOGRAMS,
        by_week=("filplus/providers_weekly_acc", "filplus/allocators_weekly_acc"),
        as_a_whole=(*OPEN_DATA_INPUTS, ALLOCATORS),
        replace=replace_histograms,
        reads=_READS.format(more="the pairs of clients that confirm open data"),
        check=SqlCheck(
            "buckets_add_up_to_their_total",
            HISTOGRAMS.key,
            "The buckets of a week, measure and population add up to their total.",
            "select week, subject, measure, population from filplus.compliance_histogram_weekly "
            "where week = any(%(weeks)s) group by 1, 2, 3, 4, week_total "
            "having sum(num_of_values) <> week_total",
        ),
        code_version="3",
    ),
    WeeklyTable(
        table=SCORES,
        by_day=("filplus/allocator_report", "filplus/allocator_score_explained"),
        as_a_whole=(ALLOCATORS,),
        replace=replace_scores,
        reads=_READS.format(more="the reports of these weeks"),
        check=SqlCheck(
            "reports_in_week_and_month",
            SCORES.key,
            "A report lies in the week and in the month that it counts for.",
            "select week, allocator, metric from filplus.allocator_score_weekly "
            "where week = any(%(weeks)s) and (date_trunc('week', create_date) <> week "
            "or date_trunc('month', create_date) <> month)",
        ),
        code_version="2",
    ),
)


def build_derived_assets(known: Collection[dg.AssetKey]) -> list[dg.AssetsDefinition]:
    """Return the four assets.

    Args:
        known: What this code location makes besides them and the weekly classes; inputs that it
            does not make are no dependency.
    """
    ours = {dg.AssetKey(derived.table.key.split("/")) for derived in DERIVED}
    return [build_week_asset(derived, {*known, *ours}) for derived in DERIVED]
