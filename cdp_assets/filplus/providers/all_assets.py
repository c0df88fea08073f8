"""Every asset of the provider sources, for the code location.

Scope: the list; not here: the assets (``<source>/assets``).
"""

from __future__ import annotations

import dagster as dg

from cdp_assets.filplus.providers.filscan.assets import provider_filscan_info
from cdp_assets.filplus.providers.filspark.assets import provider_retrievability_daily
from cdp_assets.filplus.providers.ip_info.assets import provider_ip_info
from cdp_assets.filplus.providers.ipni.assets import (
    ipni_advertisements,
    ipni_reporting_daily,
    provider_ipni_reporting,
)
from cdp_assets.filplus.providers.lotus.assets import lotus_client_status, lotus_miner_info
from cdp_assets.filplus.providers.url_finder.snapshot_assets import (
    url_finder_metrics,
    url_finder_snapshot,
)
from cdp_assets.filplus.providers.url_finder.working_url_assets import client_working_url

PROVIDER_SOURCE_ASSETS: tuple[dg.AssetsDefinition, ...] = (
    url_finder_metrics,
    url_finder_snapshot,
    client_working_url,
    lotus_miner_info,
    lotus_client_status,
    ipni_advertisements,
    ipni_reporting_daily,
    provider_ipni_reporting,
    provider_ip_info,
    provider_filscan_info,
    provider_retrievability_daily,
)
