"""Tables of reports: columns in the order they are written, keys, and what people read of them.

One column name means the same in every table, so its text stands once. Belongs here: names, types
and texts. Does not: DDL (``migrations``; a test holds both together) or rows (``report_store``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import dagster as dg

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


TEXTS: Mapping[str, str] = {
    "id": "Key of the row.",
    "report_id": "Permanent id of the report: UUIDv5 of client, day, rules, code and inputs.",
    "client_report_id": "Report in filplus.client_report.",
    "allocator_report_id": "Report in filplus.allocator_report.",
    "scoring_result_id": "Component in filplus.allocator_report_scoring_result.",
    "create_date": "Clock of the report, UTC.",
    "report_day": "UTC day that the report is of.",
    "client": "Client, f0 and a number.",
    "client_id": "Client, f0 and a number.",
    "client_address": "Robust address; null when the source has none.",
    "allocator": "Allocator, f0 and a number.",
    "address": "Robust address of the allocator; null when the source has none.",
    "name": "Name; null when nobody gives one.",
    "allocators": "All allocators of the client, by row id of the source.",
    "multisig": "The allocator's address is a multisig.",
    "clients_number": "Client rows of the report.",
    "avg_secs_to_first_deal": "Mean seconds from a grant to the next hour with a deal; null: none.",
    "avg_retrievability_success_rate_url_finder": "Plain mean over provider rows, 0 to 1; one "
    "that was not measured counts as 0; null: no provider row.",
    "organization_name": "Of the application, else of the source; null: nobody gives one.",
    "application_url": "Of the first allowance; null: none.",
    "application_timestamp": "Time of the first allowance's issue, UTC; null: unknown.",
    "is_public_dataset": "The main allocator is open data; without a registry row what the "
    "application says; null: neither is known.",
    "using_client_contract": "A smart contract acts for the client.",
    "client_contract_max_deviation": "Of the contract, percent as text; null: none or not seen.",
    "storage_provider_ids_declared": "Providers that the application names.",
    "available_datacap": "Bytes left as the chain says; null: not observed.",
    "last_datacap_spent": "Newest hour with a deal, UTC; null: none.",
    "last_datacap_received": "Newest allowance message, UTC; null: none.",
    "low_replica_threshold": "Of the edition of the first allowance; null: its time is unknown.",
    "high_replica_threshold": "Of the edition of the first allowance; null: its time is unknown.",
    "allocator_required_copies": "Of the main allocator's registry file; null: none required.",
    "allocator_required_sps": "Of the main allocator's registry file; null: none required.",
    "required_copies": "Of the registry file; null: none required.",
    "required_sps": "Of the registry file; null: none required.",
    "total_requested_amount": "Bytes of the application; null: absent or not a size.",
    "expected_size_of_single_dataset": "Bytes of the application; null: absent or not a size.",
    "total_uniq_data_set_size": "Unique bytes over all numbers of replicas.",
    "rule_version": "Version of scoring_rules.yaml, kept in filplus.rule_version.",
    "code_version": "Version of the code that made the row.",
    "inputs_hash": "SHA-256 of all inputs of the report.",
    "input_watermarks": "Version of each input table as it was read.",
    "provider": "Storage provider, f0 and a number.",
    "total_deal_size": "Bytes.",
    "unique_data_size": "Bytes, each piece once.",
    "retrievability_success_rate_url_finder": "Newest measurement, 0 to 1; null: not measured.",
    "consistent_retrievability": "Share of valid CAR files, 0 to 1; null: not measured.",
    "inconsistent_retrievability": "1 - consistent; null: not measured.",
    "ttfb": "Newest time to first byte, milliseconds; null: not measured.",
    "bandwidth": "Newest download speed, Mbps; null: not measured.",
    "ipni_reporting_status": "OK, MISREPORTING or NOT_REPORTING.",
    "ipni_reported_claims_count": "Advertised entries; null: no peer or no advertisement.",
    "claims_count": "Claims of the provider over all clients; null: none.",
    "declared_in_application_file": "The application names the provider; null: no application.",
    "piece_working_url": "Address at which a piece was found; null: none or not observed.",
    "perc_of_total_datacap": "Share of the report's data, percent truncated to two decimals.",
    "ip": "Address; null: not kept.",
    "city": "City; null: unknown.",
    "region": "Region; null: unknown.",
    "country": "Country code; null: unknown.",
    "loc": "Latitude and longitude; null: unknown.",
    "org": "Network; null: not kept.",
    "postal": "Postal code; null: not kept.",
    "timezone": "Time zone; null: not kept.",
    "hostname": "Host name; null: not kept.",
    "num_of_replicas": "Providers that hold the data.",
    "percentage": "Share of the client's data, percent truncated to two decimals.",
    "other_client": "Client that holds the same pieces.",
    "unique_cid_count": "Pieces that both hold.",
    "other_client_application_url": "Of its first allowance; null: none.",
    "allocations_number": "Grants of this allocator to the client.",
    "total_allocations": "Bytes granted by this allocator.",
    "allocation_number": "1, 2, ... by time, then size.",
    "allocation": "Bytes, never 0; negative: a removal.",
    "timestamp": "Time of the allowance message, else of its block, UTC.",
    "check": "Code of the check.",
    "check_name": "What people call the check.",
    "check_description": "What the check claims.",
    "result": "The check passed.",
    "metadata": "Message, ids that violate, and limits.",
    "data_types": "Of the registry file.",
    "audit": "Of the registry file, trimmed.",
    "all_allocators_score_avg": "Mean total of the latest earlier scores of the same type of "
    "allocator; null: none.",
    "data_type": "openData or enterprise; null: no registry row of the present edition, no score.",
    "is_metaallocator": "It gives datacap to virtual allocators; never a peer.",
    "first_audit_ended_at": "Of the registry file, UTC; null: no audit, or it is open.",
    "score": "Points times weight.",
    "metric": "Code of the component.",
    "metric_name": "What people call the component.",
    "metric_description": "What the component measures.",
    "metric_value": "In the component's unit.",
    "metric_average": "Of the peers, in the component's unit; null: no peer.",
    "metric_unit": "% or null: a plain number.",
    "metric_value_min": "Left end of the scale or range.",
    "metric_value_max": "Right end of the scale or range; null: open.",
    "component": "Code of the component.",
    "state": "measured, not measured (no samples: the rules' default) or excluded (weight 0).",
    "raw_value": "In the component's unit, before points.",
    "sample_size": "Rows that the value is made of.",
    "range_min": "Left end of the range that was hit.",
    "range_max": "Right end of the range that was hit; null: open.",
    "base_points": "Points of that range.",
    "weight": "Factor for this type of allocator; 0: excluded.",
    "points": "base_points times weight.",
    "largest_points": "Most that the component can give this type of allocator.",
    "peers_average": "What metric_average holds; null: no peer.",
    "peer_values": "Values that the component was compared with.",
    "week": "Monday 00:00 UTC.",
    "num_of_clients": "Clients of the provider so far.",
    "biggest_client_total_deal_size": "Bytes of its biggest client.",
    "retrievability": "Of the last test day of the week, 0 to 1; 0 where not tested.",
    "is_open_data": "A client with a public dataset of a non-rejected allocator stores there.",
    "open_data_average": "Mean retrievability of the week's open-data providers; null: none.",
    "overall_average": "Mean retrievability of the week's providers; null: none.",
    "is_above_open_data_average": "The first test, against the open-data average.",
    "is_above_overall_average": "The first test, against the average of all.",
    "has_enough_clients": "The second test: more than 3 clients.",
    "is_spread": "The third test: the biggest client has 30 % at most.",
    "compliance_score": "compliant, partiallyCompliant or nonCompliant.",
    "overall_compliance_score": "The same with the average of all providers.",
    "check_retrievability": "The first test counts; off, it gives its point.",
    "check_number_of_clients": "The second test counts; off, it gives its point.",
    "check_total_deal_size": "The third test counts; off, it gives its point.",
    "total_datacap": "Bytes granted to its clients up to the week.",
    "total_sps": "Distinct providers of its clients up to the week.",
    "compliant_sps_percentage": "Not truncated; 0 without providers.",
    "partially_compliant_sps_percentage": "Not truncated; 0 without providers.",
    "non_compliant_sps_percentage": "Not truncated; the rest has no row in the week.",
    "threshold_percentage": "Share that makes an allocator compliant.",
    "entity_type": "allocator, client or provider.",
    "entity_id": "f0 and a number.",
    "rule": "Code of the check or test that fails.",
    "since": "First report or week of the unbroken run of failures, UTC.",
    "value": "What was found.",
    "limit": "What is allowed.",
    "evidence_query": "SQL that shows the rows behind it.",
}

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
        "inputs_hash:text",
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
        "rule_version:integer code_version:text inputs_hash:text input_watermarks:jsonb",
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
        "overall_compliance_score:text rule_version:integer",
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

ALERTS_TABLE = ReportTable(
    "compliance_alerts", "filplus_reports",
    "One row per allocator, client or provider and rule that it breaks in its newest report or "
    "week. Keyed by type, id and rule; made anew from the reports and the weekly classes. No row "
    "means that no rule is broken, or that there is no report.",
    "entity_type:text entity_id:text rule:text since:timestamp value:text limit:text "
    "evidence_query:text",
)  # fmt: skip
