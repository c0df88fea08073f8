"""Landing assets of the Lotus node and of the contracts that are read through it."""

from __future__ import annotations

import dagster as dg

from cdp_assets.core.ingestion.client_factory import Source
from cdp_assets.core.ingestion.daily_ingest import IngestAsset, PresentDay
from cdp_assets.filplus.providers.asset_specs import provider_spec
from cdp_assets.filplus.providers.lotus import client_status_landing as clients
from cdp_assets.filplus.providers.lotus import landing as miners
from resources.sources.lotus_rpc import READ_SECONDS

MINER_INFO = "raw_lotus/miner_info"
CLIENT_STATUS = "raw_lotus/client_status"
_PROVIDERS = "raw_dmob/unique_providers"
_CLIENTS = "raw_dmob/verified_client"
CODE_VERSION = "2"  # 2: a peer id is read in every form
_NODE = Source(name="lotus", title="Lotus node", setting="lotus_rpc_url", read_seconds=READ_SECONDS)

INGEST_MINER_INFO = IngestAsset(
    name="lotus_miner_info",
    does="Look up the providers of the day; past days are built from their stored responses.",
    specs=[
        provider_spec(
            MINER_INFO,
            source="lotus",
            group="filplus_sources",
            cadence="daily",
            code_version=CODE_VERSION,
            responses="raw_lotus.responses",
            deps=[dg.AssetDep(_PROVIDERS.split("/"), partition_mapping=dg.AllPartitionMapping())],
        )
    ],
    ingest_day=PresentDay(
        asset_key=MINER_INFO,
        source=_NODE,
        noun="provider",
        pending=miners.stale_providers,
        fetch=miners.fetch,
        read=miners.rows_of_day,
        replace=miners.replace_day,
    ),
    inputs=[_PROVIDERS],
    code_version=CODE_VERSION,
    source="lotus",
    failed_check=(
        "provider_lookups_complete",
        "Node and contract responded for every provider of the source.",
    ),
)
INGEST_CLIENT_STATUS = IngestAsset(
    name="lotus_client_status",
    does="Look up the clients of the day; past days are built from their stored responses.",
    specs=[
        provider_spec(
            CLIENT_STATUS,
            source="lotus",
            group="filplus_sources",
            cadence="daily",
            code_version=CODE_VERSION,
            responses="raw_lotus.responses",
            deps=[dg.AssetDep(_CLIENTS.split("/"), partition_mapping=dg.AllPartitionMapping())],
        )
    ],
    ingest_day=PresentDay(
        asset_key=CLIENT_STATUS,
        source=_NODE,
        noun="client",
        pending=clients.pending_clients,
        fetch=clients.fetch,
        read=clients.rows_of_day,
        replace=clients.replace_day,
    ),
    inputs=[_CLIENTS],
    code_version=CODE_VERSION,
    source="lotus",
    failed_check=(
        "client_lookups_complete",
        "Node and contracts responded for every client of the source.",
    ),
)
lotus_miner_info = INGEST_MINER_INFO.build()
lotus_client_status = INGEST_CLIENT_STATUS.build()
