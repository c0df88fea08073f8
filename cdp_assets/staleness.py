"""Which partitions are due: missing, failed, made before they ended, or older than their inputs.

One set-based statement per asset over the ops contract; the asset graph says what reads what.
Belongs here: the question. Does not: launching runs (``cdp_assets.refresh``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import dagster as dg
import psycopg
from psycopg import sql

from cdp_assets import partitions
from cdp_assets.partitions import Window

DEALS = "raw_dmob/unified_verified_deal"
# Landings whose syncs note the hours that they touched.
FOLLOWED_BY_HOUR = frozenset({DEALS, "raw_dmob/verified_client_allowance"})
REPEATED = "intermediate/client_provider_repeated_piece_weekly"
CLAIMS = "intermediate/client_provider_claims_weekly_acc"
TOTALS = "filplus/client_provider_distribution_weekly_acc"
# Their weeks also depend on all earlier weeks of what they read, tables and landings alike: a kill
# between two runs may leave a week made from a landing and the next one from an older.
ACCUMULATING = frozenset(
    {
        REPEATED,
        CLAIMS,
        TOTALS,
        "filplus/client_allocator_distribution_weekly_acc",
        "filplus/old_datacap_client_balance_weekly",
    }
)
# What the first partition holds beside its own window; before the programme no hour has rows.
_REACHES_BACK_TO = {"week": "-infinity", "hour": partitions.FILPLUS_START.isoformat()}
_STEPS = {"hour": "1 hour", "day": "1 day", "week": "7 days"}


@dataclass(frozen=True)
class DuePartition:
    """One partition that should be made, and why.

    Attributes:
        key: Dagster's partition key.
        reason: ``missing``, ``failed``, ``open``, ``touched`` or ``upstream``.
    """

    key: str
    reason: str


@dataclass(frozen=True)
class _Upstream:
    key: str
    is_landing: bool
    is_cumulative: bool
    is_whole: bool
    grain: str


# An upstream window that overlaps begins less than its own length before: with that lower bound a
# partition looks up a handful of rows by index (17,520 hours: 0.07 s, without the bound 137 s).
_DUE = """
with due_windows as (
    select g as window_start, g + %(step)s::interval as window_end
    from generate_series(%(start)s::timestamptz, %(end)s::timestamptz - interval '1 second',
        %(step)s::interval) g
),

known as (
    select w.*, s.version, s.state, s.is_final, s.as_of, s.input_versions, s.error_code
    from due_windows w
    left join ops.asset_partition_status s
        on s.asset_key = %(key)s and s.window_start = w.window_start
),

judged as (
    select
        k.window_start,
        case
            when k.version is null and k.state = 'NOT_OBSERVED' then null
            when k.version is null and k.state is not null then 'failed'
            when k.version is null and %(observed)s <> '' and k.window_end <= %(as_of)s
                and not exists (
                    select
                    from ops.asset_partition_status e
                    where e.asset_key = %(observed)s and e.window_start <= k.window_start
                )
                and not {is_kept} then null
            when k.version is null then 'missing'
            when k.state = 'CHECK_FAILED' or k.error_code is not null then 'failed'
            when %(issued_once)s and k.window_end > %(as_of)s then null
            when not k.is_final and k.as_of < %(as_of)s then 'open'
            when %(present_only)s and k.window_end <= %(as_of)s then null
            when exists (
                select
                from ops.touched_hours t
                where t.asset_key = any(%(landings)s)
                    and t.hour >= case
                        when %(accumulates)s then '-infinity'
                        when k.window_start = %(first)s
                            then least(k.window_start, %(reaches_back_to)s::timestamptz)
                        else k.window_start
                    end
                    and t.hour < k.window_end
                    and t.version > coalesce((k.input_versions ->> t.asset_key)::bigint, 0)
            ) then 'touched'
            when exists (
                select
                from unnest(
                    %(upstreams)s::text[], %(cumulative)s::boolean[], %(steps)s::interval[]
                ) u (key, is_cumulative, step)
                join ops.asset_partition_status p on p.asset_key = u.key
                where p.window_start < k.window_end
                    and p.window_start > case
                        when u.is_cumulative then '-infinity' else k.window_start - u.step
                    end
                    and p.version > coalesce((k.input_versions ->> u.key)::bigint, 0)
            ) then 'upstream'
            when exists (
                select
                from ops.asset_version v
                where v.asset_key = any(%(wholes)s)
                    and v.version > coalesce((k.input_versions ->> v.asset_key)::bigint, 0)
            ) then 'upstream'
        end as reason
    from known k
)

select window_start, reason from judged where reason is not null order by window_start
"""


# A day can be made of the answers that were kept from it or from one before.
_KEPT = "exists (select from {answers} a where a.day <= (k.window_start at time zone 'UTC')::date)"


def due_partitions(
    connection: psycopg.Connection,
    graph: dg.AssetGraph,
    asset_key: dg.AssetKey,
    window: Window,
    as_of: datetime,
) -> list[DuePartition]:
    """Return the due partitions of a time-partitioned asset inside a window, ascending.

    A permanent failure is due again, too: each refresh tries it once. An asset that names itself or
    its source as ``observed`` is not due before the first observation of that one, or the first of
    the ``answers`` that were kept: nothing could tell of those days. A gap after it is due, to
    become visible as NOT_OBSERVED. What is ``issued_once`` is not due again on its day, whatever
    changes above it: people hold it in their hands.
    """
    definition = graph.get(asset_key).partitions_def
    assert isinstance(definition, dg.TimeWindowPartitionsDefinition)
    grain = grain_of(definition)
    upstreams = _upstreams(graph, asset_key)
    others = [u for u in upstreams if not u.is_landing and not u.is_whole]
    key = asset_key.to_user_string()
    metadata = graph.get(asset_key).metadata
    rows = connection.execute(
        sql.SQL(_DUE).format(is_kept=_is_kept(metadata.get("answers"))),
        {
            "key": key,
            "step": _STEPS[grain],
            "start": window[0],
            "end": window[1],
            "as_of": as_of,
            "first": definition.start,
            "reaches_back_to": _REACHES_BACK_TO.get(grain),
            "accumulates": key in ACCUMULATING,
            "landings": [u.key for u in upstreams if u.is_landing],
            "upstreams": [u.key for u in others],
            "cumulative": [u.is_cumulative for u in others],
            "steps": [_STEPS[u.grain] for u in others],
            "wholes": [u.key for u in upstreams if u.is_whole],
            "observed": str(metadata.get("observed", "")),
            "present_only": bool(metadata.get("present_only")),
            "issued_once": bool(metadata.get("issued_once")),
        },
    )
    return [DuePartition(partitions.key_of(definition, row[0]), row[1]) for row in rows]


def _is_kept(answers: object) -> sql.Composable:
    """Return the condition that raw answers of a day, or of one before, are stored."""
    if not answers:
        return sql.SQL("false")
    return sql.SQL(_KEPT).format(answers=sql.Identifier(*str(answers).split(".")))


_DUE_WHOLE = """
select case
    when s.version is null and s.state is not null then 'failed'
    when s.version is null then 'missing'
    when s.state = 'CHECK_FAILED' or s.error_code is not null then 'failed'
    when s.as_of < %(period)s then 'open'
    when exists (
        select
        from ops.asset_version v
        where v.asset_key = any(%(upstreams)s)
            and v.version > coalesce((s.input_versions ->> v.asset_key)::bigint, 0)
    ) then 'upstream'
end
from (select %(key)s as asset_key) k
left join ops.asset_partition_status s on s.asset_key = k.asset_key and s.partition_key = ''
"""


def reason_due(
    connection: psycopg.Connection, graph: dg.AssetGraph, asset_key: dg.AssetKey, as_of: datetime
) -> str | None:
    """Return why an unpartitioned asset is due, or null when it is not.

    It is made once in each period of its cadence (hour for a snapshot), and a snapshot also when an
    input has a newer version.
    """
    node = graph.get(asset_key)
    cadence = node.tags.get("cadence", "none")
    row = connection.execute(
        _DUE_WHOLE,
        {
            "key": asset_key.to_user_string(),
            "period": _period_start(cadence, as_of),
            "upstreams": [key.to_user_string() for key in sorted(node.parent_keys)]
            if cadence == "snapshot"
            else [],
        },
    ).fetchone()
    assert row is not None
    return None if row[0] is None else str(row[0])


def _period_start(cadence: str, as_of: datetime) -> datetime | None:
    """Return since when a result is of the present period; null for a cadence without one."""
    floors = {
        "hourly": partitions.floor_hour,
        "snapshot": partitions.floor_hour,
        "daily": partitions.floor_day,
        "weekly": partitions.floor_week,
    }
    return floors[cadence](as_of) if cadence in floors else None


def grain_of(definition: dg.TimeWindowPartitionsDefinition) -> str:
    """Return ``hour``, ``day`` or ``week``."""
    if isinstance(definition, dg.HourlyPartitionsDefinition):
        return "hour"
    return "day" if isinstance(definition, dg.DailyPartitionsDefinition) else "week"


def existing_window(definition: dg.TimeWindowPartitionsDefinition, as_of: datetime) -> Window:
    """Return the window from the first partition to the end of the one that contains ``as_of``."""
    return definition.start.astimezone(UTC), partitions.window_containing(definition, as_of)[1]


def _upstreams(graph: dg.AssetGraph, asset_key: dg.AssetKey) -> Sequence[_Upstream]:
    found = []
    is_cumulative = asset_key.to_user_string() in ACCUMULATING
    for parent in sorted(graph.get(asset_key).parent_keys):
        key = parent.to_user_string()
        node = graph.get(parent)
        is_whole = node.tags.get("cadence") == "snapshot"
        if parent == asset_key:
            continue
        if key in FOLLOWED_BY_HOUR or node.is_partitioned or is_whole:
            grain = _grain_of_parent(graph, parent)
            found.append(_Upstream(key, key in FOLLOWED_BY_HOUR, is_cumulative, is_whole, grain))
    return found


def _grain_of_parent(graph: dg.AssetGraph, parent: dg.AssetKey) -> str:
    definition = graph.get(parent).partitions_def
    return (
        grain_of(definition)
        if isinstance(definition, dg.TimeWindowPartitionsDefinition)
        else "week"
    )
