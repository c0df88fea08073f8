"""Metadata keys that the planner reads, so that the engine names no table of a domain.

A domain writes these keys into the metadata of its assets, a dbt model into its ``meta``; here they
are read. Scope: names of the keys and how they are read; not here: what follows from them
(``staleness``, ``configured_sources``, ``planner``).
"""

from __future__ import annotations

from collections.abc import Collection

import dagster as dg

# Its windows also depend on all earlier windows of what it reads, tables and landings alike: a kill
# between two runs may leave a week built from a landing and the next one from an older.
IS_CUMULATIVE = "is_cumulative"
# A landing whose syncs record the hours that they changed in ``ops.changed_hours``.
TRACKS_CHANGED_HOURS = "tracks_changed_hours"
# Name of the domain's plan that launches its runs; without one the time partitions decide.
PLANNED_BY = "planned_by"
# A landing that has to be filled before what reads it is built: those tables would be empty.
REQUIRED_LANDING = "required_landing"
# Fields of the settings with the addresses of its sources, separated by commas; where one is
# unset, a refresh skips the asset.
SOURCE_SETTING = "source_setting"
# The landing whose version tags every run: everything else starts from it.
TAGS_RUNS = "tags_runs"


def has_fact(graph: dg.AssetGraph, key: dg.AssetKey, fact: str) -> bool:
    """Return whether the metadata of an asset sets a fact; an asset of elsewhere sets none."""
    return graph.has(key) and bool(graph.get(key).metadata.get(fact))


def source_settings(graph: dg.AssetGraph, key: dg.AssetKey) -> tuple[str, ...]:
    """Return the fields of the settings that an asset needs; empty: none."""
    listed = graph.get(key).metadata.get(SOURCE_SETTING) or ""
    return tuple(name.strip() for name in str(listed).split(",") if name.strip())


def keys_with(graph: dg.AssetGraph, fact: str) -> list[dg.AssetKey]:
    """Return the materializable assets that set a fact, in the order of their keys."""
    return sorted(k for k in graph.materializable_asset_keys if graph.get(k).metadata.get(fact))


def cumulative_of(graph: dg.AssetGraph, keys: Collection[dg.AssetKey]) -> list[str]:
    """Return the names of those assets whose windows depend on all earlier windows."""
    return sorted(key.to_user_string() for key in keys if has_fact(graph, key, IS_CUMULATIVE))
