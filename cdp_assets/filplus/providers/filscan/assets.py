"""Asset of Filscan's account statistics."""

from __future__ import annotations

from cdp_assets.core.ingestion.client_factory import Source
from cdp_assets.core.ingestion.daily_ingest import PresentDay
from cdp_assets.filplus.providers.asset_specs import present_day_asset
from cdp_assets.filplus.providers.filscan.landing import (
    fetch,
    pending_providers,
    replace_day,
    rows_of_day,
)
from resources.sources.filscan import READ_SECONDS

INFO = "filplus/provider_filscan_info"
CODE_VERSION = "1"

INGEST = present_day_asset(
    PresentDay(
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
    name="provider_filscan_info",
    does="Observe the accounts for the day; past days are built from their stored responses.",
    reads_all_of="raw_dmob/unique_providers",
    reads="the stored responses of the day, bounded by one per provider of the source",
    tier="2",
    code_version=CODE_VERSION,
    failed_check=(
        "every_provider_has_an_account",
        "Filscan shows the account of every provider of the source.",
    ),
)
provider_filscan_info = INGEST.build()
