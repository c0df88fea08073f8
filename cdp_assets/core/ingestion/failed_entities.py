"""Entities that an attempt could not store while the rest was: listed with reason, tried again.

Scope: the list (``ops.failed_entities``), which entities are fetched last because of it, and the
check that shows it; not here: what is tried (the asset).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import dagster as dg
import psycopg

from cdp_assets.clock import wall_clock
from cdp_assets.core.checks.check_results import SAMPLES, check_result
from cdp_assets.errors import REQUEST_NOT_SENT
from resources.codecs.text_sanitizing import escape_unstorable

IN_PART = (
    "stored without what cannot be read: "  # how the reason of an entity with a response begins
)


def joined(first: Mapping[str, str], second: Mapping[str, str]) -> dict[str, str]:
    """Return the reasons of two calls by entity; full failures precede partial ones."""
    found = dict(first)
    for entity, reason in second.items():
        both = dict.fromkeys([found[entity], reason] if entity in found else [reason])
        found[entity] = "; ".join(sorted(both, key=lambda one: one.startswith(IN_PART)))
    return found


def failed_before(connection: psycopg.Connection, asset_key: str) -> list[str]:
    """Return the listed entities whose last call failed, oldest failure first.

    Entities for which no request was sent, or whose response was stored in part, are not among
    them.
    """
    rows = connection.execute(
        "select entity from ops.failed_entities where asset_key = %s "
        "and not starts_with(reason, %s) and not starts_with(reason, %s) "
        "order by last_failed_at, entity",
        [asset_key, REQUEST_NOT_SENT, IN_PART],
    )
    return [row[0] for row in rows]


def previously_failed_last(entities: Sequence[str], previously_failed: Sequence[str]) -> list[str]:
    """Return the entities, those that failed last time at the end, so that they block no other."""
    pending, last = set(entities), set(previously_failed)
    return [one for one in entities if one not in last] + [
        one for one in previously_failed if one in pending
    ]


def record_attempt(
    cursor: psycopg.Cursor, asset_key: str, tried: Collection[str], failed: Mapping[str, str]
) -> None:
    """Record which of the tried entities failed and why; the others leave the list.

    Reasons may quote a source: characters that the database cannot store are written as escapes.

    Args:
        cursor: In the transaction that stores those that succeeded.
        asset_key: ``schema/table``.
        tried: Every entity of the attempt.
        failed: Reason by entity.
    """
    cursor.execute(
        "delete from ops.failed_entities where asset_key = %s and entity = any(%s)",
        [asset_key, sorted(set(tried) - set(failed))],
    )
    cursor.execute(
        """
        insert into ops.failed_entities as f (
            asset_key, entity, reason, first_failed_at, last_failed_at
        )
        select %(key)s, entity, reason, %(at)s, %(at)s
        from unnest(%(entities)s::text[], %(reasons)s::text[]) t (entity, reason)
        on conflict (asset_key, entity) do update set
            reason = excluded.reason, failures = f.failures + 1,
            last_failed_at = excluded.last_failed_at
        """,
        {
            "key": asset_key,
            "at": wall_clock(),
            "entities": sorted(failed),
            "reasons": [escape_unstorable(failed[entity]) for entity in sorted(failed)],
        },
    )


def failed_check(
    name: str, asset_key: str, failed: Mapping[str, str], tried: int
) -> dg.AssetCheckResult:
    """Return the check that shows the failed entities: a warning, never a failure of the run."""
    return check_result(
        asset_key,
        name,
        "Those that could not be stored are tried again by the next run.",
        failing_rows=len(failed),
        found=f"{len(failed):,} of {tried:,} could not be stored, or only in part; the rest is."
        if tried
        else "Nothing had to be fetched.",
        samples=[
            {"entity": entity, "reason": failed[entity]} for entity in sorted(failed)[:SAMPLES]
        ],
        sql="select * from ops.failed_entities "
        f"where asset_key = '{asset_key}' order by last_failed_at desc, entity",
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"tried_entities": tried},
    )
