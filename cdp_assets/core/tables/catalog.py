"""What the definitions say about each asset, for readers outside Dagster (query_layer §8)."""

from __future__ import annotations

import dagster as dg
import psycopg

from cdp_assets import clock
from cdp_assets.core.tables.freshness import WARN_AFTER


def write_catalog(connection: psycopg.Connection, defs: dg.Definitions) -> int:
    """Replace ``ops.asset_catalog`` by the definitions; return the number of assets.

    The maximum age follows the cadence tag; the query layer compares the age of data with it.
    """
    graph = defs.resolve_asset_graph()
    rows = []
    for key in sorted(graph.materializable_asset_keys):
        node = graph.get(key)
        cadence = node.tags.get("cadence", "none")
        max_age = WARN_AFTER.get(cadence)
        rows.append(
            (
                key.to_user_string(),
                node.description or "",
                ", ".join(node.owners),
                node.group_name,
                node.tags.get("layer", "mart"),
                cadence,
                int(max_age.total_seconds()) if max_age else None,
                node.code_version,
            )
        )
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("delete from ops.asset_catalog")
        with cursor.copy("copy ops.asset_catalog from stdin") as sink:
            for row in rows:
                sink.write_row(row)
        # Which tables a chain has is in the catalogue.
        cursor.execute("select ops.record_chain_progress(%s)", [clock.wall_clock()])
    return len(rows)
