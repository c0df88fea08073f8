"""The registry: assets and addresses of the service, as data.

A new mart costs one entry here and one view: its columns, key and texts come from the catalogue,
its rows, parameters, OpenAPI, cache keys and health from the entry. Scope: putting the entries of
the domains together; not here: SQL (``query_layer.read.statements``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from query_layer.registry.asset import Asset
from query_layer.registry.asset_routes import asset_routes
from query_layer.registry.filplus_assets import FILPLUS_ASSETS
from query_layer.registry.filplus_routes import FILPLUS_ROUTES
from query_layer.registry.report_assets import REPORT_ASSETS
from query_layer.registry.report_routes import REPORT_ROUTES
from query_layer.registry.route import Route
from query_layer.registry.statistics_routes import STATISTICS_ROUTES
from query_layer.registry.validator_assets import VALIDATOR_ASSETS
from query_layer.registry.validator_routes import VALIDATOR_ROUTES


def by_name(assets: Sequence[Asset]) -> Mapping[str, Asset]:
    """Index entries by name; two entries for one view are refused."""
    found = {asset.name: asset for asset in assets}
    if len(found) < len(assets):
        raise ValueError("two registry entries share a view")
    return found


ASSETS: Mapping[str, Asset] = by_name((*FILPLUS_ASSETS, *REPORT_ASSETS, *VALIDATOR_ASSETS))
ROUTES: tuple[Route, ...] = (
    *FILPLUS_ROUTES,
    *REPORT_ROUTES,
    *STATISTICS_ROUTES,
    *VALIDATOR_ROUTES,
    *asset_routes(ASSETS.values()),
)
