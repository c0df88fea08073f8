select
    allocator_report_id,
    client_id,
    num_of_replicas,
    total_deal_size,
    unique_data_size,
    percentage,
    {{ data_as_of("allocator_report_client_replica_distribution") }} as data_as_of
from {{ source("filplus_reports", "allocator_report_client_replica_distribution") }}
