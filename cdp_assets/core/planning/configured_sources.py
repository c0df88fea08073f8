"""Which assets can be built here: those whose outside source has an address in the settings.

A refresh of everything skips the others and reports them by the name of the variable; a selection
that names such an asset gets the refusal of its run. What is built on a landing that was never
filled is skipped, too, and every run refuses it: its tables would be wrong. Scope: what the
metadata of the assets (``asset_facts``) and the landings say; not here: calling a source
(``resources``), the plan of a refresh (``planner``), or the frame of a run (``core.runs``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

import dagster as dg
import psycopg

from cdp_assets.core.planning.asset_facts import REQUIRED_LANDING, keys_with, source_settings
from cdp_assets.errors import BadConfiguration, MissingUpstream
from cdp_assets.settings import Settings, require_source, variable_name
from cdp_assets.units import counted


def missing_settings(
    graph: dg.AssetGraph, keys: Collection[dg.AssetKey], settings: Settings
) -> dict[dg.AssetKey, str]:
    """Return the assets with a source that is not named, each with the first such variable."""
    found = {}
    for key in keys:
        missing = [one for one in source_settings(graph, key) if getattr(settings, one) is None]
        if missing:
            found[key] = variable_name(missing[0])
    return found


def built_on_nothing(
    connection: psycopg.Connection, graph: dg.AssetGraph, keys: Collection[dg.AssetKey]
) -> dict[dg.AssetKey, str]:
    """Return the assets that would be built on a landing that was never filled, each with one.

    A landing with no rows is another matter: a sync has seen that its source has none.
    """
    landings = {key.to_user_string() for key in keys_with(graph, REQUIRED_LANDING)}
    rows = connection.execute(
        "select asset_key from ops.asset_version where asset_key = any(%s)", [sorted(landings)]
    ).fetchall()
    never = landings - {key for (key,) in rows}
    reason: dict[dg.AssetKey, str] = {}
    for key in graph.toposorted_asset_keys:
        if key.to_user_string() in never:
            reason[key] = key.to_user_string()
        elif above := {reason[parent] for parent in graph.get(key).parent_keys if parent in reason}:
            reason[key] = min(above)
    is_built = {key for key in keys if key.to_user_string() not in landings}
    return {key: reason[key] for key in keys if key in is_built & reason.keys()}


def require_landed(
    connection: psycopg.Connection,
    graph: dg.AssetGraph,
    keys: Collection[dg.AssetKey],
    settings: Settings,
) -> None:
    """Refuse to build tables on a landing that was never filled.

    Raises:
        MissingUpstream: The first of the tables, and the landing that it lacks.
    """
    skipped = built_on_nothing(connection, graph, keys)
    if skipped:
        first = min(skipped)
        raise MissingUpstream(
            f"{skipped[first]} was never landed, and a table built on it would be empty, as if "
            "the source had nothing",
            key=first.to_user_string(),
            hint=_advice(
                graph, settings, skipped[first], "`cdp refresh` lands it before it builds tables"
            ),
        )


def skipped_lines(skipped: dict[dg.AssetKey, str]) -> Iterator[str]:
    """Yield a line per landing that is lacked, of what ``built_on_nothing`` found."""
    for landing, count in sorted(Counter(skipped.values()).items()):
        yield f"skipped: {counted(count, 'asset')}, because {landing} was never landed"


def require_buildable(
    graph: dg.AssetGraph,
    settings: Settings,
    chosen: Collection[dg.AssetKey],
    skipped: dict[dg.AssetKey, str],
) -> None:
    """Refuse a refresh that would build nothing.

    Args:
        graph: Of all assets.
        settings: Which sources have an address.
        chosen: What the refresh is for.
        skipped: Those of them that ``built_on_nothing`` names.

    Raises:
        BadConfiguration: Everything is skipped, or something is and no source has an address.
    """
    if not skipped:
        return
    require_source(settings)
    landings = set(keys_with(graph, REQUIRED_LANDING))
    if not set(chosen) - landings - skipped.keys():
        landing = min(skipped.values())
        if landings.intersection(chosen):
            hint = "`cdp refresh` without `--no-sync` lands it"
        else:
            hint = (
                "the selection has no landing: `cdp refresh` without `--select` lands it, "
                f"and so does `--select 'key:\"{landing.split('/')[0]}/*\"'`"
            )
        raise BadConfiguration(
            f"nothing is built: {landing} was never landed",
            hint=_advice(graph, settings, landing, hint),
        )


def _advice(graph: dg.AssetGraph, settings: Settings, landing: str, hint: str) -> str:
    """Return how to land a table; a hint counts only where its source has an address."""
    field = source_settings(graph, dg.AssetKey(landing.split("/")))[0]
    if getattr(settings, field):
        return hint
    return f"set {variable_name(field)}, then `cdp refresh`"
