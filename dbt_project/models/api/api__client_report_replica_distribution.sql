select
    client_report_id,
    num_of_replicas,
    total_deal_size,
    unique_data_size,
    percentage,
    {{ data_as_of("client_report_replica_distribution") }} as data_as_of
from {{ source("filplus_reports", "client_report_replica_distribution") }}
