"""Landing asset of the URL finder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import LiteralString

import dagster as dg

from cdp_assets.core.checks.check_results import as_typed, check_result
from cdp_assets.core.ingestion.client_factory import Source
from cdp_assets.core.ingestion.daily_ingest import IngestAsset, IngestSummary, PresentDay
from cdp_assets.core.tables.freshness import FRESHNESS_BY_CADENCE
from cdp_assets.filplus.providers.known_providers import KNOWN_PROVIDERS, known_providers
from cdp_assets.filplus.providers.url_finder.landing import (
    UNKNOWN,
    fetch,
    replace_day,
    rows_of_day,
    unknown_count,
)
from cdp_assets.units import counted
from resources.sources.url_finder import READ_SECONDS

ASSET_KEY = "raw_url_finder/provider_retrievability"
_PROVIDERS = "raw_dmob/unique_providers"
CODE_VERSION = "1"
_COVERAGE_CHECK = "known_providers_requested"
_COVERAGE_RULE = "The day has every provider of the source; unknown ones are counted."
_FAILED_CHECK = "provider_responses_complete"
URL_FINDER = Source(
    name="url_finder", title="URL finder", setting="url_finder_api_url", read_seconds=READ_SECONDS
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


def _evaluate(summary: IngestSummary) -> Iterator[dg.AssetCheckResult]:
    run, unknown = summary.run, summary.statistics[UNKNOWN]
    with run.warehouse.connect(autocommit=True) as connection:
        values = [run.keys[-1]]
        samples = [row[0] for row in connection.execute(_UNKNOWN, values)] if unknown else []
        shown = as_typed(connection, _UNKNOWN, values)
    yield coverage_check(unknown, summary.not_observed, len(run.keys), samples, shown)


def coverage_check(
    unknown: int, not_observed: int, days: int, samples: Sequence[str], shown: str
) -> dg.AssetCheckResult:
    """Return the check that every day was observed and no provider was unknown on it."""
    return check_result(
        ASSET_KEY,
        _COVERAGE_CHECK,
        _COVERAGE_RULE,
        failing_rows=unknown,
        passed=unknown == 0 and not not_observed,
        samples=samples,
        sql=shown,
        severity=dg.AssetCheckSeverity.WARN,
        found=f"Unknown to the URL finder: {counted(unknown, 'provider')}; "
        f"not observed: {not_observed} of {counted(days, 'day')}.",
        metadata={"days": days},
    )


INGEST = IngestAsset(
    name="raw_url_finder__provider_retrievability",
    does=(
        "One row per UTC day and provider that the URL finder knows: its retrievability in percent."
    ),
    specs=[
        dg.AssetSpec(
            ASSET_KEY.split("/"),
            deps=[dg.AssetDep(_PROVIDERS.split("/"), partition_mapping=dg.AllPartitionMapping())],
            group_name="filplus_sources",
            kinds={"python", "postgres"},
            tags={
                "domain": "filplus",
                "layer": "landing",
                "cadence": "daily",
                "pii": "none",
                "tier": "1",
            },
            freshness_policy=FRESHNESS_BY_CADENCE["daily"],
            metadata={
                "observed": ASSET_KEY,
                "responses": "raw_url_finder.responses",
            },
            code_version=CODE_VERSION,
        )
    ],
    ingest_day=PresentDay(
        asset_key=ASSET_KEY,
        source=URL_FINDER,
        noun="provider",
        pending=lambda connection, _: known_providers(connection),
        fetch=fetch,
        read=rows_of_day,
        replace=replace_day,
        count=unknown_count,
    ),
    inputs=[_PROVIDERS],
    code_version=CODE_VERSION,
    source="url_finder",
    failed_check=(
        _FAILED_CHECK,
        "The URL finder returned a value or not known for every provider that was requested.",
    ),
    other_checks=[
        dg.AssetCheckSpec(_COVERAGE_CHECK, asset=ASSET_KEY.split("/"), description=_COVERAGE_RULE)
    ],
    evaluate=_evaluate,
)
provider_retrievability = INGEST.build()
