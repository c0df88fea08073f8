"""What the catalogue says about the tables by piece: words, keys, columns. No logic."""

from __future__ import annotations

import dagster as dg

from cdp_assets.filplus.piece_tables_guard import DEALS, PIECES
from cdp_assets.staleness import CLAIMS, TOTALS

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
TEXTS = {
    KEYED: (
        "One row per piece and client with a deal since the programme start and up to the clock: "
        "replicas and bytes. Only pieces whose deals landed, changed, vanished or started since "
        "are counted anew, from the weekly piece table. Piece 0 stands for deals without a CID. "
        "Not for analysts."
    ),
    DISTRIBUTION: (
        "One row per client and provider with a deal since the programme start: bytes, unique "
        "bytes and claims up to the clock (compliance §3.4). The figures are those of the week "
        "that runs in the cumulative tables; rows that differ are replaced."
    ),
    REPLICAS: (
        "One row per client and number of replicas: bytes of the pieces that just so many "
        "providers hold for the client (compliance §3.12). Unique bytes count a piece at its "
        "largest size here. Deals without a CID are one piece."
    ),
    SHARING: (
        "One row per client and other client that have stored a same piece: the other's bytes of "
        "these pieces and their number (compliance §3.13). Each pair is there both ways, with the "
        "same number of pieces and each time the other's bytes. Deals without a CID are never "
        "shared."
    ),
}
READS = {
    KEYED: "keys that the landing touched or that started since, then their weekly pieces by key; "
    "bounded by what changed",
    DISTRIBUTION: "the running week of the two cumulative tables; bounded by the number of pairs",
    REPLICAS: "old and new rows of the touched pieces; bounded by what changed",
    SHARING: "clients of the touched pieces; bounded by what changed",
}
_CLIENT = ("client", "text", "Client id, `f0` and a number.")
_TOTAL = (
    "total_deal_size", "bigint",
    "Bytes (padded piece sizes) of all deals, replicas included. Never null.",
)  # fmt: skip
COLUMNS = {
    KEYED: (
        ("piece_id", "bigint", "Number in raw_dmob.piece; 0 for deals without a CID."),
        ("client_id", "bigint", "Client number without f0."),
        ("num_of_replicas", "integer", "Providers that hold the piece for the client."),
        ("total_deal_size", "bigint", "Bytes of all its deals."),
        ("largest_piece_size", "bigint", "Bytes of the largest of its deals."),
    ),
    DISTRIBUTION: (
        _CLIENT,
        ("provider", "text", "Storage provider id, `f0` and a number."),
        _TOTAL,
        (
            "unique_data_size", "bigint",
            "Bytes with each piece counted once per client and provider, at its smallest size. "
            "Never null, at most total_deal_size.",
        ),
        ("claims_count", "bigint", "Deals and claims. Never null."),
    ),
    REPLICAS: (
        _CLIENT,
        ("num_of_replicas", "integer", "Providers that hold each of the pieces, at least 1."),
        _TOTAL,
        (
            "unique_data_size", "bigint",
            "Bytes with each piece counted once, at its largest size. Never null, at most "
            "total_deal_size.",
        ),
    ),
    SHARING: (
        _CLIENT,
        ("other_client", "text", "Id of the other client, `f0` and a number."),
        (
            "total_deal_size", "bigint",
            "Bytes of the other client's deals of the shared pieces. Never null.",
        ),
        (
            "unique_cid_count", "integer",
            "Pieces that both have stored, at least 1; the same both ways.",
        ),
    ),
}  # fmt: skip
KEYS = {
    KEYED: ("piece_id", "client_id"),
    DISTRIBUTION: ("client", "provider"),
    REPLICAS: ("client", "num_of_replicas"),
    SHARING: ("client", "other_client"),
}


def column_schema(asset_key: str) -> dg.TableSchema:
    """Return the columns of a table as the catalogue shows them; none may be null."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name, kind, description=text,
                constraints=dg.TableColumnConstraints(nullable=False),
            )
            for name, kind, text in COLUMNS[asset_key]
        ]
    )  # fmt: skip
