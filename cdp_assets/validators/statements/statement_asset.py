"""The asset of statements: one partition per month, drafted for all chains and partners.

Scope: the asset and its step; not here: drafting itself (``drafting``), what people decide
(``statement_job``), which months are stale (``statement_plan``).
"""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import dagster as dg
import psycopg

from cdp_assets import partitions
from cdp_assets.core.checks.sql_check import evaluate
from cdp_assets.core.planning.asset_facts import PLANNED_BY
from cdp_assets.core.runs.partition_run import PartitionRun, RunContext, partition_run
from cdp_assets.core.tables.freshness import FRESHNESS_BY_CADENCE
from cdp_assets.governance.change_job import Change
from cdp_assets.governance.people import Actor
from cdp_assets.units import counted
from cdp_assets.validators.chain_assets.chain_steps import period_steps_of
from cdp_assets.validators.chains.chain_keys import ChainKeys
from cdp_assets.validators.chains.chain_registry import Registry
from cdp_assets.validators.statements.drafting import Drafted, draft_statements
from cdp_assets.validators.statements.statement_checks import STATEMENT_CHECKS
from cdp_assets.validators.statements.statement_months import window_of_month
from cdp_assets.validators.statements.statement_store import STATEMENTS_KEY
from resources.postgres.warehouse import Warehouse

CODE_VERSION = "1"
GROUP = "commissions"
JOB = "partner_statements_job"
PLAN = "statements"  # plans the runs of the asset
_COUNT = "select count(*) from validators.partner_commission_statements where month = %s"


@dataclass(frozen=True)
class RunActor(Actor):
    """A run that drafts without a person: audit rows name who launched it."""

    @property
    def audit_id(self) -> str:
        """Return the launcher of the run."""
        return self.email


def statement_inputs(registry: Registry) -> list[str]:
    """Return the tables that statements are drafted from, by chain."""
    keys = [ChainKeys(chain.key_name) for chain in registry.chains]
    return [table for key in keys for table in (key.lines, key.pnl)]


def _built_inputs(registry: Registry) -> list[str]:
    """Return those of the inputs that the chains have; one without fees has no P&L."""
    built = {key for chain in registry.chains for key in period_steps_of(registry, chain)}
    return [key for key in statement_inputs(registry) if key in built]


def build_statement_asset(registry: Registry) -> dg.AssetsDefinition:
    """Return the asset of monthly statements.

    Args:
        registry: Of chains; their lines are its inputs.
    """

    @dg.asset(
        key=STATEMENTS_KEY.split("/"),
        group_name=GROUP,
        kinds={"python", "postgres"},
        tags={
            "domain": "validators",
            "layer": "mart",
            "cadence": "none",
            "pii": "none",
            "tier": "1",
        },
        deps=[
            dg.AssetDep(key.split("/"), partition_mapping=dg.AllPartitionMapping())
            for key in _built_inputs(registry)
        ],
        partitions_def=partitions.months,
        backfill_policy=dg.BackfillPolicy.single_run(),
        freshness_policy=FRESHNESS_BY_CADENCE["none"],
        code_version=CODE_VERSION,
        metadata={
            PLANNED_BY: PLAN,
            "primary_key": "statement_id",
            "reads": "lines of the month's periods, and all released items of the chain",
        },
        check_specs=[check.spec() for check in STATEMENT_CHECKS],
        description="Drafts the statements of a month for every partner with lines, adjustments "
        "or an active agreement. Statements that were released never change.",
    )
    def partner_commission_statements(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        run, drafted = draft_months(context, warehouse, registry)
        yield run.result(
            STATEMENTS_KEY,
            metadata={
                "open_statements": len(drafted),
                "changed_statements": sum(one.is_changed for one in drafted),
            },
        )
        with warehouse.connect(autocommit=True) as connection:
            for check in STATEMENT_CHECKS:
                yield evaluate(connection, check)

    return partner_commission_statements


def draft_months(
    context: RunContext, warehouse: Warehouse, registry: Registry
) -> tuple[PartitionRun, list[Drafted]]:
    """Draft the statements of the run's months, each month in one transaction.

    A month that is not over has no statements yet.
    """
    drafted: list[Drafted] = []
    lines = [ChainKeys(chain.key_name).lines for chain in registry.chains]
    with (
        partition_run(
            context,
            warehouse,
            [STATEMENTS_KEY],
            definition=partitions.months,
            inputs=statement_inputs(registry),
            code_version=CODE_VERSION,
            also_locked=lines,  # adjustments are lines
        ) as run,
        run.connection() as connection,
    ):
        for month in run.keys:
            if run.as_of < window_of_month(month)[1]:
                run.log.info(f"{month} is not over: it has no statements yet")
                continue
            with run.transaction(connection) as cursor:
                found = _draft_month(cursor, run, warehouse, registry, month)
                _publish(cursor, run, month, found)
            drafted += found
            run.log.info(f"{month}: {counted(len(found), 'open statement')}")
    return run, drafted


def _draft_month(
    cursor: psycopg.Cursor,
    run: PartitionRun,
    warehouse: Warehouse,
    registry: Registry,
    month: str,
) -> list[Drafted]:
    change = Change(
        cursor=cursor,
        actor=RunActor(UUID(int=0), run.launched_by, "run"),
        reason=f"statements of {month}",
        now=run.as_of,
        run_id=run.run_id,
        log=run.log,
        warehouse=warehouse,
    )
    return [
        one
        for chain in registry.chains
        for one in draft_statements(change, chain, registry.config_hash(chain.chain_id), month)
    ]


def _publish(
    cursor: psycopg.Cursor, run: PartitionRun, month: str, drafted: Sequence[Drafted]
) -> None:
    run.read_inputs(cursor.connection)  # adjustments that were written are newer than those read
    row = cursor.execute(_COUNT, [month]).fetchone()
    assert row is not None
    changed = sum(one.is_changed for one in drafted)
    run.publish(
        cursor,
        STATEMENTS_KEY,
        int(row[0]),
        key=month,
        written=(changed, 0),
        is_changed=changed > 0,
        in_place=True,
    )
