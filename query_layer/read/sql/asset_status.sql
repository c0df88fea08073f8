-- One row per requested asset: its version and how fresh it is; nulls where it was never written.
select
    requested.asset_key,
    v.version,
    v.materialized_at,
    f.data_as_of,
    f.max_age_seconds
from unnest($1::text[]) as requested (asset_key)
left join ops.asset_version v on v.asset_key = requested.asset_key
left join ops.freshness f on f.asset_key = requested.asset_key
