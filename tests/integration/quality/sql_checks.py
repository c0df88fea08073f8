"""Checks that are one statement, whoever runs it: the statement and the values of the world.

Scope: collecting them from where they are declared; not here: what breaks them (see ``planting``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from cdp_assets.filplus.compliance import weekly_assets
from cdp_assets.filplus.deals import piece_tables_checks
from cdp_assets.filplus.edition5 import checks as edition5_checks
from cdp_assets.filplus.providers.ipni import assets as ipni_assets
from cdp_assets.filplus.providers.url_finder import snapshot_assets as snapshots
from cdp_assets.filplus.providers.url_finder import working_url_assets
from cdp_assets.filplus.reports import report_assets, report_checks
from cdp_assets.quality import invariants, source_warnings
from cdp_assets.quality.closed_day import closed_day
from cdp_assets.validators.canonical import checks as validator_checks
from cdp_assets.validators.chain_assets.chain_steps import period_steps_of
from cdp_assets.validators.chains.chain_keys import ChainKeys
from cdp_assets.validators.chains.chain_registry import load_registry
from cdp_assets.validators.pnl.fx_rates_asset import FX_CHECK
from cdp_assets.validators.statements.statement_checks import STATEMENT_CHECKS
from resources.dbt_runner import DbtRunner, require_manifest
from resources.postgres.warehouse import Warehouse
from simulator.dmob.worked_example import NOW
from tests.integration.quality.planting import ID

DAY = closed_day(NOW)
_WINDOW = {
    "min_date": "2024-02-26 00:00:00",
    "max_date": "2024-03-18 00:00:00",
    "as_of": "2024-03-15 12:00:00",
    "partitions_start": "2024-02-26 00:00:00",
    "accumulate_from": "snapshot",
    "run_id": "",
}
_CHAIN = {
    "chain": "solana-mainnet",
    "periods": ["1"],
    "tracks_all": True,
    "winners": [ID],
    "has_prices": True,
}
_VALUES = {
    **DAY.values(),
    "start": "2024-03-14",
    "end": "2024-03-15",
    "today": "2024-03-15",
    "weeks": ["2024-03-04"],
    "rule_version": 1,
    "checks": 1,
    "replica_checks": 0,
    "allocator_checks": 2,
    "now": NOW,
}


class PlantedCheck(NamedTuple):
    """A check whose statement returns the rows that break it; ``table`` is where to plant."""

    key: str
    table: str
    statement: str
    values: Any = None


def of_dbt(dsn: str) -> Iterator[PlantedCheck]:
    """Run the data tests of dbt and return each as it was compiled, over all weeks of the world."""
    manifest = require_manifest()
    tests = {i: n for i, n in manifest["nodes"].items() if n["resource_type"] == "test"}
    names = [node["name"] for node in tests.values()]
    runner = DbtRunner(role="cdp_writer")
    for result in runner.build(Warehouse(url=dsn).address(), names, _WINDOW, lambda _: None):
        node = tests[result.unique_id]
        model = manifest["nodes"][node["attached_node"]]
        table = f"{model['schema']}.{model['name']}"
        assert result.compiled, f"{node['name']}: {result.message}"
        yield PlantedCheck(f"{_key(table)}:{node['name']}", table, result.compiled)


def of_python() -> Iterator[PlantedCheck]:
    """Return the checks whose statement stands in Python."""
    checks = [
        *invariants.CHECKS, *source_warnings.CHECKS, *edition5_checks.CHECKS,
        *(check for check, _ in source_warnings.DEAL_WARNINGS), *report_checks.CHECKS.values(),
        *(week.check for week in weekly_assets.CLASSES),
        *piece_tables_checks.CHECKS, *ipni_assets.WALKED_CHECKS, *snapshots.CHECKS,
        *working_url_assets.CHECKS, *STATEMENT_CHECKS, FX_CHECK,
    ]  # fmt: skip
    for check in checks:
        values = {k: v for k, v in _VALUES.items() if f"%({k})s" in check.broken}
        table = check.asset_key.replace("/", ".")
        yield PlantedCheck(f"{check.asset_key}:{check.name}", table, check.broken, values)
    yield from _of_chain()
    yield from _of_sources()


def _of_chain() -> Iterator[PlantedCheck]:
    """Return the checks of one chain; those of another have the same statements."""
    registry = load_registry()
    chain = registry.chain(str(_CHAIN["chain"]))
    periods = validator_checks.of_asset(
        validator_checks.PERIOD_CHECKS, ChainKeys(chain.key_name).periods
    )
    steps = period_steps_of(registry, chain).values()
    for check in (*periods, *(check for step in steps for check in step.checks)):
        schema, _, name = check.asset_key.split("/")
        table = "staging.staging_payloads" if schema == "staging" else f"{schema}.{name}"
        yield PlantedCheck(f"{check.asset_key}:{check.name}", table, check.broken, _CHAIN)


def _of_sources() -> Iterator[PlantedCheck]:
    yield PlantedCheck(
        f"{ipni_assets.LIVE}:every_provider_of_the_source_has_one_row",
        "filplus.provider_ipni_reporting",
        ipni_assets.WITHOUT_STATUS,
    )
    yield PlantedCheck(
        "filplus/compliance_alerts:alerts_name_their_evidence",
        "filplus.compliance_alerts",
        report_assets.BROKEN_ALERTS,
        ["2024-03-15"],
    )


def _key(table: str) -> str:
    return table.replace(".", "/", 1)
