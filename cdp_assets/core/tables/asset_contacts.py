"""The owner of an asset, and the page that describes it.

Scope: owners and links of assets; not here: the pages (``docs``).
"""

from __future__ import annotations

from collections.abc import Callable

import dagster as dg

from cdp_assets.settings import PROJECT_ROOT, get_settings

_TABLES_PAGE = "reference/tables.md"


def owned_by(team: str) -> Callable[[dg.AssetSpec], dg.AssetSpec]:
    """Return a function that sets an asset's owner: ``CDP_OWNER``, else the team of its domain.

    Args:
        team: ``team:<name>``; not an address, which only the settings of a deployment know.
    """
    owner = get_settings().owner or team
    return lambda spec: spec.replace_attributes(owners=[owner])


def docs_link(asset_key: str) -> dg.MetadataValue[str]:
    """Return a link to an asset's description: below ``CDP_DOCS_URL``, else the file on disk.

    Args:
        asset_key: ``schema/table``; its heading is the anchor.
    """
    base = get_settings().docs_url
    if base is None:
        return dg.MetadataValue.path(str(PROJECT_ROOT / "docs" / _TABLES_PAGE))
    anchor = asset_key.replace("/", "")
    return dg.MetadataValue.url(f"{base.rstrip('/')}/{_TABLES_PAGE}#{anchor}")
