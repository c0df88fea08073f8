-- One row: the status of a table with rows of several chains, each an asset of its own
-- (`validators/<chain>/table`), or of one that is a single asset.
select
    $1::text as asset_key,
    sum(v.version)::bigint as version,
    max(v.materialized_at) as materialized_at,
    min(f.data_as_of) as data_as_of,
    min(f.max_age_seconds) as max_age_seconds
from ops.asset_version v
left join ops.freshness f on f.asset_key = v.asset_key
where
    v.asset_key = $1
    or (
        split_part(v.asset_key, '/', 3) = split_part($1, '/', 2)
        and split_part(v.asset_key, '/', 1) = split_part($1, '/', 1)
    )
