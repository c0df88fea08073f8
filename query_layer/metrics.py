"""Metrics: the figures of health in the Prometheus text format.

Counters of requests need the metrics library and their own issue (query_layer.md §9). Belongs here:
names and the text form. Does not: figures (``query_layer.health``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Sample = tuple[Mapping[str, str], float]


@dataclass(frozen=True)
class Metric:
    """One metric: name, type and help."""

    name: str
    kind: str
    help: str


ASSET_AGE = Metric(
    "asset_data_age_seconds", "gauge", "Age of the newest good rows by the service's clock."
)
ASSET_STALE = Metric("asset_is_stale", "gauge", "1 where the age is over the freshness policy.")
ASSET_FAILED = Metric("asset_failed_partitions", "gauge", "Partitions whose last attempt failed.")
SOURCE_OK = Metric("source_is_ok", "gauge", "1 where the last call to the source was good.")
POOL_ACTIVE = Metric("db_pool_active_connections", "gauge", "Database connections at work.")
POOL_WAITING = Metric("db_pool_waiting_requests", "gauge", "Requests waiting for a connection.")
CACHE_HITS = Metric("api_cache_hit_total", "counter", "Answers taken from the cache.")
CACHE_MISSES = Metric("api_cache_miss_total", "counter", "Answers looked for in vain.")
METRICS = (
    ASSET_AGE,
    ASSET_STALE,
    ASSET_FAILED,
    SOURCE_OK,
    POOL_ACTIVE,
    POOL_WAITING,
    CACHE_HITS,
    CACHE_MISSES,
)


def exposition(data: Mapping[str, Any], process: Mapping[str, Any]) -> str:
    """Return the text of all metrics; an unknown age has no sample."""
    assets, sources = data["assets"], data["sources"]
    samples: dict[Metric, Iterable[Sample]] = {
        ASSET_AGE: _per_asset(assets, "age_seconds"),
        ASSET_STALE: _per_asset(assets, "stale"),
        ASSET_FAILED: _per_asset(assets, "failed_partitions"),
        SOURCE_OK: [({"source": row["source"]}, float(row["ok"])) for row in sources],
        POOL_ACTIVE: [({}, process["pool"]["active"])],
        POOL_WAITING: [({}, process["pool"]["waiting"])],
        CACHE_HITS: [({}, process["cache"]["hits"])],
        CACHE_MISSES: [({}, process["cache"]["misses"])],
    }
    return "".join(_block(metric, samples[metric]) for metric in METRICS)


def _per_asset(assets: Iterable[Mapping[str, Any]], figure: str) -> list[Sample]:
    return [
        ({"asset": row["asset_key"]}, float(row[figure]))
        for row in assets
        if row[figure] is not None
    ]


def _block(metric: Metric, samples: Iterable[Sample]) -> str:
    lines = [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.kind}"]
    for labels, value in samples:
        inside = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
        lines.append(
            f"{metric.name}{{{inside}}} {value:g}" if inside else f"{metric.name} {value:g}"
        )
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
