"""Specs of the assets of provider sources; descriptions come from the tables' dbt sources.

Scope: specs; not here: what a run of an asset does (``<source>/assets``).
"""

from __future__ import annotations

from typing import Any

import dagster as dg

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
