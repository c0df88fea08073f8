"""Metrics: the health of data and process in the Prometheus text format.

Scope: names, labels and the text form; not here: the values (``query_layer.ops.health``), or
counters of requests (query_layer.md §9).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
Sample = tuple[Sequence[str], float]
_FAMILIES: Mapping[str, type[GaugeMetricFamily | CounterMetricFamily]] = {
    "gauge": GaugeMetricFamily,
    "counter": CounterMetricFamily,
}


@dataclass(frozen=True)
class Metric:
    """One metric: name, type, help and the names of its labels."""

    name: str
    kind: str
    help: str
    labels: tuple[str, ...] = ()

    def family(self, samples: Iterable[Sample]) -> GaugeMetricFamily | CounterMetricFamily:
        """Return the metric with its samples: the values of the labels, in order, and a number."""
        family = _FAMILIES[self.kind](self.name, self.help, labels=self.labels)
        for labels, value in samples:
            family.add_metric(labels, value)
        return family


_ASSET = ("asset",)
ASSET_AGE = Metric(
    "asset_data_age_seconds", "gauge", "Age of the newest good rows by the service's clock.", _ASSET
)
ASSET_STALE = Metric(
    "asset_is_stale", "gauge", "1 where the age is over the freshness policy.", _ASSET
)
ASSET_FAILED = Metric(
    "asset_failed_partitions", "gauge", "Partitions whose last attempt failed.", _ASSET
)
SOURCE_OK = Metric(
    "source_is_ok", "gauge", "1 where the last call to the source was good.", ("source",)
)
POOL_ACTIVE = Metric("db_pool_active_connections", "gauge", "Database connections in use.")
POOL_WAITING = Metric("db_pool_waiting_requests", "gauge", "Requests waiting for a connection.")
CACHE_HITS = Metric("api_cache_hit_total", "counter", "Responses served from the cache.")
CACHE_MISSES = Metric("api_cache_miss_total", "counter", "Responses not found in the cache.")
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


@dataclass(frozen=True)
class _Snapshot(Collector):
    """The samples of one request, in the form that the library writes."""

    samples: Mapping[Metric, Iterable[Sample]]

    def collect(self) -> list[GaugeMetricFamily | CounterMetricFamily]:
        """Return every metric in the order of the contract."""
        return [metric.family(self.samples[metric]) for metric in METRICS]


def exposition(data: Mapping[str, Any], process: Mapping[str, Any]) -> bytes:
    """Return the text of all metrics; an unknown age has no sample."""
    assets, sources = data["assets"], data["sources"]
    samples: dict[Metric, Iterable[Sample]] = {
        ASSET_AGE: _per_asset(assets, "age_seconds"),
        ASSET_STALE: _per_asset(assets, "stale"),
        ASSET_FAILED: _per_asset(assets, "failed_partitions"),
        SOURCE_OK: [((row["source"],), float(row["ok"])) for row in sources],
        POOL_ACTIVE: [((), process["pool"]["active"])],
        POOL_WAITING: [((), process["pool"]["waiting"])],
        CACHE_HITS: [((), process["cache"]["hits"])],
        CACHE_MISSES: [((), process["cache"]["misses"])],
    }
    return generate_latest(_Snapshot(samples))


def _per_asset(assets: Iterable[Mapping[str, Any]], key: str) -> list[Sample]:
    return [((row["asset_key"],), float(row[key])) for row in assets if row[key] is not None]
