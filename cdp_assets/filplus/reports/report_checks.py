"""What must hold for the reports of a day: one statement per table, reading that day only.

Belongs here: claims and the SQL that finds rows that break them (compliance §13, 11 and 12). Does
not: checks that reports make about clients (``cdp_assets.filplus.checks``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import dagster as dg
import psycopg

from cdp_assets.checked import as_typed, checked, sample_rows
from cdp_assets.filplus.checks.check_codes import ALLOCATOR_CHECKS, CLIENT_CHECKS
from cdp_assets.filplus.reports.report_tables import ReportTable
from cdp_assets.filplus.scoring.rules import CheckRules

_OF_CLIENT = (
    "join filplus.client_report r on r.id = t.client_report_id where r.report_day = %(day)s"
)
_OF_ALLOCATOR = (
    "join filplus.allocator_report r on r.id = t.allocator_report_id where r.report_day = %(day)s"
)


class ReportCheck(NamedTuple):
    """A claim about a table and the rows that break it; ``severity`` ERROR marks the day red."""

    name: str
    description: str
    broken: str


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

CHECKS: Mapping[str, ReportCheck] = {
    "client_report": ReportCheck(
        "every_client_report_has_all_checks",
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
    "client_report_storage_provider_distribution": ReportCheck(
        "client_provider_rows_are_plausible",
        "Unique data is part of all data, rates lie between 0 and 1.",
        _sizes("client_report_storage_provider_distribution", _OF_CLIENT),
    ),
    "client_report_storage_provider_distribution_location": ReportCheck(
        "client_locations_name_a_place",
        "A location row names a place.",
        _rows("client_report_storage_provider_distribution_location", _OF_CLIENT, _PLACE),
    ),
    "client_report_replica_distribution": ReportCheck(
        "client_replica_shares_are_percentages",
        "Replicas are counted from 1, shares lie between 0 and 100 percent.",
        _rows("client_report_replica_distribution", _OF_CLIENT, _SHARES),
    ),
    "client_report_cid_sharing": ReportCheck(
        "clients_share_with_others_only",
        "Nobody shares with itself, and what is shared has a size.",
        _rows("client_report_cid_sharing", _OF_CLIENT,
              f"t.other_client = r.client or {_SHARING}"),
    ),
    "client_report_check_result": ReportCheck(
        "client_check_results_have_a_message",
        "Every result of a check says in words what was found.",
        _rows("client_report_check_result", _OF_CLIENT, "coalesce(t.metadata ->> 'msg', '') = ''"),
    ),
    "allocator_report": ReportCheck(
        "clients_number_equals_client_rows",
        "An allocator report counts its client rows.",
        """
        select r.id, r.allocator, r.clients_number from filplus.allocator_report r
        where r.report_day = %(day)s and r.clients_number <> (
            select count(*) from filplus.allocator_report_client c
            where c.allocator_report_id = r.id
        )
        """,
    ),
    "allocator_report_client": ReportCheck(
        "totals_equal_the_allocations",
        "The total of a client is the sum of its non-zero allocations.",
        _rows("allocator_report_client", _OF_ALLOCATOR,
              "t.total_allocations <> coalesce((select sum(a.allocation) "
              "from filplus.allocator_report_client_allocation a "
              "where a.allocator_report_id = t.allocator_report_id "
              "and a.client_id = t.client_id), 0)"),
    ),
    "allocator_report_client_replica_distribution": ReportCheck(
        "allocator_replica_shares_are_percentages",
        "Replicas are counted from 1, shares lie between 0 and 100 percent.",
        _rows("allocator_report_client_replica_distribution", _OF_ALLOCATOR, _SHARES),
    ),
    "allocator_report_client_cid_sharing": ReportCheck(
        "allocator_clients_share_with_others_only",
        "Nobody shares with itself, and what is shared has a size.",
        _rows("allocator_report_client_cid_sharing", _OF_ALLOCATOR,
              f"t.other_client = t.client_id or {_SHARING}"),
    ),
    "allocator_report_client_allocation": ReportCheck(
        "allocations_are_in_order_of_time",
        "Allocations of a client are numbered by time.",
        _rows("allocator_report_client_allocation", _OF_ALLOCATOR,
              "exists (select from filplus.allocator_report_client_allocation b "
              "where b.allocator_report_id = t.allocator_report_id and b.client_id = t.client_id "
              "and b.allocation_number = t.allocation_number - 1 "
              "and b.timestamp > t.timestamp)"),
    ),
    "allocator_report_storage_provider_distribution": ReportCheck(
        "allocator_provider_rows_are_plausible",
        "Unique data is part of all data, rates lie between 0 and 1.",
        _sizes("allocator_report_storage_provider_distribution", _OF_ALLOCATOR),
    ),
    "allocator_report_storage_provider_distribution_location": ReportCheck(
        "allocator_locations_name_a_place",
        "A location row names a place.",
        _rows("allocator_report_storage_provider_distribution_location", _OF_ALLOCATOR, _PLACE),
    ),
    "allocator_report_check_result": ReportCheck(
        "every_allocator_report_has_19_or_20_checks",
        "An allocator report has 20 checks, 19 without the standard tranche schedule.",
        """
        select r.id, r.allocator, count(k.id) as checks from filplus.allocator_report r
        left join filplus.allocator_report_check_result k on k.allocator_report_id = r.id
        where r.report_day = %(day)s and r.rule_version = %(rule_version)s
        group by r.id
        having count(k.id) not between %(allocator_checks)s - 1 and %(allocator_checks)s
        """,
    ),
    "allocator_report_scoring_result": ReportCheck(
        "every_score_is_one_of_its_ranges",
        "The points of a component are those of one of its stored ranges.",
        _rows("allocator_report_scoring_result", _OF_ALLOCATOR,
              "not exists (select from filplus.allocator_report_scoring_result_range g "
              "where g.scoring_result_id = t.id and g.score = t.score)"),
    ),
    "allocator_report_scoring_result_range": ReportCheck(
        "ranges_ascend",
        "The left end of a range is not beyond its right end.",
        "select g.* from filplus.allocator_report_scoring_result_range g "
        "join filplus.allocator_report_scoring_result t on t.id = g.scoring_result_id "
        f"{_OF_ALLOCATOR} and g.metric_value_min > g.metric_value_max",
    ),
    "allocator_score_explained": ReportCheck(
        "maxima_are_those_of_the_rules",
        "The most that the components give adds up to the maximum of the allocator's type.",
        """
        select t.allocator_report_id, t.allocator, sum(t.largest_points) as maximum
        from filplus.allocator_score_explained t
        join filplus.rule_version v on v.version = t.rule_version
        where t.report_day = %(day)s
        group by t.allocator_report_id, t.allocator, t.data_type, v.rules
        having sum(t.largest_points) <> (v.rules -> 'maximum' ->> t.data_type)::integer
        """,
    ),
}  # fmt: skip


def check_spec(table: ReportTable) -> dg.AssetCheckSpec:
    """Return the declaration of a table's check."""
    check = CHECKS[table.name]
    return dg.AssetCheckSpec(check.name, asset=table.key.split("/"), description=check.description)


def run_check(
    connection: psycopg.Connection, table: ReportTable, day: str, rules: CheckRules, version: int
) -> dg.AssetCheckResult:
    """Look for rows of a day that break a table's claim."""
    check = CHECKS[table.name]
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
    cursor = connection.execute(check.broken, values)
    broken = cursor.rowcount
    return checked(
        table.key,
        check.name,
        check.description,
        failing_rows=broken,
        found=f"{broken} rows of {day} break the rule. {check.description}" if broken else "",
        samples=sample_rows(cursor),
        sql=as_typed(connection, check.broken, values),
    )
