"""Jobs over assets of Filecoin Plus: what a schedule, a sensor or a person launches (D-08)."""

from __future__ import annotations

from typing import NamedTuple

import dagster as dg

from cdp_assets.filplus.reports.report_tables import CLIENT_TABLES

DMOB_SYNC_JOB = "dmob_sync_job"
REGISTRIES_JOB = "filplus_registries_job"
HOURLY_JOB = "filplus_hourly_job"
ENTITIES_JOB = "filplus_entities_job"
DAILY_JOB = "filplus_daily_job"
WEEKLY_JOB = "filplus_weekly_job"
CLIENT_REPORT_JOB = "client_report_job"
ALLOCATOR_REPORT_JOB = "allocator_report_job"

PROVIDER_DAILY_JOB = "provider_sources_daily_job"
PROVIDER_HOURLY_JOB = "provider_sources_hourly_job"
IPNI_CRAWL_JOB = "ipni_crawl_job"

# One failing provider source stops no table of deals, so they have jobs of their own.
_PROVIDER_SOURCES = dg.AssetSelection.tag("family", "provider_sources")
_BY_CADENCE = dg.AssetSelection.tag("domain", "filplus") - _PROVIDER_SOURCES
# Reports have their own hours: clients at one, allocators, which read those, at six.
_REPORTS = dg.AssetSelection.groups("filplus_reports", "filplus_scores")
_REGISTRIES = dg.AssetSelection.tag("source", "github") | dg.AssetSelection.tag(
    "source", "edition5"
)
_CLIENT_REPORTS = dg.AssetSelection.assets(*(table.key.split("/") for table in CLIENT_TABLES))


class _Job(NamedTuple):
    name: str
    selection: dg.AssetSelection
    description: str


_FILPLUS = (
    _Job(
        DMOB_SYNC_JOB,
        selection=dg.AssetSelection.key_prefixes(["raw_dmob"]),
        description="Land what changed in the source database since the last sync. Example, to "
        "compare every row: "
        '`{"ops": {"dmob_sync": {"config": {"full_sweep": true}}}}`; without config the next few '
        "blocks of ids are compared.",
    ),
    _Job(
        REGISTRIES_JOB,
        selection=_BY_CADENCE & _REGISTRIES,
        description="Read registry, archive and bookkeeping on GitHub, and edition 5's statistics.",
    ),
    _Job(
        HOURLY_JOB,
        selection=_BY_CADENCE
        & dg.AssetSelection.tag("cadence", "hourly")
        & dg.AssetSelection.tag("layer", "mart"),
        description="Build the hourly tables of Filecoin Plus for one hour or a range of hours.",
    ),
    _Job(
        ENTITIES_JOB,
        selection=_BY_CADENCE & dg.AssetSelection.tag("cadence", "snapshot"),
        description="Update the unpartitioned tables of Filecoin Plus from their inputs.",
    ),
    _Job(
        DAILY_JOB,
        selection=_BY_CADENCE & dg.AssetSelection.tag("cadence", "daily") - _REPORTS,
        description="Observe the URL finder and build the daily tables of Filecoin Plus.",
    ),
    _Job(
        WEEKLY_JOB,
        selection=_BY_CADENCE & dg.AssetSelection.tag("cadence", "weekly"),
        description="Build the weekly tables of Filecoin Plus for one week or a range of weeks.",
    ),
    _Job(
        CLIENT_REPORT_JOB,
        selection=_CLIENT_REPORTS,
        description="Build the report of every client with an application, for the day.",
    ),
    _Job(
        ALLOCATOR_REPORT_JOB,
        selection=_REPORTS - _CLIENT_REPORTS,
        description="Build the report and score of every registered allocator, then the alerts.",
    ),
)

_WALK = dg.AssetSelection.tag("source", "cid_contact")
_DAILY = dg.AssetSelection.tag("cadence", "daily")
_DICTIONARIES = dg.AssetSelection.tag("cadence", "none")  # written where they are read
_PROVIDER = (
    _Job(
        PROVIDER_DAILY_JOB,
        selection=(_PROVIDER_SOURCES & (_DAILY | _DICTIONARIES)) - _WALK,
        description="Fetch what outside sources report about providers for one day.",
    ),
    _Job(
        PROVIDER_HOURLY_JOB,
        selection=_PROVIDER_SOURCES & dg.AssetSelection.tag("cadence", "hourly"),
        description="Look up the locations of at most twenty providers.",
    ),
    _Job(
        IPNI_CRAWL_JOB,
        selection=_PROVIDER_SOURCES & _WALK,
        description="Crawl the IPNI chains within the budget, then compute the present status.",
    ),
)


# Each has one partitioning and one backfill policy (U-04).
JOBS = tuple(
    dg.define_asset_job(job.name, selection=job.selection, description=job.description)
    for job in (*_FILPLUS, *_PROVIDER)
)
