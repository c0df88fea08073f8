select
    id,
    provider,
    snapshot_date::date as snapshot_date,
    tested_at at time zone 'UTC' as tested_at,
    result_code,
    {{ data_as_of("storage_provider_url_finder_daily_snapshot") }} as data_as_of
from {{ source("filplus_providers", "storage_provider_url_finder_daily_snapshot") }}
