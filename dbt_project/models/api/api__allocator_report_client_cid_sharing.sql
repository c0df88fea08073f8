select
    allocator_report_id,
    client_id,
    other_client,
    total_deal_size,
    unique_cid_count,
    other_client_application_url,
    {{ data_as_of("allocator_report_client_cid_sharing") }} as data_as_of
from {{ source("filplus_reports", "allocator_report_client_cid_sharing") }}
