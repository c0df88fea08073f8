select
    provider,
    ipni_reporting_status,
    ipni_reported_claims_count,
    claims_count,
    peer_id,
    data_as_of at time zone 'UTC' as data_as_of
from {{ source("filplus_providers", "provider_ipni_reporting") }}
