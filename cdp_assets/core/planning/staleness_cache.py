"""What is stale of many assets, looked up once, and again only where something has changed.

One statement per kind of partitions looks up all assets; after a run only those that it wrote or
that read them are looked up again, so that a refresh with nothing new sends four queries in all.
Scope: which results are still valid; not here: the statements
(``cdp_assets.core.planning.staleness``).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection
from datetime import datetime

import dagster as dg
import psycopg

from cdp_assets.core.planning.staleness import (
    StalePartition,
    existing_window,
    stale_partitions,
    stale_unpartitioned,
)
from cdp_assets.partitions import Window
from resources.postgres.warehouse import Warehouse


class StalenessCache:
    """Stale partitions by asset; an unpartitioned asset has one, with an empty key.

    Args:
        graph: What reads what.
        warehouse: Where the ops contract is.
        asset_keys: All that may be looked up.
        window: Only partitions that overlap it; null means all that exist.
        as_of: The clock.

    Attributes:
        seconds: Wall time of all look-ups so far.
    """

    def __init__(
        self,
        graph: dg.AssetGraph,
        warehouse: Warehouse,
        asset_keys: Collection[dg.AssetKey],
        window: Window | None,
        as_of: datetime,
    ) -> None:
        self.seconds = 0.0
        self._graph, self._warehouse = graph, warehouse
        self._window, self._as_of = window, as_of
        self._keys = frozenset(asset_keys)
        self._known: dict[dg.AssetKey, list[StalePartition]] = {}
        self._is_begun = False

    def of(self, asset_keys: Collection[dg.AssetKey]) -> dict[dg.AssetKey, list[StalePartition]]:
        """Return the stale partitions of assets, ascending; one without any is absent."""
        unknown = (asset_keys if self._is_begun else self._keys) - self._known.keys()
        if unknown:
            self._look_up(unknown)
        return {key: self._known[key] for key in asset_keys if self._known[key]}

    def counts(self) -> dict[str, Counter[str]]:
        """Return how many partitions of each asset are stale, by reason; none: it is absent."""
        return {
            key.to_user_string(): Counter(partition.reason for partition in found)
            for key, found in self.of(sorted(self._keys)).items()
        }

    def window_of(self, definition: dg.TimeWindowPartitionsDefinition) -> Window:
        """Return the window of what exists, cut to the requested one."""
        start, end = existing_window(definition, self._as_of)
        if self._window is None:
            return start, end
        return max(start, self._window[0]), min(end, self._window[1])

    def forget(self, written: Collection[dg.AssetKey]) -> None:
        """Forget what is known of the assets that a run wrote, and of those that read them.

        A function may write all of its tables where a run chose some.
        """
        changed = {key for one in written for key in self._graph.get(one).assets_def.keys}
        for key in [*self._known]:
            observed = str(self._graph.get(key).metadata.get("observed", ""))
            reads = {*self._graph.get(key).parent_keys, dg.AssetKey(observed.split("/"))}
            if key in changed or reads & changed:
                del self._known[key]

    def _look_up(self, asset_keys: Collection[dg.AssetKey]) -> None:
        started = time.monotonic()
        by_definition: dict[dg.PartitionsDefinition | None, set[dg.AssetKey]] = {}
        for key in asset_keys:
            by_definition.setdefault(self._graph.get(key).partitions_def, set()).add(key)
        found: dict[dg.AssetKey, list[StalePartition]] = {key: [] for key in asset_keys}
        with self._warehouse.connect(autocommit=True) as connection:
            for definition, keys in by_definition.items():
                found |= self._found(connection, definition, keys)
        self._known |= found
        self._is_begun = True
        self.seconds += time.monotonic() - started

    def _found(
        self,
        connection: psycopg.Connection,
        definition: dg.PartitionsDefinition | None,
        keys: Collection[dg.AssetKey],
    ) -> dict[dg.AssetKey, list[StalePartition]]:
        if definition is None:
            reasons = stale_unpartitioned(connection, self._graph, keys, self._as_of)
            return {key: [StalePartition("", reason)] for key, reason in reasons.items()}
        assert isinstance(definition, dg.TimeWindowPartitionsDefinition)
        window = self.window_of(definition)
        return stale_partitions(connection, self._graph, keys, window, self._as_of)
