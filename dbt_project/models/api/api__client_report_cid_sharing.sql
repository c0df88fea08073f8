select
    client_report_id,
    other_client,
    total_deal_size,
    unique_cid_count,
    other_client_application_url,
    {{ data_as_of("client_report_cid_sharing") }} as data_as_of
from {{ source("filplus_reports", "client_report_cid_sharing") }}
