"""Metrics in the Prometheus text format: what this process counts, and what ``ops`` says.

With several processes the library adds their counts up, through files of a folder that the first
process names before it starts the others. Scope: names, labels and the text form; not here: reading
``ops`` (``query_layer.ops.measured``), or who may read the text (``query_layer.http.middleware``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import prometheus_client
from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    values,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
Sample = tuple[Sequence[str], float]
_METHODS = frozenset(("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"))
_UNMATCHED = "unmatched"  # address without a route
_FAMILIES: Mapping[str, type[GaugeMetricFamily | CounterMetricFamily]] = {
    "gauge": GaugeMetricFamily,
    "counter": CounterMetricFamily,
}
# A second family for each counter.
prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]


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


REQUESTS = Metric(
    "api_requests_total",
    "counter",
    "Requests; the path is that of the route, never the address.",
    ("method", "path", "status"),
)
SECONDS = Metric(
    "api_request_duration_seconds",
    "histogram",
    "Seconds from the first byte of a request to the last of its response.",
    ("method", "path"),
)
CACHE_HITS = Metric("api_cache_hit_total", "counter", "Responses served from the cache.")
CACHE_MISSES = Metric("api_cache_miss_total", "counter", "Responses not found in the cache.")
EXPORT_ROWS = Metric("api_export_rows_total", "counter", "Rows of complete files.", ("format",))
LIMITED = Metric("api_rate_limited_total", "counter", "Requests over a limit.", ("plan",))
DEPRECATED = Metric(
    "api_deprecated_requests_total", "counter", "Requests of deprecated routes.", ("path",)
)
POOL_ACTIVE = Metric("db_pool_active_connections", "gauge", "Database connections in use.")
POOL_WAITING = Metric("db_pool_waiting_requests", "gauge", "Requests waiting for a connection.")
POOL_MAX = Metric("db_pool_max_connections", "gauge", "Most database connections at once.")
_ENV = ("env",)
CLIENTS = Metric("cdp_pgpool_client_count", "gauge", "Open database connections.", _ENV)
IDLE = Metric("cdp_pgpool_client_idle_count", "gauge", "Open connections not in use.", _ENV)
WAITING = Metric(
    "cdp_pgpool_client_waiting_count", "gauge", "Requests waiting for a connection.", _ENV
)
OF_PROCESS = (
    REQUESTS,
    SECONDS,
    CACHE_HITS,
    CACHE_MISSES,
    EXPORT_ROWS,
    LIMITED,
    DEPRECATED,
    POOL_ACTIVE,
    POOL_WAITING,
    POOL_MAX,
    CLIENTS,
    IDLE,
    WAITING,
)

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
_RUNNER = ("env", "runner_name")
# Read from `ops` in one statement, `sql/metrics.sql`, by name.
MEASURED = (
    Metric("asset_partition_age_seconds", "gauge", "Since the newest good write.", _ASSET),
    Metric(
        "asset_check_is_passing",
        "gauge",
        "1 where the last evaluation of a check passed.",
        ("asset", "check", "severity"),
    ),
    Metric("asset_open_alerts", "gauge", "Open alerts.", ("kind", "severity")),
    Metric("orchestrator_runs_in_flight", "gauge", "Runs that are started and not ended."),
    Metric("orchestrator_runs_queued", "gauge", "Runs that wait for a place."),
    Metric("orchestrator_oldest_queued_seconds", "gauge", "Age of the oldest waiting run."),
    Metric("orchestrator_daemon_heartbeat_age_seconds", "gauge", "Of the daemon seen longest ago."),
    Metric(
        "ingestion_lag_periods", "gauge", "Ended periods not ingested without a gap.", ("chain_id",)
    ),
    Metric("provider_circuit_state", "gauge", "0 closed, 1 half open, 2 open.", ("provider",)),
    Metric(
        "cdp_aggregation_summary_time",
        "gauge",
        "Seconds of the newest aggregation as a whole.",
        _ENV,
    ),
    Metric(
        "cdp_aggregation_single_transaction_time",
        "gauge",
        "Seconds of the newest good run of a table, retries included.",
        _RUNNER,
    ),
    Metric(
        "cdp_aggregation_single_transaction_get_data_time", "gauge", "Of these, reading.", _RUNNER
    ),
    Metric(
        "cdp_aggregation_single_transaction_store_data_time", "gauge", "Of these, writing.", _RUNNER
    ),
    *(
        Metric(
            f"cdp_{outcome}_{actor}_reports_count",
            "gauge",
            f"Reports of the newest run over {actor}s: {outcome}.",
            _ENV,
        )
        for actor in ("allocator", "client")
        for outcome in ("success", "fail")
    ),
)
OF_DATA = (ASSET_AGE, ASSET_STALE, ASSET_FAILED, SOURCE_OK, *MEASURED)
METRICS = (*OF_PROCESS, *OF_DATA)


@dataclass(frozen=True)
class _Snapshot(Collector):
    """The samples of one request, in the form that the library writes."""

    samples: Mapping[Metric, Iterable[Sample]]

    def collect(self) -> list[GaugeMetricFamily | CounterMetricFamily]:
        """Return every metric in the order of the contract."""
        return [metric.family(self.samples.get(metric, ())) for metric in OF_DATA]


class ProcessMetrics:
    """What one process counts. Processes that share a folder are added up."""

    def __init__(self, environment: str) -> None:
        self._registry = CollectorRegistry()
        self._requests = self._counter(REQUESTS)
        self._seconds = Histogram(
            SECONDS.name, SECONDS.help, SECONDS.labels, registry=self._registry
        )
        self.cache_hits = self._counter(CACHE_HITS)
        self.cache_misses = self._counter(CACHE_MISSES)
        self._export_rows = self._counter(EXPORT_ROWS)
        self._limited = self._counter(LIMITED)
        self._deprecated = self._counter(DEPRECATED)
        self._active, self._waiting, self._largest = map(
            self._gauge, (POOL_ACTIVE, POOL_WAITING, POOL_MAX)
        )
        self._clients, self._idle, self._client_waiting = (
            self._gauge(metric).labels(environment) for metric in (CLIENTS, IDLE, WAITING)
        )

    def count_request(
        self, method: str, path: str | None, status: int | None, seconds: float
    ) -> None:
        """Count a request; a null status is one that got no response."""
        method = method if method in _METHODS else "other"
        path = path or _UNMATCHED
        self._requests.labels(method, path, str(status or "none")).inc()
        self._seconds.labels(method, path).observe(seconds)

    def count_limited(self, plan: str) -> None:
        """Count a request over its limit."""
        self._limited.labels(plan).inc()

    def count_deprecated(self, path: str) -> None:
        """Count a request of a deprecated route."""
        self._deprecated.labels(path).inc()

    def count_export(self, form: str, rows: int) -> None:
        """Count the rows of a complete file."""
        self._export_rows.labels(form).inc(rows)

    def set_pool(self, size: int, active: int, waiting: int, largest: int) -> None:
        """Set the state of the pool, as every poll of the versions and every scrape finds it."""
        self._active.set(active)
        self._waiting.set(waiting)
        self._largest.set(largest)
        self._clients.set(size)
        self._idle.set(size - active)
        self._client_waiting.set(waiting)

    def exposition(self, samples: Mapping[Metric, Iterable[Sample]]) -> bytes:
        """Return the text of all metrics, those of the other processes added.

        Args:
            samples: Of the metrics of the data; an unknown value has no sample.
        """
        return self._of_processes() + generate_latest(_Snapshot(samples))

    def _of_processes(self) -> bytes:
        if values.ValueClass is values.MutexValue:
            return generate_latest(self._registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)

    def _counter(self, metric: Metric) -> Counter:
        return Counter(metric.name, metric.help, metric.labels, registry=self._registry)

    def _gauge(self, metric: Metric) -> Gauge:
        return Gauge(
            metric.name,
            metric.help,
            metric.labels,
            registry=self._registry,
            multiprocess_mode="livesum",
        )
