"""What must hold for the reports of a day: one statement per table, reading that day only.

Scope: claims and the SQL that finds rows that break them (compliance §13, 11 and 12); not here:
checks of clients that reports contain (``cdp_assets.filplus.checks``).
"""

from __future__ import annotations

from collections.abc import Mapping

import dagster as dg
import psycopg

from cdp_assets.core.checks.sql_check import SqlCheck, evaluate
from cdp_assets.filplus.checks.check_codes import ALLOCATOR_CHECKS, CLIENT_CHECKS
from cdp_assets.filplus.reports.report_tables import ReportTable
from cdp_assets.filplus.scoring.rules import CheckRules

_OF_CLIENT = (
    "join filplus.client_report r on r.id = t.client_report_id where r.report_day = %(day)s"
)
_OF_ALLOCATOR = (
    "join filplus.allocator_report r on r.id = t.allocator_report_id where r.report_day = %(day)s"
)


def _rows(table: str, parent: str, broken: str) -> str:
    return f"select t.* from filplus.{table} t {parent} and ({broken})"


def _sizes(table: str, parent: str) -> str:
    return _rows(
        table,
        parent,
        "t.unique_data_size > t.total_deal_size or t.total_deal_size < 0 "
        "or t.retrievability_success_rate_url_finder not between 0 and 1 "
        "or t.consistent_retrievability not between 0 and 1",
    )


_SHARES = "t.num_of_replicas < 1 or t.percentage not between 0 and 100"
_SHARING = "t.total_deal_size <= 0 or t.unique_cid_count < 1"
_PLACE = "coalesce(t.city, t.region, t.country, t.loc) is null"

_CHECKS = (
    SqlCheck(
        "every_client_report_has_all_checks",
        "filplus/client_report",
        "A client report has every check whose limits and thresholds are known, each once.",
        """
        select r.id, r.client, count(k.id) as checks from filplus.client_report r
        left join filplus.client_report_check_result k on k.client_report_id = r.id
        where r.report_day = %(day)s and r.rule_version = %(rule_version)s
        group by r.id
        having count(k.id) <> %(checks)s
            - case when r.low_replica_threshold is null then %(replica_checks)s else 0 end
        """,
    ),
    SqlCheck(
        "client_provider_rows_are_plausible",
        "filplus/client_report_storage_provider_distribution",
        "Unique data is part of all data, rates are between 0 and 1.",
        _sizes("client_report_storage_provider_distribution", _OF_CLIENT),
    ),
    SqlCheck(
        "client_locations_name_a_place",
        "filplus/client_report_storage_provider_distribution_location",
        "A location row has a city, region, country or coordinates.",
        _rows("client_report_storage_provider_distribution_location", _OF_CLIENT, _PLACE),
    ),
    SqlCheck(
        "client_replica_shares_are_percentages",
        "filplus/client_report_replica_distribution",
        "Replicas are counted from 1, shares are between 0 and 100 percent.",
        _rows("client_report_replica_distribution", _OF_CLIENT, _SHARES),
    ),
    SqlCheck(
        "clients_share_with_others_only",
        "filplus/client_report_cid_sharing",
        "No client shares with itself, and shared data has a size.",
        _rows("client_report_cid_sharing", _OF_CLIENT, f"t.other_client = r.client or {_SHARING}"),
    ),
    SqlCheck(
        "client_check_results_have_a_message",
        "filplus/client_report_check_result",
        "Every check result has a message.",
        _rows("client_report_check_result", _OF_CLIENT, "coalesce(t.metadata ->> 'msg', '') = ''"),
    ),
    SqlCheck(
        "clients_number_equals_client_rows",
        "filplus/allocator_report",
        "An allocator report counts its client rows.",
        """
        select r.id, r.allocator, r.clients_number from filplus.allocator_report r
        where r.report_day = %(day)s and r.clients_number <> (
            select count(*) from filplus.allocator_report_client c
            where c.allocator_report_id = r.id
        )
        """,
    ),
    SqlCheck(
        "totals_equal_the_allocations",
        "filplus/allocator_report_client",
        "The total of a client is the sum of its non-zero allocations.",
        _rows(
            "allocator_report_client",
            _OF_ALLOCATOR,
            "t.total_allocations <> coalesce((select sum(a.allocation) "
            "from filplus.allocator_report_client_allocation a "
            "where a.allocator_report_id = t.allocator_report_id "
            "and a.client_id = t.client_id), 0)",
        ),
    ),
    SqlCheck(
        "allocator_replica_shares_are_percentages",
        "filplus/allocator_report_client_replica_distribution",
        "Replicas are counted from 1, shares are between 0 and 100 percent.",
        _rows("allocator_report_client_replica_distribution", _OF_ALLOCATOR, _SHARES),
    ),
    SqlCheck(
        "allocator_clients_share_with_others_only",
        "filplus/allocator_report_client_cid_sharing",
        "No client shares with itself, and shared data has a size.",
        _rows(
            "allocator_report_client_cid_sharing",
            _OF_ALLOCATOR,
            f"t.other_client = t.client_id or {_SHARING}",
        ),
    ),
    SqlCheck(
        "allocations_ordered_by_time",
        "filplus/allocator_report_client_allocation",
        "Allocations of a client are numbered by time.",
        _rows(
            "allocator_report_client_allocation",
            _OF_ALLOCATOR,
            "exists (select from filplus.allocator_report_client_allocation b "
            "where b.allocator_report_id = t.allocator_report_id and b.client_id = t.client_id "
            "and b.allocation_number = t.allocation_number - 1 "
            "and b.timestamp > t.timestamp)",
        ),
    ),
    SqlCheck(
        "allocator_provider_rows_are_plausible",
        "filplus/allocator_report_storage_provider_distribution",
        "Unique data is part of all data, rates are between 0 and 1.",
        _sizes("allocator_report_storage_provider_distribution", _OF_ALLOCATOR),
    ),
    SqlCheck(
        "allocator_locations_name_a_place",
        "filplus/allocator_report_storage_provider_distribution_location",
        "A location row has a city, region, country or coordinates.",
        _rows("allocator_report_storage_provider_distribution_location", _OF_ALLOCATOR, _PLACE),
    ),
    SqlCheck(
        "every_allocator_report_has_19_or_20_checks",
        "filplus/allocator_report_check_result",
        "An allocator report has 20 checks, 19 without the standard tranche schedule.",
        """
        select r.id, r.allocator, count(k.id) as checks from filplus.allocator_report r
        left join filplus.allocator_report_check_result k on k.allocator_report_id = r.id
        where r.report_day = %(day)s and r.rule_version = %(rule_version)s
        group by r.id
        having count(k.id) not between %(allocator_checks)s - 1 and %(allocator_checks)s
        """,
    ),
    SqlCheck(
        "every_score_is_one_of_its_ranges",
        "filplus/allocator_report_scoring_result",
        "The points of a component are those of one of its stored ranges.",
        _rows(
            "allocator_report_scoring_result",
            _OF_ALLOCATOR,
            "not exists (select from filplus.allocator_report_scoring_result_range g "
            "where g.scoring_result_id = t.id and g.score = t.score)",
        ),
    ),
    SqlCheck(
        "ranges_ascend",
        "filplus/allocator_report_scoring_result_range",
        "The left end of a range is not beyond its right end.",
        "select g.* from filplus.allocator_report_scoring_result_range g "
        "join filplus.allocator_report_scoring_result t on t.id = g.scoring_result_id "
        f"{_OF_ALLOCATOR} and g.metric_value_min > g.metric_value_max",
    ),
    SqlCheck(
        "maxima_equal_rules",
        "filplus/allocator_score_explained",
        "The largest points of the components add up to the maximum of the allocator's type.",
        """
        select t.allocator_report_id, t.allocator, sum(t.largest_points) as maximum
        from filplus.allocator_score_explained t
        join filplus.rule_version v on v.version = t.rule_version
        where t.report_day = %(day)s
        group by t.allocator_report_id, t.allocator, t.data_type, v.rules
        having sum(t.largest_points) <> (v.rules -> 'maximum' ->> t.data_type)::integer
        """,
    ),
)  # fmt: skip
# By the name of the table.
CHECKS: Mapping[str, SqlCheck] = {check.asset_key.split("/")[1]: check for check in _CHECKS}


def check_spec(table: ReportTable) -> dg.AssetCheckSpec:
    """Return the declaration of a table's check."""
    return CHECKS[table.name].spec()


def run_check(
    connection: psycopg.Connection, table: ReportTable, day: str, rules: CheckRules, version: int
) -> dg.AssetCheckResult:
    """Evaluate a table's check over a day."""
    limits = [
        rules.client_report_max_provider_deal_percentage,
        rules.client_report_max_duplication_percentage,
        rules.client_report_max_percentage_for_required_copies,
        rules.client_report_max_percentage_not_declared_providers,
        rules.client_report_total_uniq_data_set_size_allow_exceeds_percentage,
    ]
    replica_limits = [
        rules.client_report_max_percentage_for_low_replica,
        rules.client_report_max_percentage_for_high_replica,
    ]
    skipped = [*limits, *replica_limits].count(None)
    values = {
        "day": day,
        "rule_version": version,
        "checks": len(CLIENT_CHECKS) - skipped,
        "replica_checks": 2 - replica_limits.count(None),
        "allocator_checks": len(ALLOCATOR_CHECKS)
        - (rules.client_report_max_percentage_for_required_copies is None),
    }
    return evaluate(connection, CHECKS[table.name], values, scope=f"of {day}")
