-- One row per catalogued asset, for health and metrics.
select
    asset_key,
    asset_group,
    cadence,
    version as data_version,
    materialized_at,
    data_as_of,
    max_age_seconds,
    failed_partitions
from ops.freshness
order by asset_key
