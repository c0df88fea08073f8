"""The URL finder's daily snapshot: rows of its three tables, from stored responses (§3.19).

The bulk responses that ``raw_url_finder`` stores for the day's retrievability hold every metric, so
nothing is requested twice. Scope: ids, the dictionary, replacing a day; not here: reading an entry
(``resources.sources.url_finder_metrics``) or Dagster.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import psycopg

from cdp_assets.core.ingestion.response_store import stored_responses
from resources.sources.url_finder import BULK
from resources.sources.url_finder_metrics import Sample, read_samples

SCHEMA = "raw_url_finder"
_NAMESPACE = uuid.uuid5(
    uuid.NAMESPACE_URL, "cdp:filplus:url_finder"
)  # never change: ids are stored


@dataclass(frozen=True, slots=True)
class Metric:
    """One entry of the dictionary."""

    metric_type: str
    name: str
    description: str
    unit: str

    @property
    def id(self) -> uuid.UUID:
        """Key of the dictionary, the same in every warehouse."""
        return uuid.uuid5(_NAMESPACE, f"metric {self.metric_type}")


METRICS = (
    Metric("TTFB", "Time to first byte", "Time until the first byte of a file arrives.", "ms"),
    Metric(
        "RPA_RETRIEVABILITY",
        "RPA retrievability",
        "Share of tested files that the provider serves over HTTP.",
        "%",
    ),
    Metric("BANDWIDTH", "Bandwidth", "Speed of a download from the provider.", "Mbps"),
    Metric(
        "CAR_FILES",
        "Consistent retrievability",
        "Share of tested files that are valid CAR files.",
        "%",
    ),
)
METRIC_IDS = {metric.metric_type: metric.id for metric in METRICS}


def snapshot_id(provider: str, day: date) -> uuid.UUID:
    """Return the id of a provider's snapshot of a day."""
    return uuid.uuid5(_NAMESPACE, f"snapshot {provider} {day:%Y-%m-%d}")


def value_id(provider: str, metric_type: str, tested_at: datetime) -> uuid.UUID:
    """Return the id of one measurement; the same measurement seen on two days has one."""
    return uuid.uuid5(_NAMESPACE, f"value {provider} {metric_type} {tested_at.isoformat()}")


def upsert_metrics(cursor: psycopg.Cursor) -> int:
    """Write the dictionary; return how many of its rows are new or changed."""
    cursor.executemany(
        """
        insert into filplus.storage_provider_url_finder_metric as m values (%s, %s, %s, %s, %s)
        on conflict (id) do update set
            name = excluded.name, description = excluded.description, unit = excluded.unit
        where (m.name, m.description, m.unit)
            is distinct from (excluded.name, excluded.description, excluded.unit)
        """,
        [(m.id, m.metric_type, m.name, m.description, m.unit) for m in METRICS],
    )
    return cursor.rowcount


def samples_of_day(
    connection: psycopg.Connection, day: date
) -> tuple[dict[str, Sample], dict[str, str]] | None:
    """Return what the stored responses of a day measure, the latest per provider; null: none.

    Where the latest entry has no time of its test, the one before it counts.

    Returns:
        Samples by provider, and by provider what of its latest entry cannot be read.
    """
    samples: dict[str, Sample] = {}
    unreadable: dict[str, str] = {}
    any_stored = False
    for stored in stored_responses(connection, SCHEMA, day, named=BULK):
        any_stored = True
        read, refused = read_samples(stored.response, stored.entities)
        for provider in stored.entities:
            unreadable.pop(provider, None)
            if provider not in read and provider not in refused:
                samples.pop(provider, None)  # not known any more
        samples |= {
            provider: sample
            for provider, sample in read.items()
            if sample.tested_at is not None or provider not in samples
        }
        unreadable |= refused
    return (samples, unreadable) if any_stored else None


def replace_day(cursor: psycopg.Cursor, day: date, samples: Mapping[str, Sample]) -> int:
    """Replace the snapshots and values of a day; return the values that the day then has.

    A measurement that two days report belongs to the earlier one, whichever was built first.
    """
    cursor.execute(
        "delete from filplus.storage_provider_url_finder_metric_value v "
        "using filplus.storage_provider_url_finder_daily_snapshot s "
        "where s.id = v.snapshot_id and s.snapshot_date = %s",
        [day],
    )
    cursor.execute(
        "delete from filplus.storage_provider_url_finder_daily_snapshot where snapshot_date = %s",
        [day],
    )
    with cursor.copy(
        "copy filplus.storage_provider_url_finder_daily_snapshot "
        "(id, provider, snapshot_date, tested_at, result_code) from stdin"
    ) as sink:
        for provider in sorted(samples):
            sample = samples[provider]
            sink.write_row(
                (
                    snapshot_id(provider, day),
                    provider,
                    day,
                    sample.tested_at and sample.tested_at.replace(tzinfo=None),
                    sample.result_code,
                )
            )
    cursor.execute(
        "create temporary table if not exists url_finder_value "
        "(like filplus.storage_provider_url_finder_metric_value) on commit drop"
    )
    cursor.execute("truncate url_finder_value")
    with cursor.copy(
        "copy url_finder_value (id, provider, metric_id, snapshot_id, value, tested_at) from stdin"
    ) as sink:
        for provider in sorted(samples):
            for m in samples[provider].measurements:
                sink.write_row(
                    (
                        value_id(provider, m.metric, m.tested_at),
                        provider,
                        METRIC_IDS[m.metric],
                        snapshot_id(provider, day),
                        m.value,
                        m.tested_at.replace(tzinfo=None),
                    )
                )
    cursor.execute(
        """
        insert into filplus.storage_provider_url_finder_metric_value as v
        select id, provider, metric_id, snapshot_id, value, tested_at from url_finder_value
        on conflict (id) do update set snapshot_id = excluded.snapshot_id, value = excluded.value
        where %s < (
            select snapshot_date from filplus.storage_provider_url_finder_daily_snapshot s
            where s.id = v.snapshot_id
        )
        """,
        [day],
    )
    return cursor.rowcount
