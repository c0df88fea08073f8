select
    id,
    name,
    address,
    github_url,
    datacap_received,
    datacap_remaining,
    datacap_used_2_weeks,
    datacap_used_90_days,
    {{ data_as_of("client") }} as data_as_of
from {{ ref("client") }}
