"""Asset keys of the deals and of the tables by hour, piece and week that are built on them.

Scope: names that more than one module needs; not here: what the tables hold (their dbt models).
"""

from __future__ import annotations

from cdp_assets.filplus.dmob import relations

DEALS = relations.DEALS.asset_key
HOURS = "filplus/unified_verified_deal_hourly"
WEEKLY = "filplus/client_provider_distribution_weekly"
PIECES = "intermediate/client_provider_piece_weekly"
REPEATED = "intermediate/client_provider_repeated_piece_weekly"
CLAIMS = "intermediate/client_provider_claims_weekly_acc"
TOTALS = "filplus/client_provider_distribution_weekly_acc"
