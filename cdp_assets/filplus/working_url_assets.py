"""Landing asset of working addresses of clients' pieces at providers."""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Iterator
from typing import Any

import dagster as dg
import psycopg

from cdp_assets import clock, partitions
from cdp_assets.checked import SAMPLES, as_typed, checked
from cdp_assets.failures import SOURCE_RETRIES
from cdp_assets.filplus.daily_landing import Day, Made, land_days, landed
from cdp_assets.filplus.failed_entities import failed_check
from cdp_assets.filplus.provider_specs import provider_spec
from cdp_assets.filplus.source_client import PAUSES, configured_url, source_client
from cdp_assets.filplus.working_url_landing import (
    ASSET_KEY,
    UNANSWERED,
    Asked,
    ask,
    day_of_kept,
    pairs_to_ask,
    pairs_waiting,
    replace_day,
)
from cdp_assets.settings import get_settings
from resources.health_sink import HealthSink
from resources.url_finder import READ_SECONDS, UrlFinder
from resources.warehouse import Warehouse

CODE_VERSION = "1"
_PAIRS = "filplus/client_provider_distribution"
_ANSWERED_CHECK = "every_pair_was_answered_within_a_week"
_ANSWERED_RULE = "Every pair of client and provider has an answer of the last seven days."
_FAILED_CHECK = "every_pair_asked_was_answered"
_TRIES = 2  # of thousands of pairs; one that fails is asked again by the next run


@dg.multi_asset(
    name="client_working_url",
    specs=[
        provider_spec(
            ASSET_KEY, source="url_finder", group="filplus_sources", cadence="daily",
            code_version=CODE_VERSION, answers="raw_url_finder.answers", present_only=True,
            deps=[dg.AssetDep(_PAIRS.split("/"), partition_mapping=dg.AllPartitionMapping())],
            description=(
                "One row per UTC day, client and provider that the URL finder answered for: an "
                "address at which a piece of the client was found there (compliance §2.2). "
                "Asked for the day of the clock only, at most a budget of pairs a day, those asked "
                "longest ago first. A null address means that none is known. A pair without a row "
                "was not asked that day, or its call failed."
            ),
        )
    ],
    check_specs=[
        dg.AssetCheckSpec(
            _FAILED_CHECK, asset=ASSET_KEY.split("/"),
            description="The URL finder answered for every pair that it was asked for.",
        ),
        dg.AssetCheckSpec(
            _ANSWERED_CHECK, asset=ASSET_KEY.split("/"), description=_ANSWERED_RULE
        ),
    ],
    partitions_def=partitions.days,
    backfill_policy=dg.BackfillPolicy.single_run(),
    retry_policy=SOURCE_RETRIES,
    pool="url_finder",
)  # fmt: skip
def client_working_url(
    context: dg.AssetExecutionContext, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
    """Ask for the pairs of the day; past days are made of the answers kept from them."""
    left_out = 0

    def make(connection: psycopg.Connection, day: Day) -> Made:
        nonlocal left_out
        asked = Asked()
        if day.is_present:
            asked = _ask_now(context, warehouse, connection, day)
            left_out = pairs_waiting(connection, day.date) - len(asked.failed)
        rows = day_of_kept(connection, day.date)
        return Made(
            {ASSET_KEY: len(rows or {})}, lambda cursor: replace_day(cursor, day.date, rows or {}),
            observed=rows is not None or day.is_present, tried=asked.tried, failed=asked.failed,
        )  # fmt: skip

    total = land_days(
        context, warehouse, [ASSET_KEY], make, inputs=[_PAIRS], code_version=CODE_VERSION
    )
    figures = {"pairs_asked": total.tried, "pairs_left_out": left_out}
    yield landed(context, warehouse, total, ASSET_KEY, figures)
    yield failed_check(_FAILED_CHECK, ASSET_KEY, total.failed, total.tried)
    yield _answered_check(warehouse)


def _ask_now(
    context: dg.AssetExecutionContext,
    warehouse: Warehouse,
    connection: psycopg.Connection,
    day: Day,
) -> Asked:
    settings = get_settings()
    pairs = pairs_to_ask(connection, day.date, settings.url_finder_pairs_per_day)
    if not pairs:
        return Asked()
    url = configured_url("url_finder_api_url", "URL finder")
    context.log.info(f"asking the URL finder for {len(pairs):,} pairs of client and provider")
    with (
        HealthSink(warehouse) as sink,
        source_client(
            "url_finder", url, read_seconds=READ_SECONDS, report=sink,
            tries=min(_TRIES, settings.http_tries), pauses=PAUSES,
        ) as http,
    ):  # fmt: skip
        asked = ask(connection, UrlFinder(http), day.date, pairs)
    if len(asked.tried) < len(pairs):
        context.log.warning(f"the URL finder failed too often; asked {len(asked.tried):,} pairs")
    return asked


def _answered_check(warehouse: Warehouse) -> dg.AssetCheckResult:
    """Warn of pairs whose turn comes too seldom: the budget is too small, or their calls fail."""
    values = {"day": clock.now().date()}
    with warehouse.connect(autocommit=True) as connection:
        count = connection.execute(f"select count(*) from ({UNANSWERED}) u", values).fetchone()
        samples = connection.execute(f"{UNANSWERED} limit {SAMPLES}", values).fetchall()
        shown = as_typed(connection, UNANSWERED, values)
    assert count is not None
    behind = int(count[0])
    return checked(
        ASSET_KEY, _ANSWERED_CHECK, _ANSWERED_RULE, failing_rows=behind,
        found=f"{behind:,} pairs have no answer of the last seven days; a day asks for at most "
        f"{get_settings().url_finder_pairs_per_day:,} (CDP_URL_FINDER_PAIRS_PER_DAY).",
        samples=[f"{client} {provider}" for client, provider, _ in samples],
        sql=shown, severity=dg.AssetCheckSeverity.WARN,
    )  # fmt: skip
