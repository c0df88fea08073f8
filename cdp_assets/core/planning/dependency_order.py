"""In which order a refresh takes the assets: one function after the other, in few parts.

One function builds many assets, and two functions may feed each other (weeks read entities,
entities read weeks): then one of them is taken in two parts. Scope: grouping and order; not here:
what is stale (``staleness``), launching (``planner``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import dagster as dg

from cdp_assets.core.planning.asset_facts import PLANNED_BY, has_fact


@dataclass(frozen=True)
class Group:
    """Assets that one function builds: they share partitions and go into one run.

    Attributes:
        name: Of the function.
        keys: In dependency order.
        definition: Their partitions; null for unpartitioned assets.
    """

    name: str
    keys: tuple[dg.AssetKey, ...]
    definition: dg.TimeWindowPartitionsDefinition | None


def groups_in_order(graph: dg.AssetGraph, chosen: Collection[dg.AssetKey]) -> list[Group]:
    """Return the chosen assets that a refresh materializes, each group after all that it reads.

    Assets that name a plan of their domain are not among them (``domain_plan``).
    """
    names = {
        key: graph.get(key).assets_def.op.name
        for key in graph.toposorted_asset_keys
        if key in chosen and _is_refreshed(graph, key)
    }
    above = _chosen_above(graph, set(names))
    remaining = dict(names)
    groups: list[Group] = []
    while remaining:
        keys = _next_part(remaining, above)
        definition = graph.get(keys[0]).partitions_def
        assert definition is None or isinstance(definition, dg.TimeWindowPartitionsDefinition)
        groups.append(Group(names[keys[0]], keys, definition))
        for key in keys:
            del remaining[key]
    return groups


def built_on(
    graph: dg.AssetGraph, keys: Sequence[dg.AssetKey], starters: Collection[dg.AssetKey]
) -> tuple[dg.AssetKey, ...]:
    """Return the starters and those of the keys that are built on them, in the keys' order."""
    found: set[dg.AssetKey] = set(starters)
    for key in keys:
        if graph.get(key).parent_keys & found:
            found.add(key)
    return tuple(key for key in keys if key in found)


def _is_refreshed(graph: dg.AssetGraph, key: dg.AssetKey) -> bool:
    node = graph.get(key)
    if has_fact(graph, key, PLANNED_BY):
        return False
    is_by_time = isinstance(node.partitions_def, dg.TimeWindowPartitionsDefinition)
    return is_by_time or (node.partitions_def is None and node.is_materializable)


def _chosen_above(
    graph: dg.AssetGraph, chosen: set[dg.AssetKey]
) -> dict[dg.AssetKey, set[dg.AssetKey]]:
    """Return for each chosen asset the chosen ones that it is built on, also through others."""
    above: dict[dg.AssetKey, set[dg.AssetKey]] = {}
    for key in graph.toposorted_asset_keys:
        above[key] = set()
        for parent in graph.get(key).parent_keys - {key}:
            above[key] |= above[parent] | ({parent} & chosen)
    return above


def _next_part(
    remaining: dict[dg.AssetKey, str], above: dict[dg.AssetKey, set[dg.AssetKey]]
) -> tuple[dg.AssetKey, ...]:
    """Return what can be built next: all of a function, or else the first part of one."""
    parts: dict[str, tuple[dg.AssetKey, ...]] = {}
    for name in dict.fromkeys(remaining.values()):
        own = [key for key in remaining if remaining[key] == name]
        ready: set[dg.AssetKey] = set()
        for key in own:
            if all(parent in ready for parent in above[key] if parent in remaining):
                ready.add(key)
        if len(ready) == len(own):
            return tuple(own)
        if ready:
            parts[name] = tuple(key for key in own if key in ready)
    return next(iter(parts.values()))
