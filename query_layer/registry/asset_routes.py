"""Routes that every asset has: ``/v1/assets/{asset}/rows`` and the file ``/v1/export/{asset}``."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from query_layer.registry.asset import Asset
from query_layer.registry.route import Route, route


def asset_routes(assets: Iterable[Asset]) -> tuple[Route, ...]:
    """Return the routes of the rows of assets."""
    return tuple(
        route(
            f"/v1/assets/{asset.name}/rows",
            asset,
            f"Rows of `{asset.view}`.",
            partition_name="partition" if asset.partition else "",
        )
        for asset in assets
    )


@cache
def export_route(asset: Asset) -> Route:
    """Return the route of an asset's file: its rows as those of ``asset_routes``, without pages."""
    return route(
        f"/v1/export/{asset.name}",
        asset,
        f"File of `{asset.view}`.",
        partition_name="partition" if asset.partition else "",
    )
