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
REGISTRIES_JOB = "filplus_registries_job"
HOURLY_JOB = "filplus_hourly_job"
ENTITIES_JOB = "filplus_entities_job"
DAILY_JOB = "filplus_daily_job"
WEEKLY_JOB = "filplus_weekly_job"
CLIENT_REPORT_JOB = "client_report_job"
ALLOCATOR_REPORT_JOB = "allocator_report_job"
QUALITY_JOB = "data_quality_job"

PROVIDER_DAILY_JOB = "provider_sources_daily_job"
PROVIDER_HOURLY_JOB = "provider_sources_hourly_job"
IPNI_WALK_JOB = "ipni_walk_job"

# One failing provider source stops no table of deals, so they have jobs of their own.
_PROVIDER_SOURCES = dg.AssetSelection.tag("family", "provider_sources")
_BY_CADENCE = dg.AssetSelection.tag("domain", "filplus") - _PROVIDER_SOURCES
# Reports have their own hours: clients at one, allocators, which read those, at six.
_REPORTS = dg.AssetSelection.groups("filplus_reports", "filplus_scores")
_CLIENT_REPORTS = dg.AssetSelection.assets(*(table.key.split("/") for table in CLIENT_TABLES))


def build_jobs(registry: Registry) -> list[UnresolvedAssetJobDefinition]:
    """Return every job; each has one partitioning and one backfill policy (U-04)."""
    return [
        *_filplus_jobs(),
        *_provider_source_jobs(),
        *(_chain_job(chain) for chain in registry.chains),
    ]


def _provider_source_jobs() -> list[UnresolvedAssetJobDefinition]:
    walk = dg.AssetSelection.tag("source", "cid_contact")
    return [
        dg.define_asset_job(
            PROVIDER_DAILY_JOB,
            selection=(_PROVIDER_SOURCES & dg.AssetSelection.tag("cadence", "daily")) - walk,
            description="Observe what the outside world tells of providers for one day.",
        ),
        dg.define_asset_job(
            PROVIDER_HOURLY_JOB,
            selection=_PROVIDER_SOURCES & dg.AssetSelection.tag("cadence", "hourly"),
            description="Look up the locations of at most twenty providers.",
        ),
        dg.define_asset_job(
            IPNI_WALK_JOB,
            selection=_PROVIDER_SOURCES & walk,
            description="Walk the IPNI chains within the budget, then compute the present status.",
        ),
    ]


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
            REGISTRIES_JOB,
            selection=_BY_CADENCE & dg.AssetSelection.tag("source", "github"),
            description="Read the registry, its archive and the allocators' bookkeeping on GitHub.",
        ),
        dg.define_asset_job(
            HOURLY_JOB,
            selection=_BY_CADENCE
            & dg.AssetSelection.tag("cadence", "hourly")
            & dg.AssetSelection.tag("layer", "mart"),
            description="Make the hourly tables of Filecoin Plus for one hour or a range of hours.",
        ),
        dg.define_asset_job(
            ENTITIES_JOB,
            selection=_BY_CADENCE & dg.AssetSelection.tag("cadence", "snapshot"),
            description="Bring the unpartitioned tables of Filecoin Plus up to their inputs.",
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
