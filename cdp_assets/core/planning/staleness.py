"""Which partitions are stale: missing, failed, built too early or by other code, or outdated.

One set-based statement over the ops contract for all assets that share partitions; the asset graph
says what reads what. It does not read ``ops.partition_lag``: one search per partition and input is
too slow for 20,000 hours of every asset, and here an input that a partition never recorded counts,
too, as version 0. Scope: finding stale partitions; not here: launching runs
(``cdp_assets.core.planning.planner``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import dagster as dg
import psycopg
from psycopg import sql

from cdp_assets import partitions
from cdp_assets.core.planning.asset_facts import IS_CUMULATIVE, TRACKS_CHANGED_HOURS, has_fact
from cdp_assets.partitions import Window

# What the first partition contains beside its own window; before the programme no hour has rows.
_REACHES_BACK_TO = {
    "week": datetime.min.replace(tzinfo=UTC),
    "hour": partitions.FILPLUS_START,
}
_STEPS = {"hour": "1 hour", "day": "1 day", "week": "7 days"}


@dataclass(frozen=True)
class StalePartition:
    """One partition that should be built, and why.

    Attributes:
        key: Dagster's partition key.
        reason: ``missing``, ``failed``, ``open``, ``code``, ``changed`` or ``upstream``.
    """

    key: str
    reason: str


@dataclass(frozen=True)
class _Upstream:
    """An input: a ``landing`` that records changed hours, ``partitions``, or a ``whole`` table."""

    key: str
    kind: str
    is_cumulative: bool
    grain: str


# Everything is joined once, by equality of keys: windows of inputs are put into bins as long as the
# longer of the two partitions; two windows overlap if and only if they share a bin. Nested loops
# are off, because only a wrong estimate would choose one: with a table that was never analyzed it
# read 42,000 rows for each of 20,000 hours.
_PLANNER = (
    "set local enable_nestloop = off",
    "set local jit = off",
    "set local work_mem = '64MB'",
)
_MONDAY = datetime(2001, 1, 1, tzinfo=UTC)  # hours, days and weeks all begin with it
_STALE = """
with assets as (
    select *
    from unnest(
        %(keys)s::text[], %(observed)s::text[], %(present_only)s::boolean[],
        %(issued_once)s::boolean[], %(code_versions)s::text[]
    ) a (asset_key, observed, present_only, issued_once, present_code)
),

reads as materialized (
    select r.*, row_number() over (order by r.asset_key, r.upstream) as read_id,
        r.is_cumulative or r.kind = 'whole' as is_running,
        greatest(r.step, %(step)s::interval) as bin
    from unnest(
        %(readers)s::text[], %(upstreams)s::text[], %(kinds)s::text[], %(cumulative)s::boolean[],
        %(steps)s::interval[]
    ) r (asset_key, upstream, kind, is_cumulative, step)
),

known as materialized (
    select w.*, w.window_start + %(step)s::interval as window_end, s.version, s.state, s.is_final,
        s.as_of, s.input_versions, s.error_code, s.code_version
    from (
        select a.*, generate_series(
            %(start)s::timestamptz, %(end)s::timestamptz - interval '1 second', %(step)s::interval
        ) as window_start
        from assets a
    ) w
    left join ops.asset_partition_status s
        on s.asset_key = w.asset_key and s.window_start = w.window_start
        and s.asset_key = any(%(keys)s) and s.window_start >= %(start)s
),

first_seen as materialized (
    select asset_key, min(seen_at) as seen_at
    from (
        select a.asset_key, s.window_start as seen_at
        from assets a
        inner join ops.asset_partition_status s on s.asset_key = a.observed
        where s.asset_key = any(%(observed)s)
        {stored}
    ) seen
    group by asset_key
),

sources as (
    select 'landing' as kind, asset_key, hour as changed_at, version
    from ops.changed_hours
    where asset_key = any(%(upstreams)s) and hour < %(end)s
    union all
    select 'partitions', asset_key, window_start, version
    from ops.asset_partition_status
    where asset_key = any(%(upstreams)s) and window_start < %(end)s and version is not null
    union all
    select 'whole', asset_key, '-infinity', version
    from ops.asset_version
    where asset_key = any(%(upstreams)s)
),

changes as materialized (
    select r.read_id, date_bin(r.bin, greatest(s.changed_at, %(start)s), %(monday)s) as bin_start,
        max(s.version) as version
    from reads r
    inner join sources s on s.kind = r.kind and s.asset_key = r.upstream
    where r.is_running or s.changed_at >= case
        when r.kind = 'landing' then %(landed_since)s
        else date_bin(r.bin, %(start)s, %(monday)s)
    end
    group by 1, 2
),

wanted as materialized (
    select k.asset_key, k.window_start, r.read_id, r.kind, r.is_running,
        date_bin(r.bin, k.window_start, %(monday)s) as bin_start,
        coalesce((k.input_versions ->> r.upstream)::bigint, 0) as used_version
    from known k
    inner join reads r on r.asset_key = k.asset_key
    -- only partitions for which the inputs decide; the others are classified below without them
    where k.version is not null
        and not (k.present_only and k.window_end <= %(as_of)s)
        and not (k.issued_once and k.window_end > %(as_of)s)
),

-- In a cumulative read, a change in an earlier window counts for all later ones.
newest as materialized (
    select read_id, bin_start,
        max(version) over (partition by read_id order by bin_start) as version
    from (
        select c.read_id, c.bin_start, c.version
        from changes c
        inner join reads r on r.read_id = c.read_id
        where r.is_running
        union all
        select read_id, bin_start, 0 from wanted where is_running
    ) v
    union all
    select c.read_id, c.bin_start, c.version
    from changes c
    inner join reads r on r.read_id = c.read_id
    where not r.is_running
),

newer as materialized (
    select w.asset_key, w.window_start, bool_or(w.kind = 'landing') as is_changed
    from wanted w
    inner join newest n on n.read_id = w.read_id and n.bin_start = w.bin_start
    where n.version > w.used_version
    group by w.asset_key, w.window_start
),

with_reason as (
    select
        k.asset_key,
        k.window_start,
        case
            when k.version is null and k.state = 'NOT_OBSERVED' then null
            when k.version is null and k.state is not null then 'failed'
            when k.version is null and k.observed <> '' and k.window_end <= %(as_of)s
                and coalesce(f.seen_at > k.window_start, true) then null
            when k.version is null then 'missing'
            when k.state = 'CHECK_FAILED' or k.error_code is not null then 'failed'
            when k.issued_once and k.window_end > %(as_of)s then null
            when not k.is_final and k.as_of < %(as_of)s then 'open'
            when k.present_only and k.window_end <= %(as_of)s then null
            when k.code_version <> k.present_code then 'code'
            when n.is_changed then 'changed'
            when n.asset_key is not null then 'upstream'
        end as reason
    from known k
    left join first_seen f on f.asset_key = k.asset_key
    left join newer n on n.asset_key = k.asset_key and n.window_start = k.window_start
)

select asset_key, window_start, reason
from with_reason
where reason is not null
order by asset_key, window_start
"""
# A day can be built from responses that were stored on it or on an earlier one.
_STORED = "union all select {asset_key}, min(day)::timestamp at time zone 'UTC' from {responses}"


def stale_partitions(
    connection: psycopg.Connection,
    graph: dg.AssetGraph,
    asset_keys: Collection[dg.AssetKey],
    window: Window,
    as_of: datetime,
) -> dict[dg.AssetKey, list[StalePartition]]:
    """Return the stale partitions of assets that share their time partitions, ascending.

    The partitions are those that overlap the window. An asset without stale ones is absent.

    A permanent failure is stale, too: each refresh tries it once. So is a partition that was built
    by other code than the present: its rows may be wrong, whatever the inputs say. An asset that
    names itself or its source as ``observed`` is not stale before the first observation of that
    one, or its first stored response: no source can report those days any more. A gap after it is
    stale, so that a run shows it as NOT_OBSERVED. What is ``issued_once``, such as a report, is not
    stale again on its day, whatever changes above it: people already have it.
    """
    keys = sorted(asset_keys)
    if not keys:
        return {}
    definition = graph.get(keys[0]).partitions_def
    assert isinstance(definition, dg.TimeWindowPartitionsDefinition)
    metadata = [graph.get(key).metadata for key in keys]
    statement = sql.SQL(_STALE).format(stored=sql.SQL(" ").join(_stored(graph, k) for k in keys))
    with connection.transaction():
        for setting in _PLANNER:
            connection.execute(setting)
        rows = connection.execute(
            statement,
            {
                **_window_values(definition, window),
                **_read_values(graph, keys),
                "as_of": as_of,
                "keys": [key.to_user_string() for key in keys],
                "observed": [str(m.get("observed", "")) for m in metadata],
                "present_only": [bool(m.get("present_only")) for m in metadata],
                "issued_once": [bool(m.get("issued_once")) for m in metadata],
                "code_versions": [graph.get(key).code_version for key in keys],
            },
        ).fetchall()
    found: dict[dg.AssetKey, list[StalePartition]] = {}
    for key, start, reason in rows:
        due = StalePartition(partitions.key_of(definition, start), reason)
        found.setdefault(dg.AssetKey(key.split("/")), []).append(due)
    return found


def _window_values(
    definition: dg.TimeWindowPartitionsDefinition, window: Window
) -> dict[str, object]:
    """Return the window, its step, and since when landed rows are in its first partition."""
    grain = grain_of(definition)
    first = definition.start.astimezone(UTC)
    start = max(first, partitions.window_containing(definition, window[0])[0])
    reaches_back = start == first and grain in _REACHES_BACK_TO
    return {
        "step": _STEPS[grain],
        "start": start,
        "end": window[1],
        "monday": _MONDAY,
        "landed_since": min(first, _REACHES_BACK_TO[grain]) if reaches_back else start,
    }


def _read_values(graph: dg.AssetGraph, keys: Sequence[dg.AssetKey]) -> dict[str, object]:
    """Return what each asset reads, as arrays of equal length."""
    reads = [(key.to_user_string(), found) for key in keys for found in _upstreams(graph, key)]
    return {
        "readers": [reader for reader, _ in reads],
        "upstreams": [upstream.key for _, upstream in reads],
        "kinds": [upstream.kind for _, upstream in reads],
        "cumulative": [upstream.is_cumulative for _, upstream in reads],
        "steps": [_STEPS[upstream.grain] for _, upstream in reads],
    }


def _stored(graph: dg.AssetGraph, asset_key: dg.AssetKey) -> sql.Composable:
    """Return the query of the first day of which raw responses of an asset are stored."""
    responses = graph.get(asset_key).metadata.get("responses")
    if not responses:
        return sql.SQL("")
    return sql.SQL(_STORED).format(
        asset_key=sql.Literal(asset_key.to_user_string()),
        responses=sql.Identifier(*str(responses).split(".")),
    )


_STALE_UNPARTITIONED = """
with newer as materialized (
    select distinct r.asset_key
    from unnest(%(readers)s::text[], %(upstreams)s::text[]) r (asset_key, upstream)
    inner join ops.asset_version v on v.asset_key = r.upstream
    inner join ops.asset_partition_status s
        on s.asset_key = r.asset_key and s.asset_key = any(%(readers)s) and s.partition_key = ''
    where v.version > coalesce((s.input_versions ->> r.upstream)::bigint, 0)
)

select
    k.asset_key,
    case
        when s.version is null and s.state is not null then 'failed'
        when s.version is null then 'missing'
        when s.state = 'CHECK_FAILED' or s.error_code is not null then 'failed'
        when s.as_of < k.period_start then 'open'
        when n.asset_key is not null then 'upstream'
    end as reason
from unnest(%(keys)s::text[], %(periods)s::timestamptz[]) k (asset_key, period_start)
left join ops.asset_partition_status s
    on s.asset_key = k.asset_key and s.asset_key = any(%(keys)s) and s.partition_key = ''
left join newer n on n.asset_key = k.asset_key
"""


def stale_unpartitioned(
    connection: psycopg.Connection,
    graph: dg.AssetGraph,
    asset_keys: Collection[dg.AssetKey],
    as_of: datetime,
) -> dict[dg.AssetKey, str]:
    """Return why unpartitioned assets are stale; one that is not is absent.

    An asset is built once in each period of its cadence (hour for a snapshot), and a snapshot also
    when an input has a newer version.
    """
    keys = sorted(asset_keys)
    cadences = {key: graph.get(key).tags.get("cadence", "none") for key in keys}
    reads = [
        (key.to_user_string(), parent.to_user_string())
        for key in keys
        if cadences[key] == "snapshot"
        for parent in sorted(graph.get(key).parent_keys)
    ]
    rows = connection.execute(
        _STALE_UNPARTITIONED,
        {
            "keys": [key.to_user_string() for key in keys],
            "periods": [_period_start(cadences[key], as_of) for key in keys],
            "readers": [reader for reader, _ in reads],
            "upstreams": [upstream for _, upstream in reads],
        },
    )
    return {dg.AssetKey(key.split("/")): str(reason) for key, reason in rows if reason}


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


def _upstreams(graph: dg.AssetGraph, asset_key: dg.AssetKey) -> list[_Upstream]:
    found = []
    is_cumulative = has_fact(graph, asset_key, IS_CUMULATIVE)
    for parent in sorted(graph.get(asset_key).parent_keys - {asset_key}):
        key = parent.to_user_string()
        node = graph.get(parent)
        if node.tags.get("cadence") == "snapshot":
            found.append(_Upstream(key, "whole", is_cumulative, "hour"))
        elif has_fact(graph, parent, TRACKS_CHANGED_HOURS):
            found.append(_Upstream(key, "landing", is_cumulative, "hour"))
        elif isinstance(node.partitions_def, dg.TimeWindowPartitionsDefinition):
            grain = grain_of(node.partitions_def)
            found.append(_Upstream(key, "partitions", is_cumulative, grain))
    return found
