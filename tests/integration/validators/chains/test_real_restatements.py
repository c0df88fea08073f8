"""Real restatements of Marinade's totals, through adapters, watch sensor and reconciliation.

The figures are those that were published first and later (validator §2, README of the real data);
one validator earns them alone, so that its rows hold the totals of the network.
"""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from cdp_assets.units import SOL_DECIMALS, to_native
from cdp_assets.validators.chain_assets.chain_refresh import stale_runs
from cdp_assets.validators.ingestion.sources import ChainSources
from cdp_assets.validators.periods.period_table import known_plan
from sensors.restatement_watch import build_restatement_sensor
from tests.integration.validators.conftest import Station, load_epoch, shorten, validator

pytestmark = pytest.mark.integration
CASES = [
    # field of the simulated chain, epoch, check, difference in percent, hours until it is asked
    ("mev", 677, "version_drift", "80.758171", 24),
    ("mev", 678, "version_drift", "214.137866", 24),
    ("inflation", 703, "zero_shock", None, 1),
    ("inflation", 704, "zero_shock", None, 1),
]
METRICS = {"mev": "rewards_mev", "inflation": "rewards_inflation_est"}


def published(shared_data: Path, metric: str, epoch: int) -> tuple[int, int]:
    """Return what was published for an epoch, first and later, in lamports."""
    path = shared_data / "validator/solana/marinade/network_rewards_observed.csv"
    with path.open(newline="") as source:
        first, later = (
            to_native(Decimal(row["value"]), SOL_DECIMALS)
            for row in csv.DictReader(source)
            if (row["metric"], row["epoch"]) == (metric, str(epoch))
        )
    return first, later


def refresh(station: Station) -> None:
    """Run what is stale of staging, canonical tables and reports, as a refresh would."""
    keys = station.keys
    wanted = [
        keys.staging_meta, keys.identities, keys.meta, keys.staging_fees, keys.staging_mev,
        keys.staging_rewards, keys.fees, keys.mev, keys.rewards,
        keys.table("reconciliation_reports"),
    ]  # fmt: skip
    station.sources = ChainSources(tries=2)
    with station.warehouse.connect(autocommit=True) as connection:
        plan = known_plan(connection, station.chain)
        runs = stale_runs(
            connection, station.registry, station.chain, plan, station.sources, only=wanted
        )
    for run in runs:
        for asset_key in run.asset_keys:
            for period in plan.keys[plan.keys.index(run.first) : plan.keys.index(run.last) + 1]:
                station.do(asset_key, period)


def watch(station: Station, instance: dg.DagsterInstance) -> list[str]:
    """Evaluate the watch sensor and run what it requests; return the assets."""
    sensor = build_restatement_sensor(
        station.registry, station.chain, default_status=dg.DefaultSensorStatus.RUNNING
    )
    context = dg.build_sensor_context(instance=instance, resources={"warehouse": station.warehouse})
    requested: list[str] = []
    station.sources = ChainSources(tries=2)
    result = sensor(context)
    for request in (isinstance(result, dg.SensorResult) and result.run_requests) or []:
        first, last = map(int, request.tags["period"].split(".."))
        for key in request.asset_selection or []:
            requested.append(key.path[-1])
            for period in range(first, last + 1):
                station.do(key.to_user_string(), period)
    return requested


def reports(station: Station) -> list[tuple[Any, ...]]:
    return station.query(
        'select "check", severity, old, new, round(delta_pct, 6) '
        "from validators.reconciliation_reports "
        "where \"check\" in ('version_drift', 'zero_shock') and validator_key = 'A' order by 1"
    )


def network(station: Station, component: str) -> list[tuple[Any, ...]]:
    return station.query(
        "select old, new, severity, status from validators.reconciliation_reports "
        "where \"check\" = 'network_total' and scope = %s and status <> 'RESOLVED'",
        f"{component} marinade",
    )


@pytest.mark.parametrize(("field", "epoch", "check", "percent", "hours"), CASES)
def test_a_restatement_is_fetched_by_the_watch_and_reported_with_its_severity(
    station: Station,
    instance: dg.DagsterInstance,
    shared_data: Path,
    field: str,
    epoch: int,
    check: str,
    percent: str | None,
    hours: int,
) -> None:
    first, later = published(shared_data, METRICS[field], epoch)
    table, column, component = {
        "mev": ("canonical_validator_mev", "gross_mev_native", "MEV_TIPS"),
        "inflation": ("canonical_stake_rewards", "commission_native", "STAKE_REWARDS"),
    }[field]
    station.addresses["CDP_MARINADE_URL"] = f"{station.node.url}/marinade"
    station.use_kobe()
    station.registry = shorten(station.registry, first_period=epoch)
    whole = {**validator("A", 10**9, slots=96), "commission": 100, "mev_commission_bps": 10_000}
    load_epoch(station.node, [{**whole, f"{field}_lamports": first}], epoch=epoch)
    station.move(epochs=epoch - 933)
    station.observe(epoch)
    station.move(epochs=2)
    station.periods()
    refresh(station)
    current = f"select {column} from validators.{table} where is_current and period_id = '{epoch}'"
    assert station.query(current) == [(first,)]
    assert reports(station) == []

    station.node.world.chain.restate({"epoch": epoch, field: {"A": later}})
    station.move(hours=hours)
    requested = watch(station, instance)
    assert table in requested
    assert (len(requested) == 2) is (hours == 1)  # an unconfirmed zero alone, or all data types
    refresh(station)
    assert station.query(
        f"select version, {column}, is_current from validators.{table} "
        f"where period_id = '{epoch}' order by 1"
    ) == [(1, first, False), (2, later, True)]
    ((found, severity, old, new, share),) = reports(station)
    assert (found, severity, old, new) == (check, "ERROR", first, later)
    assert share == (None if percent is None else Decimal(percent))
    if field == "mev":  # the total that another source restated as well agrees with ours again
        assert network(station, component) == [(later, later, "INFO", "OPEN")]
    assert watch(station, instance) == []
