select
    provider,
    first_client,
    {{ data_as_of("provider_first_client") }} as data_as_of
from {{ ref("provider_first_client") }}
