"""Weeks of compliance: rows of one week in the running tables, and the tables built from them.

Scope: writing and building a week; not here: allocators, clients, deals (``report_world``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import dagster as dg
from psycopg.types.json import Jsonb

from cdp_assets.filplus.compliance.statistics_variables import (
    AVERAGES,
    HISTOGRAMS,
    SCORES,
    SPS_COMPLIANCE,
)
from cdp_assets.filplus.compliance.weekly_tables import (
    ALLOCATOR_INPUTS,
    OPEN_DATA_INPUTS,
    PROVIDER_INPUTS,
    PROVIDERS,
    replace_allocator_week,
    replace_provider_week,
)
from cdp_assets.filplus.registry.standard_allocators import ALLOCATORS
from cdp_assets.filplus.scoring.rules import load_rules
from resources.dbt_runner import DbtRunner
from resources.postgres.ops_status import Publication, publish
from tests.integration.filplus.report_world import NOW, TIB, ReportWorld

RULES = load_rules().versions[0]
INPUTS_BY_WEEK = tuple(key for key in (*PROVIDER_INPUTS, *ALLOCATOR_INPUTS) if key != PROVIDERS.key)
WEEK = datetime(2026, 3, 2, tzinfo=UTC)  # the week before that of report_world.NOW
# Instants that stand for those of a run in the compiled statements.
_COMPILED_WEEK, _COMPILED_END, _COMPILED_CLOCK = "2001-01-01", "2001-01-08", "2001-02-03 04:05:06"


def entity(world: ReportWorld, allocator: str, *, is_meta: bool = False) -> None:
    world.insert(
        "filplus.allocator",
        id=allocator,
        address=f"f2{allocator}",
        name=f"Name {allocator}",
        is_virtual=False,
        is_metaallocator=is_meta,
    )


def provider_week(
    world: ReportWorld,
    provider: str,
    clients: int,
    biggest: int,
    rate: float | None,
    week: datetime = WEEK,
) -> None:
    world.insert(
        "filplus.providers_weekly_acc",
        week=week.replace(tzinfo=None),
        provider=provider,
        num_of_clients=clients,
        biggest_client_total_deal_size=biggest,
        total_deal_size=1000,
        avg_retrievability_success_rate_url_finder=rate,
        is_measured=rate is not None,
    )


def pair_week(world: ReportWorld, client: str, provider: str, week: datetime = WEEK) -> None:
    world.insert(
        "filplus.client_provider_distribution_weekly_acc",
        week=week.replace(tzinfo=None),
        client=client,
        provider=provider,
        total_deal_size=1,
        unique_data_size=1,
    )


def grant_week(world: ReportWorld, client: str, allocator: str, week: datetime = WEEK) -> None:
    world.insert(
        "filplus.client_allocator_distribution_weekly_acc",
        week=week.replace(tzinfo=None),
        client=client,
        allocator=allocator,
        num_of_allocations=1,
        sum_of_allocations=7,
    )


def make_week(world: ReportWorld, week: datetime = WEEK) -> None:
    with world.connection.cursor() as cursor:
        replace_provider_week(cursor, week, RULES)
        replace_allocator_week(cursor, week, RULES)


def build_statistics(
    world: ReportWorld, tables: Sequence[str], week: datetime = WEEK, now: datetime = NOW
) -> None:
    """Replace a week of weekly statistics by what their models return, in its connection."""
    monday = week.replace(tzinfo=None)
    statements = _statements(world.dsn)
    with world.connection.cursor() as cursor:
        for key in tables:
            table = key.replace("/", ".")
            statement = (
                statements[table.split(".")[1]]
                .replace(_COMPILED_WEEK, f"{monday:%Y-%m-%d}")
                .replace(_COMPILED_END, f"{monday + timedelta(days=7):%Y-%m-%d}")
                .replace(_COMPILED_CLOCK, f"{now:%Y-%m-%d %H:%M:%S}")
            )
            cursor.execute(f"delete from {table} where week = %s", [monday])
            cursor.execute(f"insert into {table} select * from ({statement}) built".encode())


_compiled: dict[str, str] = {}


def _statements(dsn: str) -> Mapping[str, str]:
    """Return the compiled statements by model; they name no database, so one compile is enough."""
    if _compiled:
        return _compiled
    names = [key.split("/")[1] for key in (AVERAGES, SPS_COMPLIANCE, HISTOGRAMS, SCORES)]
    rules = {
        "week": _COMPILED_WEEK,
        "version": RULES.version,
        "high_score_percentage": str(RULES.derived.high_score_percentage),
        "medium_score_percentage": str(RULES.derived.medium_score_percentage),
    }
    variables = {
        "min_date": f"{_COMPILED_WEEK} 00:00:00",
        "max_date": f"{_COMPILED_END} 00:00:00",
        "as_of": _COMPILED_CLOCK,
        "rules_of_weeks": [rules],
    }
    database = dsn.rsplit("/", 1)[1]
    for name, statement in DbtRunner().compile(dsn, names, variables, print).items():
        _compiled[name] = statement.replace(f'"{database}".', "")
    return _compiled


def inputs_made(
    world: ReportWorld,
    week: datetime = WEEK,
    *,
    is_final: bool = True,
    state: str = "MATERIALIZED",
    by_week: Sequence[str] = INPUTS_BY_WEEK,
    as_a_whole: Sequence[str] = (*OPEN_DATA_INPUTS, ALLOCATORS),
) -> None:
    """Publish what a week is made of, as the runs before would."""
    with world.connection.transaction(), world.connection.cursor() as cursor:
        for key in (*by_week, *as_a_whole):
            is_whole = key in as_a_whole
            publish(
                cursor,
                Publication(
                    asset_key=key,
                    partition_key="" if is_whole else f"{week:%Y-%m-%d}",
                    window=None if is_whole else (week, week + timedelta(days=7)),
                    row_count=1,
                    input_versions={},
                    as_of=NOW,
                    is_final=is_final and not is_whole,
                    code_version="1",
                    run_id="inputs",
                    state="MATERIALIZED" if is_whole else state,
                ),
            )


def rules_were_other(world: ReportWorld) -> None:
    """Remember the version in force with another content, as if the file had been edited."""
    world.insert(
        "filplus.rule_version",
        version=RULES.version,
        content_hash="other",
        rules=Jsonb({}),
        effective_from=RULES.effective_from,
        first_used_at=NOW.replace(tzinfo=None),
    )


def four_providers(world: ReportWorld) -> None:
    """Rates 0.9, 0.5, 0 and none; the first two are open data."""
    world.allocator("f0300")
    world.client("f0100", "f0300")
    for provider in ("f0201", "f0202"):
        world.deals("f0100", provider, TIB, TIB)
    provider_week(world, "f0201", 4, 300, 0.9)
    provider_week(world, "f0202", 4, 301, 0.5)
    provider_week(world, "f0203", 3, 301, 0.0)
    provider_week(world, "f0204", 9, 100, None)


def week_of_one_allocator(world: ReportWorld) -> None:
    """Four providers, one of which stores what the one allocator granted."""
    four_providers(world)
    pair_week(world, "f0100", "f0201")
    grant_week(world, "f0100", "f0300")


def run_week(
    world: ReportWorld,
    assets: Sequence[dg.AssetsDefinition],
    selection: Sequence[dg.AssetKey] | None = None,
) -> dg.ExecuteInProcessResult:
    """Make the week in one run, which may fail."""
    return dg.materialize(
        assets,
        selection=selection,
        partition_key=f"{WEEK:%Y-%m-%d}",
        resources={"warehouse": world.warehouse(), "dbt": DbtRunner()},
        raise_on_error=False,
    )
