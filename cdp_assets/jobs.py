"""Jobs: what is launched as one run from UI, schedule, sensor or command line (D-08)."""

from __future__ import annotations

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import (
    UnresolvedAssetJobDefinition,
)

from cdp_assets.filplus.reports.report_tables import CLIENT_TABLES
from cdp_assets.validators.chain_keys import ChainKeys
from cdp_assets.validators.registry import Chain, Registry

DMOB_SYNC_JOB = "dmob_sync_job"
HOURLY_JOB = "filplus_hourly_job"
DAILY_JOB = "filplus_daily_job"
WEEKLY_JOB = "filplus_weekly_job"
CLIENT_REPORT_JOB = "client_report_job"
ALLOCATOR_REPORT_JOB = "allocator_report_job"

_BY_CADENCE = dg.AssetSelection.tag("domain", "filplus")
# Reports have their own hours: clients at one, allocators, which read those, at six.
_REPORTS = dg.AssetSelection.groups("filplus_reports", "filplus_scores")
_CLIENT_REPORTS = dg.AssetSelection.assets(*(table.key.split("/") for table in CLIENT_TABLES))


def build_jobs(registry: Registry) -> list[UnresolvedAssetJobDefinition]:
    """Return every job; each has one partitioning and one backfill policy (U-04)."""
    return [*_filplus_jobs(), *(_chain_job(chain) for chain in registry.chains)]


def _chain_job(chain: Chain) -> UnresolvedAssetJobDefinition:
    keys = [dg.AssetKey(key.split("/")) for key in ChainKeys(chain.snake).partitioned()]
    return dg.define_asset_job(
        f"{chain.snake}_periods_job",
        selection=dg.AssetSelection.assets(*keys),
        description=f"Fetch and write one period of {chain.name}, or a range of periods.",
    )


def _filplus_jobs() -> list[UnresolvedAssetJobDefinition]:
    return [
        dg.define_asset_job(
            DMOB_SYNC_JOB,
            selection=dg.AssetSelection.key_prefixes(["raw_dmob"]),
            description="Land what changed in the source database since the last sync.",
        ),
        dg.define_asset_job(
            HOURLY_JOB,
            selection=_BY_CADENCE
            & dg.AssetSelection.tag("cadence", "hourly")
            & dg.AssetSelection.tag("layer", "mart"),
            description="Make the hourly tables of Filecoin Plus for one hour or a range of hours.",
        ),
        dg.define_asset_job(
            DAILY_JOB,
            selection=_BY_CADENCE & dg.AssetSelection.tag("cadence", "daily") - _REPORTS,
            description="Observe the URL finder and make the daily tables of Filecoin Plus.",
        ),
        dg.define_asset_job(
            WEEKLY_JOB,
            selection=_BY_CADENCE & dg.AssetSelection.tag("cadence", "weekly"),
            description="Make the weekly tables of Filecoin Plus for one week or a range of weeks.",
        ),
        dg.define_asset_job(
            CLIENT_REPORT_JOB,
            selection=_CLIENT_REPORTS,
            description="Make the report of every client with an application, for the day.",
        ),
        dg.define_asset_job(
            ALLOCATOR_REPORT_JOB,
            selection=_REPORTS - _CLIENT_REPORTS,
            description="Make the report and score of every registered allocator, then the alerts.",
        ),
    ]
