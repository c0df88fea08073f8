"""Landing asset of the URL finder."""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Iterator
from datetime import date
from typing import Any

import dagster as dg

from cdp_assets import clock, partitions
from cdp_assets.checked import as_typed, checked
from cdp_assets.errors import BadConfiguration
from cdp_assets.failures import SOURCE_RETRIES, explained
from cdp_assets.filplus.url_finder_landing import (
    Observation,
    observe,
    providers_to_ask,
    read_kept,
    replace_day,
)
from cdp_assets.freshness import FRESHNESS_BY_CADENCE
from cdp_assets.materialization import COLUMN_SCHEMA, materialized
from cdp_assets.run_context import note_launch, received_keys
from cdp_assets.settings import Settings, get_settings
from cdp_assets.table_columns import landed_columns
from resources.health_sink import HealthSink
from resources.http_client import HttpClient
from resources.publication import Publication, input_versions, publish, record_run, row_counts
from resources.retry import RetryPolicy
from resources.url_finder import READ_SECONDS, UrlFinder
from resources.warehouse import Warehouse

ASSET_KEY = "raw_url_finder/provider_retrievability"
_PROVIDERS = "raw_dmob/unique_providers"
CODE_VERSION = "1"


@dg.asset(
    key=ASSET_KEY.split("/"),
    deps=[dg.AssetDep(_PROVIDERS.split("/"), partition_mapping=dg.AllPartitionMapping())],
    partitions_def=partitions.days,
    backfill_policy=dg.BackfillPolicy.single_run(),
    group_name="filplus_sources",
    owners=["filplus-data@example.org"],
    kinds={"python", "postgres"},
    tags={"domain": "filplus", "layer": "landing", "cadence": "daily", "pii": "none", "tier": "1"},
    freshness_policy=FRESHNESS_BY_CADENCE["daily"],
    metadata={
        "observed": ASSET_KEY,
        "answers": "raw_url_finder.answers",
        COLUMN_SCHEMA: landed_columns(ASSET_KEY),
    },
    code_version=CODE_VERSION,
    retry_policy=SOURCE_RETRIES,
    pool="url_finder",
    check_specs=[
        dg.AssetCheckSpec(
            "every_known_provider_was_asked",
            asset=ASSET_KEY.split("/"),
            description=(
                "The day answers for every provider of the source; unknown ones are counted."
            ),
        )
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
    keys = received_keys(context, partitions.days)
    window = (
        partitions.window_of(partitions.days, keys[0])[0],
        partitions.window_of(partitions.days, keys[-1])[1],
    )
    with (
        explained(),
        warehouse.lock_tables([ASSET_KEY]),
        record_run(
            warehouse, run_id=context.run.run_id, asset_keys=[ASSET_KEY], partition_keys=keys,
            window=window, launched_by=note_launch(context, warehouse),
        ) as record,
    ):  # fmt: skip
        with warehouse.connect(autocommit=True) as connection:
            before = sum(row_counts(connection, [ASSET_KEY], key)[ASSET_KEY] for key in keys)
        unknown, rows, states = 0, 0, []
        for key in keys:
            written, not_found, state = _land_day(context, warehouse, key)
            rows, unknown = rows + written, unknown + not_found
            states.append(state)
        record.rows_written, record.rows_deleted = rows, before
    not_observed = states.count("NOT_OBSERVED")
    with warehouse.connect(autocommit=True) as connection:
        values = [keys[-1]]
        samples = [row[0] for row in connection.execute(_UNKNOWN, values)] if unknown else []
        shown = as_typed(connection, _UNKNOWN, values)
    yield materialized(context, warehouse, ASSET_KEY, figures={"days_not_observed": not_observed})
    yield checked(
        ASSET_KEY, "every_known_provider_was_asked",
        "The day answers for every provider of the source; unknown ones are counted.",
        failing_rows=unknown, passed=unknown == 0 and not not_observed,
        samples=samples, sql=shown,
        severity=dg.AssetCheckSeverity.WARN,
        found=f"{unknown} providers are unknown to the URL finder; "
        f"{not_observed} of {len(keys)} days were not observed.",
        figures={"days": len(keys)},
    )  # fmt: skip


_UNKNOWN = """
select 'f0' || u.provider_id as provider
from raw_dmob.unique_providers u
where u.provider_id ~ '^[0-9]+$' and not exists (
    select from raw_url_finder.provider_retrievability r
    where r.day = %s and r.provider = 'f0' || u.provider_id
)
order by u.provider_id::bigint
"""


def _land_day(
    context: dg.AssetExecutionContext, warehouse: Warehouse, key: str
) -> tuple[int, int, str]:
    """Land one day; return its rows, the providers without an answer, and its state."""
    start, end = partitions.window_of(partitions.days, key)
    as_of = clock.now()
    with warehouse.connect(autocommit=True) as connection:
        with connection.cursor() as cursor:
            inputs = input_versions(cursor, [_PROVIDERS])
        asked = providers_to_ask(connection)
        observations = (
            _observe_now(context, warehouse, connection, start.date(), asked)
            if start <= as_of < end
            else read_kept(connection, start.date())
        )
        state = "MATERIALIZED" if observations is not None else "NOT_OBSERVED"
        with connection.transaction(), connection.cursor() as cursor:
            replace_day(cursor, start.date(), observations or [])
            publish(
                cursor,
                Publication(
                    asset_key=ASSET_KEY, partition_key=key, window=(start, end),
                    row_count=len(observations or []), input_versions=inputs, as_of=as_of,
                    is_final=end <= as_of, code_version=CODE_VERSION, run_id=context.run.run_id,
                    state=state,
                ),
            )  # fmt: skip
    found = len(observations or [])
    context.log.info(f"{key}: {found:,} providers, state {state}")
    return found, max(0, len(asked) - found) if observations is not None else 0, state


def _observe_now(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    connection: Any,
    day: date,
    providers: list[str],
) -> list[Observation]:
    settings = get_settings()
    if settings.url_finder_api_url is None:
        raise BadConfiguration(
            "no URL finder is named", key="CDP_URL_FINDER_API_URL",
            hint="set it, or run `make demo` for a simulated one",
        )  # fmt: skip
    context.log.info(f"asking the URL finder for {len(providers):,} providers")
    with HealthSink(warehouse) as sink, url_finder_client(settings, sink) as http:
        return observe(connection, UrlFinder(http), day, providers)


def url_finder_client(settings: Settings, sink: HealthSink) -> HttpClient:
    """Return the client of the configured URL finder."""
    assert settings.url_finder_api_url is not None
    return HttpClient(
        "url_finder",
        settings.url_finder_api_url,
        policy=RetryPolicy(
            tries=settings.http_tries,
            backoff_seconds=settings.http_backoff_seconds,
            backoff_cap_seconds=settings.http_backoff_cap_seconds,
        ),
        read_seconds=READ_SECONDS,
        report=sink,
    )
