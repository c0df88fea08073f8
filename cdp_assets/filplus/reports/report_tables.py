"""Tables of reports: columns in the order they are written, keys, and what people read of them.

One column name means the same in every table, so its text stands once. Belongs here: names, types
and texts. Does not: DDL (``migrations``; a test holds both together) or rows (``report_store``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import dagster as dg
import yaml

from cdp_assets.settings import PROJECT_ROOT

_PROVIDER = (
    "provider:text total_deal_size:bigint unique_data_size:bigint "
    "retrievability_success_rate_url_finder:double consistent_retrievability:double "
    "inconsistent_retrievability:double ttfb:double bandwidth:double ipni_reporting_status:text "
    "ipni_reported_claims_count:bigint claims_count:bigint"
)
_LOCATION = (
    "provider:text ip:text city:text region:text country:text loc:text org:text postal:text "
    "timezone:text hostname:text"
)
_REPLICAS = (
    "num_of_replicas:integer total_deal_size:bigint unique_data_size:bigint percentage:double"
)
_SHARING = (
    "other_client:text total_deal_size:bigint unique_cid_count:integer "
    "other_client_application_url:text"
)


@dataclass(frozen=True)
class ReportTable:
    """One table.

    Attributes:
        name: In schema ``filplus``.
        group: Dagster group.
        description: Grain, keys, source, meaning of null or of no row.
        columns: ``name:type`` in the order of a COPY; columns that are never written are left out.
    """

    name: str
    group: str
    description: str
    columns: str

    @property
    def key(self) -> str:
        """Return the asset key as text."""
        return f"filplus/{self.name}"

    @property
    def column_names(self) -> list[str]:
        """Return the columns that are written."""
        return [column.split(":")[0] for column in self.columns.split()]

    def schema(self) -> dg.TableSchema:
        """Return the columns with type and meaning, for the UI."""
        return dg.TableSchema(
            columns=[
                dg.TableColumn(name, type=kind, description=TEXTS[name])
                for name, kind in (column.split(":") for column in self.columns.split())
            ]
        )


TEXTS: Mapping[str, str] = yaml.safe_load(
    (PROJECT_ROOT / "migrations" / "report_columns.yaml").read_text(encoding="utf-8")
)

_NEVER = "Written once with its report and never changed; a rule change makes a new report."

CLIENT_TABLES = (
    ReportTable(
        "client_report", "filplus_reports",
        "One row per client and report: who it is, what it received and spent, and the thresholds "
        f"that it was checked with. Keyed by id; made daily from the tables of the day. {_NEVER} "
        "Null means unknown or not observed.",
        "id:bigint report_id:uuid create_date:timestamp client:text client_address:text "
        "allocators:text[] avg_secs_to_first_deal:double organization_name:text "
        "application_url:text is_public_dataset:boolean using_client_contract:boolean "
        "client_contract_max_deviation:text storage_provider_ids_declared:text[] "
        "available_datacap:numeric last_datacap_spent:timestamp last_datacap_received:timestamp "
        "low_replica_threshold:integer high_replica_threshold:integer "
        "allocator_required_copies:text allocator_required_sps:text "
        "total_requested_amount:numeric expected_size_of_single_dataset:numeric "
        "total_uniq_data_set_size:bigint report_day:date rule_version:integer code_version:text "
        "inputs_hash:text input_overrides:jsonb",
    ),
    ReportTable(
        "client_report_storage_provider_distribution", "filplus_reports",
        "One row per client report and provider with data of the client: sizes, newest "
        f"measurements and IPNI status. Keyed by report and provider. {_NEVER} Null means not "
        "measured.",
        f"client_report_id:bigint {_PROVIDER} declared_in_application_file:boolean "
        "piece_working_url:text",
    ),
    ReportTable(
        "client_report_storage_provider_distribution_location", "filplus_reports",
        "One row per client report and provider whose place is known. Keyed by report and "
        f"provider. {_NEVER} No row means that the place is unknown.",
        f"client_report_id:bigint {_LOCATION}",
    ),
    ReportTable(
        "client_report_replica_distribution", "filplus_reports",
        "One row per client report and number of replicas: how much data has that many. Keyed by "
        f"report and number. {_NEVER} No row means no such data.",
        f"client_report_id:bigint {_REPLICAS}",
    ),
    ReportTable(
        "client_report_cid_sharing", "filplus_reports",
        "One row per client report and other client that holds the same pieces. Keyed by report "
        f"and other client. {_NEVER} No row means that nothing is shared.",
        f"client_report_id:bigint {_SHARING}",
    ),
    ReportTable(
        "client_report_check_result", "filplus_reports",
        "One row per client report and check: whether it passed, the message and the limits. "
        f"Unique by report and check code. {_NEVER} No row means that the check was skipped "
        "because a limit or threshold is unknown.",
        "client_report_id:bigint create_date:timestamp check:text result:boolean metadata:jsonb",
    ),
)  # fmt: skip

ALLOCATOR_TABLES = (
    ReportTable(
        "allocator_report", "filplus_reports",
        "One row per allocator and report: its clients, averages and requirements. Keyed by id, a "
        f"UUIDv5 of allocator, day, rules, code and inputs; made daily after the client reports. "
        f"{_NEVER} Null means unknown or not measured.",
        "id:uuid create_date:timestamp allocator:text address:text name:text multisig:boolean "
        "clients_number:integer avg_secs_to_first_deal:double "
        "avg_retrievability_success_rate_url_finder:double data_types:text[] audit:text[] "
        "required_copies:text required_sps:text all_allocators_score_avg:double data_type:text "
        "is_metaallocator:boolean first_audit_ended_at:timestamp report_day:date "
        "rule_version:integer code_version:text inputs_hash:text input_watermarks:jsonb "
        "input_overrides:jsonb",
    ),
    ReportTable(
        "allocator_report_client", "filplus_reports",
        "One row per allocator report and client: what this allocator granted and what became of "
        f"it. Keyed by report and client. {_NEVER} Null means unknown.",
        "allocator_report_id:uuid client_id:text name:text allocators:text[] "
        "allocations_number:integer total_allocations:numeric application_url:text "
        "application_timestamp:timestamp using_client_contract:boolean "
        "client_contract_max_deviation:text expected_size_of_single_dataset:numeric "
        "total_uniq_data_set_size:bigint last_datacap_spent:timestamp "
        "last_datacap_received:timestamp",
    ),
    ReportTable(
        "allocator_report_client_replica_distribution", "filplus_reports",
        "One row per allocator report, client and number of replicas. Keyed by these three. "
        f"{_NEVER} No row means no such data.",
        f"allocator_report_id:uuid client_id:text {_REPLICAS}",
    ),
    ReportTable(
        "allocator_report_client_cid_sharing", "filplus_reports",
        "One row per allocator report, client and other client that holds the same pieces. Keyed "
        f"by these three. {_NEVER} No row means that nothing is shared.",
        f"allocator_report_id:uuid client_id:text {_SHARING}",
    ),
    ReportTable(
        "allocator_report_client_allocation", "filplus_reports",
        "One row per allocator report, client and non-zero grant, numbered by time. Keyed by these "
        f"three. {_NEVER} No row means that nothing was granted.",
        "allocator_report_id:uuid client_id:text allocation_number:integer allocation:numeric "
        "timestamp:timestamp",
    ),
    ReportTable(
        "allocator_report_storage_provider_distribution", "filplus_reports",
        "One row per allocator report, client and provider: a provider of several clients stands "
        f"several times, as averages and scores weigh it. Keyed by these three. {_NEVER} Null "
        "means not measured.",
        f"allocator_report_id:uuid client_id:text {_PROVIDER} perc_of_total_datacap:double",
    ),
    ReportTable(
        "allocator_report_storage_provider_distribution_location", "filplus_reports",
        "One row per allocator report and provider whose place is known. Keyed by report and "
        f"provider. {_NEVER} No row means that the place is unknown.",
        f"allocator_report_id:uuid {_LOCATION}",
    ),
    ReportTable(
        "allocator_report_check_result", "filplus_reports",
        "One row per allocator report and check: 20, or 19 without the standard tranche schedule. "
        f"Unique by report and check code. {_NEVER} No row means that the check does not apply.",
        "allocator_report_id:uuid create_date:timestamp check:text check_name:text "
        "check_description:text result:boolean metadata:jsonb",
    ),
    ReportTable(
        "allocator_report_scoring_result", "filplus_scores",
        "One row per allocator report and component of its score: 8 for open data, 6 for "
        f"enterprise. Unique by report and component. {_NEVER} No row means that the allocator has "
        "no registry file of the present edition.",
        "id:uuid allocator_report_id:uuid create_date:timestamp score:integer metric:text "
        "metric_name:text metric_description:text metric_value:double metric_average:double "
        "metric_unit:text metric_value_min:double metric_value_max:double metadata:text[]",
    ),
    ReportTable(
        "allocator_report_scoring_result_range", "filplus_scores",
        "One row per component of a score and range of its rule, with weighted points. Keyed by "
        f"id, in the component's unit. {_NEVER} A null end is open.",
        "id:uuid scoring_result_id:uuid metric_value_min:double metric_value_max:double "
        "score:integer",
    ),
    ReportTable(
        "allocator_score_explained", "filplus_scores",
        "One row per allocator report and component, those that do not count included: value, "
        "samples, range hit, weight, points, peers, versions of inputs, rules and code. Keyed by "
        f"report and component. {_NEVER} The state tells a measured value from a default.",
        "allocator_report_id:uuid allocator:text report_day:date data_type:text component:text "
        "state:text raw_value:double sample_size:integer range_min:double range_max:double "
        "base_points:integer weight:integer points:integer largest_points:integer "
        "peers_average:double peer_values:double[] input_watermarks:jsonb rule_version:integer "
        "code_version:text",
    ),
)  # fmt: skip

WEEKLY_TABLES = (
    ReportTable(
        "storage_provider_compliance_weekly", "filplus_weekly",
        "One row per week and provider: three tests and the class that they give, against the "
        "averages of the week. Keyed by week and provider; made of providers_weekly_acc. A null "
        "average means that the week has no such provider.",
        "week:timestamp provider:text num_of_clients:integer "
        "biggest_client_total_deal_size:bigint total_deal_size:bigint retrievability:double "
        "is_open_data:boolean open_data_average:double overall_average:double "
        "is_above_open_data_average:boolean is_above_overall_average:boolean "
        "has_enough_clients:boolean is_spread:boolean compliance_score:text "
        "overall_compliance_score:text rule_version:integer is_measured:boolean",
    ),
    ReportTable(
        "allocator_compliance_weekly", "filplus_weekly",
        "One row per week, allocator and combination of the three switches: shares of its "
        "providers by class. Keyed by these; made of the week's provider classes and running "
        "totals. No row means that the allocator had granted nothing by then.",
        "week:timestamp allocator:text check_retrievability:boolean "
        "check_number_of_clients:boolean check_total_deal_size:boolean total_datacap:bigint "
        "total_sps:integer compliant_sps_percentage:double "
        "partially_compliant_sps_percentage:double non_compliant_sps_percentage:double "
        "threshold_percentage:double compliance_score:text rule_version:integer",
    ),
)  # fmt: skip

DERIVED_TABLES = (
    ReportTable(
        "retrievability_average_weekly", "filplus_weekly",
        "One row per week and set of providers: the mean retrievability that compliance compares "
        "with. Keyed by both, every set has its row; made of providers_weekly_acc and the "
        "applications. A null mean is over no provider.",
        "week:timestamp average_of:text num_of_providers:integer average_retrievability:numeric",
    ),
    ReportTable(
        "allocator_sps_compliance_weekly", "filplus_weekly",
        "One row per week, allocator, mean that is compared with and combination of the three "
        "switches: its providers by class. Keyed by these; counts, from which the class for any "
        "threshold follows. No row means that the allocator had granted nothing by then.",
        "week:timestamp allocator:text average_of:text check_retrievability:boolean "
        "check_number_of_clients:boolean check_total_deal_size:boolean total_datacap:bigint "
        "total_sps:integer compliant_sps:integer partially_compliant_sps:integer "
        "non_compliant_sps:integer rule_version:integer",
    ),
    ReportTable(
        "compliance_histogram_weekly", "filplus_weekly",
        "One row per week, subject, measure, population and bucket: how many providers or "
        "allocators lie in it. Keyed by these and the right edge; made of the running totals of "
        "providers and allocators. Missing buckets are there with 0; a population without any "
        "value has no row, a share of no bytes is no value.",
        "week:timestamp subject:text measure:text population:text value_from_exclusive:integer "
        "value_to_inclusive:integer num_of_values:integer total_bytes:numeric week_total:integer "
        "is_running:boolean",
    ),
    ReportTable(
        "allocator_score_weekly", "filplus_weekly",
        "One row per week, month, allocator and component of its score: the newest report with "
        "scores of that part of the week. Keyed by these; the newest of a month is that of its "
        "last week with one. No row means that the allocator had no scored report then.",
        "week:timestamp month:timestamp allocator:text metric:text allocator_report_id:uuid "
        "create_date:timestamp data_type:text score:integer largest_score:integer "
        "score_percentage:numeric score_group:text rule_version:integer",
    ),
)  # fmt: skip

ALERTS_TABLE = ReportTable(
    "compliance_alerts", "filplus_reports",
    "One row per allocator, client or provider and rule that it breaks in its newest report or "
    "week. Keyed by type, id and rule; made anew from the reports and the weekly classes. No row "
    "means that no rule is broken, or that there is no report of the newest day.",
    "entity_type:text entity_id:text rule:text since:timestamp value:text limit:text "
    "evidence_query:text",
)  # fmt: skip
