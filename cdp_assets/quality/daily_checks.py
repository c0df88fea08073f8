"""The daily job: every check across runs, its two steps and its config.

One step queries Postgres directly, the other through Great Expectations; each yields many results.
Neither writes. Scope: steps and job for Dagster; not here: any rule.
"""

# No postponed annotations here: the framework reads the resource from the signature.

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

import dagster as dg
from pydantic import BaseModel, Field, field_validator

from cdp_assets import clock
from cdp_assets.core.checks.sql_check import SqlCheck, evaluate
from cdp_assets.core.dagster_compat import UnresolvedAssetJobDefinition
from cdp_assets.core.runs.launch_forms import launch_fields, read_form
from cdp_assets.core.runs.run_failures import as_dagster_failures
from cdp_assets.core.runs.run_tags import tag_run
from cdp_assets.quality import invariants, row_counts, source_warnings
from cdp_assets.quality.check_homes import CheckHomes
from cdp_assets.quality.closed_day import closed_day
from cdp_assets.quality.expectations import validate
from cdp_assets.quality.row_count_rules import (
    FACTOR,
    HISTORY_WEEKS,
    MINIMUM_HISTORY,
    SMALLEST_COUNT,
    RowCountRule,
)
from cdp_assets.quality.suites import Suite, load_suites
from resources.postgres.warehouse import Warehouse

QUALITY_JOB = "data_quality_job"
CHECKS: tuple[SqlCheck, ...] = (*invariants.CHECKS, *source_warnings.CHECKS)


class DayConfig(BaseModel):
    """Which day is checked."""

    day: str | None = Field(
        None, description="UTC day (YYYY-MM-DD) that has ended; default: the last one."
    )

    @field_validator("day")
    @classmethod
    def _is_a_date(cls, value: str | None) -> str | None:
        if value is not None:
            datetime.strptime(value, "%Y-%m-%d")  # noqa: DTZ007 - only the form matters
        return value


class TableChecksConfig(DayConfig):
    """Which day is checked, and when a number of rows is unusual."""

    history_weeks: int = Field(
        HISTORY_WEEKS,
        ge=1,
        le=104,
        description="Weeks of history that row counts are compared with.",
    )
    factor: int = Field(
        FACTOR, ge=2, le=1000, description="Largest usual factor from the median, up or down."
    )
    minimum_history: int = Field(
        MINIMUM_HISTORY,
        ge=1,
        le=104,
        description="Earlier partitions needed to compare a number of rows.",
    )
    smallest_count: int = Field(
        SMALLEST_COUNT, ge=0, description="Numbers of rows below this are not compared."
    )


def build_quality_checks(
    homes: CheckHomes, assets: Sequence[dg.AssetsDefinition]
) -> list[dg.AssetChecksDefinition]:
    """Return the two steps.

    Args:
        homes: The assets of the checks.
        assets: All assets; those with hours, days or weeks get a check of their row counts.
    """
    counted = sorted(
        key.to_user_string()
        for asset in assets
        if isinstance(asset.partitions_def, dg.TimeWindowPartitionsDefinition)
        for key in asset.keys
    )
    return [_table_checks(homes, counted), _expectations(homes, load_suites())]


def quality_job(checks: Sequence[dg.AssetChecksDefinition]) -> UnresolvedAssetJobDefinition:
    """Return the job of all checks."""
    return dg.define_asset_job(
        QUALITY_JOB,
        selection=dg.AssetSelection.checks(*checks),
        description="Check the landed source and the published tables of the last closed day, or "
        "of another day. Every field has a default. Example: "
        '`{"ops": {"expectations": {"config": {"day": "2026-05-31"}}, "table_checks": {"config": '
        '{"day": "2026-05-31", "factor": 10}}}}`.',
    )


def _table_checks(homes: CheckHomes, counted: Sequence[str]) -> dg.AssetChecksDefinition:
    specs = [
        *(check.spec() for check in CHECKS),
        *(check.spec() for check, _ in source_warnings.DEAL_WARNINGS),
        *(row_counts.spec(key) for key in counted),
    ]

    @dg.multi_asset_check(
        name="table_checks",
        specs=[homes.spec(spec) for spec in specs],
        can_subset=True,
        description="Invariants across tables, warnings of the source, unusual numbers of rows.",
        config_schema=launch_fields(TableChecksConfig),
    )
    def table_checks(
        context: dg.AssetCheckExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.AssetCheckResult]:
        """Evaluate the selected checks, each with its own statement."""
        chosen = context.selected_asset_check_keys
        with as_dagster_failures():
            config = read_form(TableChecksConfig, context.op_execution_context.op_config)
        rule = RowCountRule(config.factor, config.minimum_history, config.smallest_count)
        with (
            as_dagster_failures(),
            warehouse.connect(autocommit=True, application="cdp quality") as reader,
        ):
            tag_run(context, warehouse)
            reader.execute("set default_transaction_read_only = on")
            day = closed_day(clock.now(), config.day)
            for check in CHECKS:
                if homes.key(check.asset_key, check.name) in chosen:
                    yield homes.result(evaluate(reader, check, day.values()))
            warned = {w.name for w, _ in source_warnings.DEAL_WARNINGS
                      if homes.key(w.asset_key, w.name) in chosen}  # fmt: skip
            if warned:
                for result in source_warnings.evaluate_deals(reader):
                    if result.check_name in warned:
                        yield homes.result(result)
            watched = [key for key in counted if homes.key(key, row_counts.CHECK) in chosen]
            if watched:
                for result in row_counts.evaluate(
                    reader, watched, day.end, config.history_weeks, rule
                ):
                    yield homes.result(result)

    return table_checks


def _expectations(homes: CheckHomes, suites: Sequence[Suite]) -> dg.AssetChecksDefinition:
    @dg.multi_asset_check(
        name="expectations",
        specs=[homes.spec(spec) for suite in suites for spec in suite.specs()],
        can_subset=True,
        description="Great Expectations suites on the landed source and the published tables.",
        config_schema=launch_fields(DayConfig),
    )
    def expectations(
        context: dg.AssetCheckExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.AssetCheckResult]:
        """Validate the selected expectations."""
        chosen = context.selected_asset_check_keys
        wanted = [part for suite in suites if (part := _part(homes, suite, chosen))]
        with as_dagster_failures():
            config = read_form(DayConfig, context.op_execution_context.op_config)
            tag_run(context, warehouse)
            for result in validate(warehouse, wanted, closed_day(clock.now(), config.day)):
                yield homes.result(result)

    return expectations


def _part(homes: CheckHomes, suite: Suite, chosen: Collection[dg.AssetCheckKey]) -> Suite | None:
    """Return the suite with the chosen expectations only, or null without any."""
    part = tuple(e for e in suite.expectations if homes.key(suite.asset_key, e.name) in chosen)
    return suite.model_copy(update={"expectations": part}) if part else None
