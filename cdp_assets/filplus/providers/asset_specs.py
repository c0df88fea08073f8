"""Specs of the assets of provider sources; descriptions come from the tables' dbt sources.

Scope: specs, and what the daily assets of sources that report the present only have in common; not
here: what a run of an asset does (``<source>/assets``).
"""

from __future__ import annotations

from typing import Any

import dagster as dg

from cdp_assets.core.ingestion.daily_ingest import IngestAsset, PresentDay
from cdp_assets.core.planning.asset_facts import SOURCE_SETTING
from cdp_assets.core.tables.freshness import FRESHNESS_BY_CADENCE

# Settings that name the sources; without one a source is part of every deployment.
_SETTINGS = {
    "lotus": "lotus_rpc_url",
    "cid_contact": "cid_contact_url",
    "ipni": "cid_contact_url",
    "ipinfo": "ipinfo_url",
    "filscan": "filscan_api_url",
}
FAMILY = "provider_sources"  # tag of all of them; jobs of their own build them


def provider_spec(
    asset_key: str,
    *,
    source: str,
    group: str,
    cadence: str,
    code_version: str,
    deps: list[dg.AssetDep] | None = None,
    reads: str = "",
    tier: str = "1",
    has_history: bool = False,
    responses: str = "",
    present_only: bool = False,
) -> dg.AssetSpec:
    """Return the spec of one table.

    Args:
        asset_key: ``schema/table``; a table of ``filplus`` is a mart.
        source: Outside system that it is built from, for the tag.
        group: Group of the specification.
        cadence: Decides the freshness policy.
        code_version: Of the code that builds the rows.
        deps: What it reads.
        reads: What a run reads and why that is bounded, of a mart.
        tier: 1 where reports read it.
        has_history: The source has past days, so that those are stale before the first run.
        responses: Table of stored responses from which past days can be rebuilt.
        present_only: Its inputs show only the present, so past days cannot be rebuilt from them.
    """
    schema, table = asset_key.split("/")
    is_mart = schema == "filplus"
    metadata: dict[str, Any] = {}
    if source in _SETTINGS:
        metadata[SOURCE_SETTING] = _SETTINGS[source]
    if not has_history:
        metadata |= {"observed": asset_key, "responses": responses}
    if present_only:
        metadata["present_only"] = True
    if is_mart:
        metadata["reads"] = reads
    return dg.AssetSpec(
        key=[schema, table],
        deps=deps,
        group_name=group,
        kinds={"python", "postgres"},
        tags={
            "domain": "filplus",
            "layer": "mart" if is_mart else "landing",
            "cadence": cadence,
            "pii": "none",
            "tier": tier,
            "family": FAMILY,
            "source": source,
        },
        freshness_policy=FRESHNESS_BY_CADENCE[cadence],
        metadata=metadata,
        code_version=code_version,
    )


def present_day_asset(
    day: PresentDay[Any],
    *,
    name: str,
    does: str,
    reads_all_of: str,
    code_version: str,
    failed_check: tuple[str, str],
    reads: str = "",
    tier: str = "1",
) -> IngestAsset:
    """Return the daily asset of a source that reports the present only.

    Args:
        day: How a day is filled; names table and source.
        name: Of the step.
        does: What the step does, for the UI.
        reads_all_of: Asset whose rows are the entities to request, in all of its partitions.
        code_version: Of the code that builds the rows.
        failed_check: Name and text of the check that shows failed entities.
        reads: What a run reads and why that is bounded, of a mart.
        tier: 1 where reports read it.
    """
    source = day.source.name
    entities = dg.AssetDep(reads_all_of.split("/"), partition_mapping=dg.AllPartitionMapping())
    spec = provider_spec(
        day.asset_key,
        source=source,
        group="filplus_daily" if day.asset_key.startswith("filplus/") else "filplus_sources",
        cadence="daily",
        code_version=code_version,
        responses=f"raw_{source}.responses",
        deps=[entities],
        reads=reads,
        tier=tier,
    )
    return IngestAsset(
        name=name,
        does=does,
        specs=[spec],
        ingest_day=day,
        inputs=[reads_all_of],
        code_version=code_version,
        source=source,
        failed_check=failed_check,
    )
