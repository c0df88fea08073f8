select
    id,
    metric_type,
    name,
    description,
    unit,
    {{ data_as_of("storage_provider_url_finder_metric") }} as data_as_of
from {{ source("filplus_providers", "storage_provider_url_finder_metric") }}
