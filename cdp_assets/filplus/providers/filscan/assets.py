"""Asset of Filscan's account statistics."""

from __future__ import annotations

import dagster as dg

from cdp_assets.core.ingestion.client_factory import Source
from cdp_assets.core.ingestion.daily_ingest import IngestAsset, PresentDay
from cdp_assets.filplus.providers.asset_specs import provider_spec
from cdp_assets.filplus.providers.filscan.landing import (
    fetch,
    pending_providers,
    replace_day,
    rows_of_day,
)
from resources.sources.filscan import READ_SECONDS

INFO = "filplus/provider_filscan_info"
_PROVIDERS = "raw_dmob/unique_providers"
CODE_VERSION = "1"

INGEST = IngestAsset(
    name="provider_filscan_info",
    does="Observe the accounts for the day; past days are built from their stored responses.",
    specs=[
        provider_spec(
            INFO,
            source="filscan",
            group="filplus_daily",
            cadence="daily",
            code_version=CODE_VERSION,
            responses="raw_filscan.responses",
            tier="2",
            deps=[dg.AssetDep(_PROVIDERS.split("/"), partition_mapping=dg.AllPartitionMapping())],
            reads="the stored responses of the day, bounded by one per provider of the source",
        )
    ],
    ingest_day=PresentDay(
        asset_key=INFO,
        source=Source(
            name="filscan", title="Filscan", setting="filscan_api_url", read_seconds=READ_SECONDS
        ),
        noun="provider",
        pending=pending_providers,
        fetch=fetch,
        read=rows_of_day,
        replace=replace_day,
    ),
    inputs=[_PROVIDERS],
    code_version=CODE_VERSION,
    source="filscan",
    failed_check=(
        "every_provider_has_an_account",
        "Filscan shows the account of every provider of the source.",
    ),
)
provider_filscan_info = INGEST.build()
