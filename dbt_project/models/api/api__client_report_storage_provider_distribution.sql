select
    client_report_id,
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
    declared_in_application_file,
    piece_working_url,
    {{ data_as_of("client_report_storage_provider_distribution") }} as data_as_of
from {{ source("filplus_reports", "client_report_storage_provider_distribution") }}
