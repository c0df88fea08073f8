select
    allocator_report_id,
    client_id,
    provider,
    total_deal_size,
    unique_data_size,
    retrievability_success_rate,
    retrievability_success_rate_http,
    retrievability_success_rate_url_finder,
    consistent_retrievability,
    inconsistent_retrievability,
    ttfb,
    bandwidth,
    ipni_reporting_status,
    ipni_reported_claims_count,
    claims_count,
    perc_of_total_datacap,
    {{ data_as_of("allocator_report_storage_provider_distribution") }} as data_as_of
from {{ source("filplus_reports", "allocator_report_storage_provider_distribution") }}
