"""A warehouse as it stands after months of ticks: landed, all hours and weeks made.

The history is made by the functions below the runs (landing, then dbt over one range), because
a run writes an event per partition and what is measured comes later. Belongs here: set-up before a
tick. Does not: measuring (``bench.ticks``).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import psycopg

from bench.scales import END
from cdp_assets import dbt_assets, partitions
from cdp_assets.errors import PermanentFailure
from cdp_assets.filplus.dmob_sync import SyncRequest, open_source, sync
from resources.dbt_runner import DbtRunner, require_manifest
from resources.warehouse import Warehouse

HOURLY = ("unified_verified_deal_hourly", "client_claims_hourly")
WEEKLY = (
    "client_provider_piece_weekly",
    "client_provider_repeated_piece_weekly",
    "client_provider_distribution_weekly",
    "client_provider_distribution_weekly_acc",
    "providers_weekly",
    "providers_weekly_acc",
)
_SQL_TIMESTAMP = "%Y-%m-%d %H:%M:%S"

# The daily table has one row per provider and day of the history, as after as many days of ticks.
_RATES = """
select
    d::timestamp(3) as date,
    'f0' || "providerId" as provider,
    (hashtextextended("providerId", extract(doy from d)::bigint) & 127) / 127.0 as success_rate
from unique_providers
cross join generate_series(%s::timestamp, %s::timestamp, interval '1 day') d
where "providerId" is not null
"""


def first_week(start: datetime) -> datetime:
    """Return the Monday from which partitions exist for a history."""
    return partitions.floor_week(start)


def fill_rates(dmob: str, warehouse: str, start: datetime) -> None:
    """Fill the daily retrievability of both sides with the same rows."""
    with psycopg.connect(dmob) as source, psycopg.connect(warehouse) as target:
        source.execute("create schema if not exists reference")
        source.execute(
            "create table reference.provider_url_finder_retrievability_daily "
            "(date timestamp(3), provider text, success_rate double precision)"
        )
        source.execute(
            "insert into reference.provider_url_finder_retrievability_daily " + _RATES,
            [first_week(start).replace(tzinfo=None), END.replace(tzinfo=None, hour=0)],
        )
        source.execute("analyze reference.provider_url_finder_retrievability_daily")
        rates = source.execute(
            "select * from reference.provider_url_finder_retrievability_daily order by 1, 2"
        )
        with target.cursor().copy(
            "copy filplus.provider_url_finder_retrievability_daily (date, provider, success_rate) "
            "from stdin"
        ) as sink:
            for row in rates:
                sink.write_row(row)


def land(dmob: str, warehouse: Warehouse) -> None:
    """Land everything for the first time."""
    with open_source(dmob, 3_600) as source, warehouse.connect(autocommit=True) as connection:
        sync(source, connection, SyncRequest("history", END, "bench", 16))


def make_history(warehouse: Warehouse, dbt: DbtRunner, start: datetime) -> None:
    """Make every hour and week up to the running ones in one range each, then vacuum.

    Raises:
        PermanentFailure: A model failed.
    """
    first = first_week(start)
    hour_end = partitions.floor_hour(END) + timedelta(hours=1)
    week_end = partitions.floor_week(END) + timedelta(days=7)
    for models, end in ((HOURLY, hour_end), (WEEKLY, week_end)):
        results = dbt.run(
            warehouse.address(), list(models), variables(first, end, END, first), lambda _: None
        )
        failed = [r for r in results if not r.is_good]
        if failed:
            raise PermanentFailure(f"{failed[0].unique_id}: {failed[0].message}")
    with psycopg.connect(warehouse.address(), autocommit=True) as connection:
        connection.execute("vacuum analyze")
        connection.execute("checkpoint")


def variables(
    start: datetime, end: datetime, as_of: datetime, first: datetime
) -> dict[str, object]:
    """Return dbt's variables of a window, as a run passes them."""
    return {
        "min_date": start.strftime(_SQL_TIMESTAMP),
        "max_date": end.strftime(_SQL_TIMESTAMP),
        "as_of": as_of.strftime(_SQL_TIMESTAMP),
        "partitions_start": first.strftime(_SQL_TIMESTAMP),
        "accumulate_from": "history",
        "run_id": "history",
    }


def with_checks(models: tuple[str, ...]) -> list[str]:
    """Return the models' names and those of their checks, as a run selects them."""
    manifest = require_manifest()
    nodes = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["name"] in models
    ]
    return dbt_assets.with_checks(nodes, manifest)
