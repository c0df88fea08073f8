"""Which assets a text means, the nearest names when it means none, and which checks are theirs.

Scope: texts that people type, and what belongs to the chosen; not here: what is done with the
assets (``planner``).
"""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Collection, Iterable

import dagster as dg

from cdp_assets.errors import BadConfiguration


def select_assets(graph: dg.AssetGraph, text: str) -> set[dg.AssetKey]:
    """Return the materializable assets of one selection in Dagster's syntax.

    Raises:
        BadConfiguration: It cannot be read, or no asset matches it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", dg.BetaWarning)  # of `group:`, in a pinned release
            found = set(dg.AssetSelection.from_string(text).resolve(graph))
    except dg.DagsterError:
        found = set()
    chosen = found.intersection(graph.materializable_asset_keys)
    if not chosen:
        raise BadConfiguration(
            "the selection matches no asset",
            key=text,
            hint=f"{_advice(graph, text)} A selection is a key, 'group:<name>' or "
            "'key:\"<schema>/<table>\"+'",
        )
    return _with_their_steps(graph, chosen)


def _with_their_steps(graph: dg.AssetGraph, chosen: set[dg.AssetKey]) -> set[dg.AssetKey]:
    """Add what else their steps write where a step cannot write a part of its tables."""
    steps = (graph.get(key).assets_def for key in chosen)
    return chosen.union(*(step.keys for step in steps if not step.can_subset))


def named_asset(graph: dg.AssetGraph, name: str) -> dg.AssetKey:
    """Return the key of an asset by its name, ``schema/table``.

    Raises:
        BadConfiguration: There is none; the nearest names are in the hint.
    """
    key = dg.AssetKey(name.split("/"))
    if not graph.has(key):
        raise BadConfiguration("there is no such asset", key=name, hint=_advice(graph, name))
    return key


def time_partitioned_asset(graph: dg.AssetGraph, name: str) -> dg.AssetKey:
    """Return the key of a time-partitioned asset.

    Raises:
        BadConfiguration: No such asset, or it has no time partitions.
    """
    key = named_asset(graph, name)
    if not isinstance(graph.get(key).partitions_def, dg.TimeWindowPartitionsDefinition):
        raise BadConfiguration(
            "the asset has no time partitions", key=name, hint="`cdp refresh --select` builds it"
        )
    return key


def own_checks(graph: dg.AssetGraph, keys: Collection[dg.AssetKey]) -> frozenset[dg.AssetCheckKey]:
    """Return the checks of assets, which the run that materializes them evaluates."""
    chosen = set(keys)
    return frozenset(check for check in graph.asset_check_keys if check.asset_key in chosen)


def _advice(graph: dg.AssetGraph, text: str) -> str:
    keys = [key.to_user_string() for key in graph.materializable_asset_keys]
    groups = {f"group:{graph.get(key).group_name}" for key in graph.materializable_asset_keys}
    near = _near(text, [*keys, *groups])
    return f"did you mean {' or '.join(near)}?" if near else "the UI lists all assets."


def _near(text: str, names: Iterable[str]) -> list[str]:
    return difflib.get_close_matches(text.removeprefix("key:").strip("'\"+*"), sorted(names), n=3)
