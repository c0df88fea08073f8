"""The tables by piece: which there are, and what each reads. No logic."""

from __future__ import annotations

from cdp_assets.filplus.deals.table_keys import CLAIMS, DEALS, PIECES, TOTALS

KEYED = "intermediate/client_piece"
DISTRIBUTION = "filplus/client_provider_distribution"
REPLICAS = "filplus/client_replica_distribution"
SHARING = "filplus/cid_sharing"
# In the order of publication: what a table reads comes before it.
INPUTS = {
    KEYED: (DEALS, PIECES),
    DISTRIBUTION: (TOTALS, CLAIMS),
    REPLICAS: (KEYED,),
    SHARING: (KEYED,),
}
READS = {
    KEYED: "keys that the landing changed or that started since, then their weekly pieces by key; "
    "bounded by what changed",
    DISTRIBUTION: "the running week of the two cumulative tables; bounded by the number of pairs",
    REPLICAS: "old and new rows of the changed pieces; bounded by what changed",
    SHARING: "clients of the changed pieces; bounded by what changed",
}
