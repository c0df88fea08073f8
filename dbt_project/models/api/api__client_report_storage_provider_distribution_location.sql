select
    client_report_id,
    provider,
    ip,
    city,
    region,
    country,
    loc,
    org,
    postal,
    timezone,
    hostname,
    {{ data_as_of("client_report_storage_provider_distribution_location") }} as data_as_of
from {{ source("filplus_reports", "client_report_storage_provider_distribution_location") }}
