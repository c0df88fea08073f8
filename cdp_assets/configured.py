"""Which assets can be made here: those whose outside source has an address in the settings.

A refresh of everything leaves the others out and says so by the name of the variable; whoever names
one gets the refusal of its run. Belongs here: which source stands behind which variable. Does not:
calling it (``resources``), or the plan of a refresh (``cdp_assets.refresh``).
"""

from __future__ import annotations

from collections.abc import Collection

import dagster as dg

from cdp_assets.settings import Settings, variable_name

# The tag `source` of an asset; sources that are not here are part of every deployment.
_SETTING_OF_SOURCE = {
    "github": "github_api_url",
    "edition5": "edition5_source",
    "lotus": "lotus_rpc_url",
    "cid_contact": "cid_contact_url",
    "ipni": "cid_contact_url",
    "ipinfo": "ipinfo_url",
    "filscan": "filscan_api_url",
}
# Reports and weekly compliance need the registry's editions, audits and bookkeeping.
_SETTING_OF_GROUP = {"filplus_reports": "github_api_url", "filplus_scores": "github_api_url"}


def missing_settings(
    graph: dg.AssetGraph, keys: Collection[dg.AssetKey], settings: Settings
) -> dict[dg.AssetKey, str]:
    """Return the assets whose source is not named, each with the variable that would name it."""
    found = {}
    for key in keys:
        node = graph.get(key)
        field = _SETTING_OF_SOURCE.get(node.tags.get("source", "")) or _SETTING_OF_GROUP.get(
            node.group_name or ""
        )
        if field is not None and getattr(settings, field) is None:
            found[key] = variable_name(field)
    return found
