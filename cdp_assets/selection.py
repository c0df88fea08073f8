"""Which assets a text means, the nearest names when it means none, and which checks are theirs.

Belongs here: texts that people type, and what belongs to the chosen. Does not: what is done with
the assets (``cdp_assets.refresh``).
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
            "the selection matches no asset", key=text,
            hint=f"{_advice(graph, text)} A selection is a key, 'group:filplus_weekly' or "
            "'key:\"filplus/providers_weekly\"+'",
        )  # fmt: skip
    return chosen


def named_asset(graph: dg.AssetGraph, name: str) -> dg.AssetKey:
    """Return the key of an asset by its name, such as ``filplus/providers_weekly``.

    Raises:
        BadConfiguration: There is none; the nearest names are told.
    """
    key = dg.AssetKey(name.split("/"))
    if not graph.has(key):
        raise BadConfiguration("there is no such asset", key=name, hint=_advice(graph, name))
    return key


def own_checks(graph: dg.AssetGraph, keys: Collection[dg.AssetKey]) -> frozenset[dg.AssetCheckKey]:
    """Return the checks that assets evaluate themselves, in the run that makes them.

    A run that names assets and no checks would also evaluate those of the daily job.
    """
    own = (graph.get(key).assets_def.check_keys for key in keys)
    return frozenset(check for found in own for check in found if check.asset_key in keys)


def with_own_checks(graph: dg.AssetGraph, request: dg.RunRequest) -> dg.RunRequest:
    """Name the checks of a request that names assets; the daily checks have a job of their own."""
    if request.asset_selection is None:
        return request
    checks = own_checks(graph, request.asset_selection)
    return request.with_replaced_attrs(asset_check_keys=sorted(checks))


def _advice(graph: dg.AssetGraph, text: str) -> str:
    keys = [key.to_user_string() for key in graph.materializable_asset_keys]
    groups = {f"group:{graph.get(key).group_name}" for key in graph.materializable_asset_keys}
    near = _near(text, [*keys, *groups])
    return f"did you mean {' or '.join(near)}?" if near else "the UI lists all assets."


def _near(text: str, names: Iterable[str]) -> list[str]:
    return difflib.get_close_matches(text.removeprefix("key:").strip("'\"+*"), sorted(names), n=3)
