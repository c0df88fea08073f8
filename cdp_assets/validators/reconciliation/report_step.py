"""The step ``reconciliation_reports`` of a period: compare what is there, store the findings.

Scope: which tables and sources a period is compared with, and publishing; not here: the comparisons
(``period_findings``), or when the step runs (``periods``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import dagster as dg

from cdp_assets.core.checks.sql_check import SqlCheck
from cdp_assets.validators.canonical.checks import of_asset
from cdp_assets.validators.canonical.normalise import WriteContext
from cdp_assets.validators.chains.adapter import DataType
from cdp_assets.validators.chains.chain_keys import ChainKeys
from cdp_assets.validators.chains.chain_registry import Chain, Component, Registry
from cdp_assets.validators.ingestion.sources import ChainSources
from cdp_assets.validators.periods.period_runner import PeriodResult
from cdp_assets.validators.periods.period_step import PeriodStep
from cdp_assets.validators.periods.period_table import (
    plan_of,
    read_periods,
    require_period,
)
from cdp_assets.validators.reconciliation.period_findings import (
    Expectation,
    findings_of_period,
)
from cdp_assets.validators.reconciliation.published_amounts import published_amounts
from cdp_assets.validators.reconciliation.report_store import store_findings
from cdp_assets.validators.reconciliation.thresholds import load_thresholds

TABLE: Final = "reconciliation_reports"
CODE_VERSION: Final = "1"
# The canonical table of each data type, and the component whose lag it waits for.
TABLES: Final[dict[DataType, tuple[str, Component]]] = {
    "FEES": ("canonical_validator_fees", "EXEC_FEES"),
    "MEV": ("canonical_validator_mev", "MEV_TIPS"),
    "REWARDS": ("canonical_stake_rewards", "COMMISSION"),
    "META": ("canonical_validator_meta", "EXEC_FEES"),
}
_OPEN = """
    select period_id, concat_ws(' ', "check", scope, validator_key, old || ' -> ' || new) as sample
    from validators.reconciliation_reports
    where chain_id = %(chain)s and period_id = any(%(periods)s) and status = 'OPEN'
"""
CHECKS: Final = (
    SqlCheck(
        "no_open_error",
        f"validators/{TABLE}",
        "No finding of severity ERROR is open: one blocks the release of statements until it is "
        "resolved or acknowledged.",
        f"{_OPEN} and severity = 'ERROR'",
    ),
    SqlCheck(
        "no_open_warning",
        f"validators/{TABLE}",
        "No finding of severity WARNING is open.",
        f"{_OPEN} and severity = 'WARNING'",
        dg.AssetCheckSeverity.WARN,
    ),
)


def report_step(registry: Registry, chain: Chain, steps: Sequence[PeriodStep]) -> PeriodStep:
    """Return the step of a chain; it follows the chain's other tables.

    Args:
        registry: Of chains.
        chain: The chain.
        steps: Those before it: what they store and write is compared.
    """
    keys = ChainKeys(chain.key_name)
    names = {table for table, _ in TABLES.values()} | {"canonical_validator_identities"}
    inputs = [
        step.asset_key
        for step in steps
        if step.group == "validator_staging" or step.asset_key.split("/")[-1] in names
    ]
    return PeriodStep(
        asset_key=keys.table(TABLE),
        upstream=inputs,
        inputs=inputs,
        checks=of_asset(CHECKS, keys.table(TABLE)),
        work=write_reports,
        components=tuple(chain.finality_lag_periods),
        code_version=CODE_VERSION,
    )


def write_reports(context: WriteContext, sources: ChainSources, period_id: str) -> PeriodResult:
    """Compare a period's rows with their earlier versions, other sources and expectations.

    Raises:
        MissingUpstream: The period is unknown.
    """
    chain, run = context.chain, context.run
    with run.connection() as connection, run.transaction(connection) as cursor:
        periods = read_periods(connection, chain.chain_id)
        known = require_period(periods, period_id, context.keys.periods)
        wanted = _data_types(context, sources, known.period.ordinal)
        expected = _expected(context, wanted, plan_of(periods).eligible, period_id)
        published = published_amounts(connection, context, known.period)
        found = findings_of_period(
            connection, chain.chain_id, period_id, expected, published, load_thresholds()
        )
        stored = store_findings(cursor, chain.chain_id, period_id, found, context.now)
        run.publish(
            cursor,
            context.keys.table(TABLE),
            stored.rows,
            key=period_id,
            written=(stored.written, 0),
            is_final=len(expected.tables) == len(wanted),
            is_changed=stored.is_changed,
            code_version=CODE_VERSION,
        )
    statistics = {
        "findings_written": stored.written,
        "findings_resolved": stored.resolved,
        "open_errors": stored.open_errors,
        "open_warnings": stored.open_warnings,
    }
    return PeriodResult(stored.rows, statistics=statistics)


def _expected(
    context: WriteContext,
    wanted: Sequence[DataType],
    eligible: Callable[[int], Sequence[str]],
    period_id: str,
) -> Expectation:
    """Return the tables that the period must have by now."""
    lags = context.chain.finality_lag_periods
    tables = {
        str(data_type): context.keys.table(TABLES[data_type][0])
        for data_type in wanted
        if period_id in eligible(lags.get(TABLES[data_type][1], 1))
    }
    return Expectation(tables, tracks_all=context.chain.tracked_validators == "all")


def _data_types(context: WriteContext, sources: ChainSources, ordinal: int) -> list[DataType]:
    """Return the data types that have a source with an address; without one nothing is missing."""
    chain_id = context.chain.chain_id
    return [
        kind
        for kind in TABLES
        if any(map(sources.is_configured, context.registry.providers_for(chain_id, kind, ordinal)))
    ]
