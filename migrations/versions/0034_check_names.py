"""Checks are named by their subject and its property, in alerts and in the state of partitions.

Renames only: every row stays, and a downgrade gives everything its older name again.
"""

from collections.abc import Mapping

from alembic import op
from sqlalchemy import text

revision = "0034"
down_revision = "0033"

NAMES = {
    "allocations_are_in_order_of_time": "allocations_ordered_by_time",
    "allocator_ids_are_there": "allocator_id_not_null",
    "an_identity_stands_for_one_validator": "identity_of_one_validator",
    "classes_stay_within_the_providers": "class_counts_at_most_providers",
    "clients_are_there": "client_not_null",
    "distribution_figures_fit_each_other": "distribution_sizes_consistent",
    "every_client_was_looked_up": "client_lookups_complete",
    "every_due_provider_was_looked_up": "stale_provider_lookups_complete",
    "every_entry_of_the_answers_is_readable": "response_entries_readable",
    "every_entry_of_the_day_is_readable": "day_entries_readable",
    "every_file_makes_a_row": "files_have_rows",
    "every_known_provider_was_asked": "known_providers_requested",
    "every_mean_lies_within_its_values": "means_within_range",
    "every_pair_asked_was_answered": "pair_responses_complete",
    "every_pair_was_answered_within_a_week": "pair_responses_recent",
    "every_provider_asked_was_answered": "provider_responses_complete",
    "every_provider_was_looked_up": "provider_lookups_complete",
    "every_publisher_could_be_walked": "publishers_reachable",
    "fetch_is_whole": "fetch_complete",
    "grants_so_far_are_those_before_and_of_the_week": "cumulative_grants_equal_sum",
    "its_file_is_there": "file_exists",
    "maxima_are_those_of_the_rules": "maxima_equal_rules",
    "no_hour_lies_ahead": "hours_not_in_future",
    "old_balances_of_clients_are_there": "old_balances_of_clients_not_empty",
    "pathway_types_are_present_ones": "pathway_types_current",
    "placeable_deals": "deals_attributable",
    "placeable_grants": "grants_attributable",
    "provider_figures_fit_each_other": "provider_counts_consistent",
    "provider_shares_stay_within_the_whole": "provider_shares_at_most_100_percent",
    "reports_lie_in_their_week_and_month": "reports_in_week_and_month",
    "rows_of_the_totals_are_those_of_the_landing": "total_rows_equal_landing",
    "sectors_are_there": "sector_not_null",
    "term_starts_are_there": "term_start_not_null",
    "the_biggest_is_part_of_all": "biggest_client_at_most_total",
    "the_first_deal_is_not_after_the_last": "first_deal_not_after_last",
    "the_walk_keeps_up": "crawl_budget_sufficient",
}
_ALERTS = "update ops.alerts set check_name = :new where kind = 'check' and check_name = :old"
_STATES = (
    "update ops.asset_partition_status set error_code = 'check:' || :new "
    "where error_code = 'check:' || :old"
)


def upgrade() -> None:
    _rename(NAMES)


def downgrade() -> None:
    _rename({new: old for old, new in NAMES.items()})


def _rename(names: Mapping[str, str]) -> None:
    for old, new in names.items():
        for statement in (_ALERTS, _STATES):
            op.execute(text(statement).bindparams(old=old, new=new))
