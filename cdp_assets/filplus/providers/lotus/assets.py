"""Landing assets of the Lotus node and of the contracts that are read through it."""

from __future__ import annotations

from cdp_assets.core.ingestion.client_factory import Source
from cdp_assets.core.ingestion.daily_ingest import PresentDay
from cdp_assets.filplus.providers.asset_specs import present_day_asset
from cdp_assets.filplus.providers.lotus import client_status_landing as clients
from cdp_assets.filplus.providers.lotus import landing as miners
from resources.sources.lotus_rpc import READ_SECONDS

MINER_INFO = "raw_lotus/miner_info"
CLIENT_STATUS = "raw_lotus/client_status"
CODE_VERSION = "2"  # 2: a peer id is read in every form
_NODE = Source(name="lotus", title="Lotus node", setting="lotus_rpc_url", read_seconds=READ_SECONDS)

INGEST_MINER_INFO = present_day_asset(
    PresentDay(
        asset_key=MINER_INFO,
        source=_NODE,
        noun="provider",
        pending=miners.stale_providers,
        fetch=miners.fetch,
        read=miners.rows_of_day,
        replace=miners.replace_day,
    ),
    name="lotus_miner_info",
    does="Look up the providers of the day; past days are built from their stored responses.",
    reads_all_of="raw_dmob/unique_providers",
    code_version=CODE_VERSION,
    failed_check=(
        "provider_lookups_complete",
        "Node and contract responded for every provider of the source.",
    ),
)
INGEST_CLIENT_STATUS = present_day_asset(
    PresentDay(
        asset_key=CLIENT_STATUS,
        source=_NODE,
        noun="client",
        pending=clients.pending_clients,
        fetch=clients.fetch,
        read=clients.rows_of_day,
        replace=clients.replace_day,
    ),
    name="lotus_client_status",
    does="Look up the clients of the day; past days are built from their stored responses.",
    reads_all_of="raw_dmob/verified_client",
    code_version=CODE_VERSION,
    failed_check=(
        "client_lookups_complete",
        "Node and contracts responded for every client of the source.",
    ),
)
lotus_miner_info = INGEST_MINER_INFO.build()
lotus_client_status = INGEST_CLIENT_STATUS.build()
