"""The daily job: every check that looks past one run, its two steps and its config.

One step asks Postgres directly, the other by way of Great Expectations; each yields many results.
Neither writes. Belongs here: what Dagster is told. Does not: any rule.
"""

# No postponed annotations here: the framework reads the config class from the signature.

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import (
    UnresolvedAssetJobDefinition,
)
from pydantic import Field, field_validator

from cdp_assets import clock
from cdp_assets.failures import explained
from cdp_assets.jobs import QUALITY_JOB
from cdp_assets.quality import audit_chain, invariants, row_counts, source_warnings
from cdp_assets.quality.claims import Claim, evaluate
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
from cdp_assets.run_context import note_launch
from resources.warehouse import Warehouse

CLAIMS: tuple[Claim, ...] = (*invariants.CLAIMS, *source_warnings.CLAIMS)


class DayConfig(dg.Config):
    """Which day is looked at."""

    day: str | None = Field(
        None, description="UTC day (YYYY-MM-DD) that has ended; left out: the last one."
    )

    @field_validator("day")
    @classmethod
    def _is_a_date(cls, value: str | None) -> str | None:
        if value is not None:
            datetime.strptime(value, "%Y-%m-%d")  # noqa: DTZ007 - only the form is looked at
        return value


class TableChecksConfig(DayConfig):
    """Which day is looked at, and when a number of rows is unusual."""

    history_weeks: int = Field(
        HISTORY_WEEKS,
        ge=1,
        le=104,
        description="Weeks of history that row counts are held against.",
    )
    factor: int = Field(
        FACTOR, ge=2, le=1000, description="Times the median, up or down, that is still usual."
    )
    minimum_history: int = Field(
        MINIMUM_HISTORY, ge=1, le=104,
        description="Earlier partitions without which no number of rows is judged.",
    )  # fmt: skip
    smallest_count: int = Field(
        SMALLEST_COUNT, ge=0, description="Numbers of rows below this are not judged."
    )


def build_quality_checks(
    assets: Sequence[dg.AssetsDefinition],
) -> list[dg.AssetChecksDefinition]:
    """Return the two steps.

    Args:
        assets: All that is made; row counts are watched of those with hours, days or weeks.
    """
    counted = sorted(
        key.to_user_string()
        for made in assets
        if isinstance(made.partitions_def, dg.TimeWindowPartitionsDefinition)
        for key in made.keys
    )
    return [_table_checks(counted), _expectations(load_suites())]


def quality_job(checks: Sequence[dg.AssetChecksDefinition]) -> UnresolvedAssetJobDefinition:
    """Return the job of all of them."""
    return dg.define_asset_job(
        QUALITY_JOB,
        selection=dg.AssetSelection.checks(*checks),
        description="Check the landed source and the published tables of the last closed day.",
    )


def _table_checks(counted: Sequence[str]) -> dg.AssetChecksDefinition:
    specs = [
        *(claim.spec() for claim in CLAIMS),
        *(warning.spec() for warning in source_warnings.DEAL_WARNINGS),
        audit_chain.spec(),
        *(row_counts.spec(key) for key in counted),
    ]

    @dg.multi_asset_check(
        name="table_checks", specs=specs, can_subset=True,
        description="Invariants across tables, warnings of the source, unusual numbers of rows.",
    )  # fmt: skip
    def table_checks(
        context: dg.AssetCheckExecutionContext, config: TableChecksConfig, warehouse: Warehouse
    ) -> Iterator[dg.AssetCheckResult]:
        """Evaluate what the run asked for, each by a statement of its own."""
        chosen = context.selected_asset_check_keys
        rule = RowCountRule(config.factor, config.minimum_history, config.smallest_count)
        with explained(), warehouse.connect(autocommit=True, application="cdp quality") as reader:
            note_launch(context, warehouse)
            reader.execute("set default_transaction_read_only = on")
            day = closed_day(clock.now(), config.day)
            for claim in CLAIMS:
                if _key(claim.asset_key, claim.name) in chosen:
                    yield evaluate(reader, claim, day.values())
            if any(key.asset_key.to_user_string() == source_warnings.DEALS for key in chosen):
                yield from _of(chosen, source_warnings.evaluate_deals(reader))
            if _key(audit_chain.ASSET, audit_chain.CHECK) in chosen:
                yield audit_chain.evaluate(reader, audit_chain.kept_head(context.instance))
            watched = [key for key in counted if _key(key, row_counts.CHECK) in chosen]
            if watched:
                yield from row_counts.evaluate(reader, watched, day.end, config.history_weeks, rule)

    return table_checks


def _expectations(suites: Sequence[Suite]) -> dg.AssetChecksDefinition:
    @dg.multi_asset_check(
        name="expectations",
        specs=[spec for suite in suites for spec in suite.specs()],
        can_subset=True,
        description="Great Expectations suites on the landed source and the published tables.",
    )
    def expectations(
        context: dg.AssetCheckExecutionContext, config: DayConfig, warehouse: Warehouse
    ) -> Iterator[dg.AssetCheckResult]:
        """Validate the tables that the run asked for."""
        chosen = context.selected_asset_check_keys
        wanted = [part for suite in suites if (part := _part(suite, chosen)) is not None]
        with explained():
            note_launch(context, warehouse)
            yield from validate(warehouse, wanted, closed_day(clock.now(), config.day))

    return expectations


def _part(suite: Suite, chosen: Collection[dg.AssetCheckKey]) -> Suite | None:
    """Return the suite with the chosen expectations only, or null without any."""
    kept = tuple(e for e in suite.expectations if _key(suite.asset_key, e.name) in chosen)
    return suite.model_copy(update={"expectations": kept}) if kept else None


def _of(
    chosen: Collection[dg.AssetCheckKey],
    results: Iterator[dg.AssetCheckResult],
) -> Iterator[dg.AssetCheckResult]:
    return (r for r in results if dg.AssetCheckKey(r.asset_key, r.check_name) in chosen)  # type: ignore[arg-type]


def _key(asset_key: str, name: str) -> dg.AssetCheckKey:
    return dg.AssetCheckKey(dg.AssetKey(asset_key.split("/")), name)
