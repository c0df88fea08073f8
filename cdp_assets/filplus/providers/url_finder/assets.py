"""Landing asset of the URL finder."""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, LiteralString

import dagster as dg
import psycopg

from cdp_assets import clock, partitions
from cdp_assets.core.checks.check_results import as_typed, check_result
from cdp_assets.core.ingestion.client_factory import PAUSES, configured_url, source_client
from cdp_assets.core.ingestion.failed_entities import (
    failed_before,
    failed_check,
    note_attempt,
    previously_failed_last,
)
from cdp_assets.core.runs.materialization import materialize_result
from cdp_assets.core.runs.run_failures import SOURCE_RETRIES, as_dagster_failures
from cdp_assets.core.runs.run_tags import lock_for_run, partition_keys_of_run
from cdp_assets.core.tables.freshness import FRESHNESS_BY_CADENCE
from cdp_assets.filplus.providers.known_providers import KNOWN_PROVIDERS
from cdp_assets.filplus.providers.url_finder.landing import (
    fetch,
    providers_to_ask,
    read_kept,
    replace_day,
)
from cdp_assets.units import counted
from resources.http.source_health_recorder import HealthSink
from resources.postgres.ops_status import (
    Publication,
    input_versions,
    publish,
    record_run,
    row_counts,
)
from resources.postgres.warehouse import Warehouse
from resources.sources.url_finder import READ_SECONDS, UrlFinder

ASSET_KEY = "raw_url_finder/provider_retrievability"
_PROVIDERS = "raw_dmob/unique_providers"
CODE_VERSION = "1"
_FAILED_CHECK = "provider_responses_complete"


@dg.asset(
    key=ASSET_KEY.split("/"),
    deps=[dg.AssetDep(_PROVIDERS.split("/"), partition_mapping=dg.AllPartitionMapping())],
    partitions_def=partitions.days,
    backfill_policy=dg.BackfillPolicy.single_run(),
    group_name="filplus_sources",
    kinds={"python", "postgres"},
    tags={"domain": "filplus", "layer": "landing", "cadence": "daily", "pii": "none", "tier": "1"},
    freshness_policy=FRESHNESS_BY_CADENCE["daily"],
    metadata={
        "observed": ASSET_KEY,
        "answers": "raw_url_finder.responses",
    },
    code_version=CODE_VERSION,
    retry_policy=SOURCE_RETRIES,
    check_specs=[
        dg.AssetCheckSpec(
            "known_providers_requested",
            asset=ASSET_KEY.split("/"),
            description=(
                "The day answers for every provider of the source; unknown ones are counted."
            ),
        ),
        dg.AssetCheckSpec(
            _FAILED_CHECK,
            asset=ASSET_KEY.split("/"),
            description="The URL finder told a figure or not known for every provider asked for.",
        ),
    ],
)
def provider_retrievability(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """One row per UTC day and provider that the URL finder knows: its retrievability in percent.

    The service is asked for the day of the clock only. A past day is read again from the answers
    that were kept from it; without any it has no row and the state NOT_OBSERVED. Null means that
    the provider is known but was not measured.
    """
    keys = partition_keys_of_run(context, partitions.days)
    window = (
        partitions.window_of(partitions.days, keys[0])[0],
        partitions.window_of(partitions.days, keys[-1])[1],
    )
    with (
        as_dagster_failures(),
        lock_for_run(context, warehouse, [ASSET_KEY], source="url_finder") as user,
        record_run(
            warehouse,
            run_id=context.run.run_id,
            asset_keys=[ASSET_KEY],
            partition_keys=keys,
            window=window,
            launched_by=user,
        ) as record,
    ):
        with warehouse.connect(autocommit=True) as connection:
            before = sum(row_counts(connection, [ASSET_KEY], key)[ASSET_KEY] for key in keys)
        unknown, rows, tried, states = 0, 0, 0, []
        failed: dict[str, str] = {}
        for key in keys:
            landed = _land_day(context, warehouse, key)
            rows, unknown = rows + landed.rows, unknown + landed.unknown
            tried += landed.tried
            failed |= landed.failed
            states.append(landed.state)
        record.rows_written, record.rows_deleted = rows, before
    not_observed = states.count("NOT_OBSERVED")
    with warehouse.connect(autocommit=True) as connection:
        values = [keys[-1]]
        samples = [row[0] for row in connection.execute(_UNKNOWN, values)] if unknown else []
        shown = as_typed(connection, _UNKNOWN, values)
    figures = {"days_not_observed": not_observed, "failed_entities": len(failed)}
    yield materialize_result(context, warehouse, ASSET_KEY, figures=figures)
    yield failed_check(_FAILED_CHECK, ASSET_KEY, failed, tried)
    yield coverage_check(unknown, not_observed, len(keys), samples, shown)


def coverage_check(
    unknown: int, not_observed: int, days: int, samples: Sequence[str], shown: str
) -> dg.AssetCheckResult:
    """Return the check that every day was observed and no provider was unknown on it."""
    return check_result(
        ASSET_KEY,
        "known_providers_requested",
        "The day answers for every provider of the source; unknown ones are counted.",
        failing_rows=unknown,
        passed=unknown == 0 and not not_observed,
        samples=samples,
        sql=shown,
        severity=dg.AssetCheckSeverity.WARN,
        found=f"Unknown to the URL finder: {counted(unknown, 'provider')}; "
        f"not observed: {not_observed} of {counted(days, 'day')}.",
        figures={"days": days},
    )


_UNKNOWN: LiteralString = f"""
select k.provider
from ({KNOWN_PROVIDERS}) k
where not exists (
    select from raw_url_finder.provider_retrievability r
    where r.day = %s and r.provider = k.provider
)
order by substr(k.provider, 3)::numeric, k.provider
"""


@dataclass(frozen=True)
class _Landed:
    """What became of a day; ``unknown`` providers have neither a row nor a failure."""

    rows: int
    unknown: int
    state: str
    tried: int
    failed: dict[str, str]


def _land_day(context: dg.AssetExecutionContext, warehouse: Warehouse, key: str) -> _Landed:
    """Land one day; its rows, failed providers and publication are one transaction."""
    start, end = partitions.window_of(partitions.days, key)
    as_of = clock.now()
    with warehouse.connect(autocommit=True) as connection:
        with connection.cursor() as cursor:
            inputs = input_versions(cursor, [_PROVIDERS])
        known = providers_to_ask(connection)
        is_present = start <= as_of < end
        tried = (
            previously_failed_last(known, failed_before(connection, ASSET_KEY))
            if is_present
            else []
        )
        failed = _ask_now(context, warehouse, connection, start.date(), tried) if tried else {}
        kept = read_kept(connection, start.date())
        state = "MATERIALIZED" if kept is not None or is_present else "NOT_OBSERVED"
        observations = kept or []
        with connection.transaction(), connection.cursor() as cursor:
            replace_day(cursor, start.date(), observations)
            note_attempt(cursor, ASSET_KEY, tried, failed)
            publish(
                cursor,
                Publication(
                    asset_key=ASSET_KEY,
                    partition_key=key,
                    window=(start, end),
                    row_count=len(observations),
                    input_versions=inputs,
                    as_of=as_of,
                    is_final=end <= as_of,
                    code_version=CODE_VERSION,
                    run_id=context.run.run_id,
                    state=state,
                ),
            )
    context.log.info(
        f"{key}: {counted(len(observations), 'provider')}, {len(failed):,} failed, {state}"
    )
    seen = {one.row.provider for one in observations} | set(failed)
    unknown = len(set(known) - seen) if state == "MATERIALIZED" else 0
    return _Landed(len(observations), unknown, state, len(tried), failed)


def _ask_now(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    connection: psycopg.Connection,
    day: date,
    providers: list[str],
) -> dict[str, str]:
    url = configured_url("url_finder_api_url", "URL finder")
    context.log.info(f"asking the URL finder for {counted(len(providers), 'provider')}")
    with (
        HealthSink(warehouse) as sink,
        source_client(
            "url_finder", url, read_seconds=READ_SECONDS, report=sink, pauses=PAUSES
        ) as http,
    ):
        return fetch(connection, UrlFinder(http), day, providers)
