"""Names and groups of the tables of reports, and the columns that a report writes.

Scope: names and groups; not here: what the columns hold (the dbt sources ``filplus_reports``,
``filplus_scores`` and ``compliance``) or rows (``report_store``).
"""

from __future__ import annotations

from dataclasses import dataclass

from cdp_assets.core.tables.contracts import tables


@dataclass(frozen=True)
class ReportTable:
    """One table.

    Attributes:
        name: In schema ``filplus``.
        group: Dagster group.
    """

    name: str
    group: str

    @property
    def key(self) -> str:
        """Return the asset key as text."""
        return f"filplus/{self.name}"

    @property
    def column_names(self) -> list[str]:
        """Return the columns that a report writes, in the order of a COPY."""
        return [c.name for c in tables()[self.key].columns if c.is_written]


CLIENT_TABLES = (
    ReportTable("client_report", "filplus_reports"),
    ReportTable("client_report_storage_provider_distribution", "filplus_reports"),
    ReportTable("client_report_storage_provider_distribution_location", "filplus_reports"),
    ReportTable("client_report_replica_distribution", "filplus_reports"),
    ReportTable("client_report_cid_sharing", "filplus_reports"),
    ReportTable("client_report_check_result", "filplus_reports"),
)
ALLOCATOR_TABLES = (
    ReportTable("allocator_report", "filplus_reports"),
    ReportTable("allocator_report_client", "filplus_reports"),
    ReportTable("allocator_report_client_replica_distribution", "filplus_reports"),
    ReportTable("allocator_report_client_cid_sharing", "filplus_reports"),
    ReportTable("allocator_report_client_allocation", "filplus_reports"),
    ReportTable("allocator_report_storage_provider_distribution", "filplus_reports"),
    ReportTable("allocator_report_storage_provider_distribution_location", "filplus_reports"),
    ReportTable("allocator_report_check_result", "filplus_reports"),
    ReportTable("allocator_report_scoring_result", "filplus_scores"),
    ReportTable("allocator_report_scoring_result_range", "filplus_scores"),
    ReportTable("allocator_score_explained", "filplus_scores"),
)
WEEKLY_TABLES = (
    ReportTable("storage_provider_compliance_weekly", "filplus_weekly"),
    ReportTable("allocator_compliance_weekly", "filplus_weekly"),
)
ALERTS_TABLE = ReportTable("compliance_alerts", "filplus_reports")
