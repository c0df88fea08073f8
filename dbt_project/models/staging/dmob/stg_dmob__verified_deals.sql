select
    id,
    deal_id,
    client_id,
    provider_id,
    piece_id,
    piece_size as piece_size_bytes,
    started_at,
    _sync_version as sync_version
from {{ source("raw_dmob", "unified_verified_deal") }}
where
    client_id is not null
    and provider_id is not null
    and started_at >= {{ filplus_start() }}
    and started_at <= {{ as_of() }}
