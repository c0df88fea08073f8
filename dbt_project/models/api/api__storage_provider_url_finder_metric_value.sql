select
    id,
    provider,
    metric_id,
    snapshot_id,
    value,
    tested_at at time zone 'UTC' as tested_at,
    {{ data_as_of("storage_provider_url_finder_metric_value") }} as data_as_of
from {{ source("filplus_providers", "storage_provider_url_finder_metric_value") }}
