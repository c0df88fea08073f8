select
    client,
    num_of_replicas,
    total_deal_size,
    unique_data_size,
    {{ data_as_of("client_replica_distribution") }} as data_as_of
from {{ source("filplus_by_piece", "client_replica_distribution") }}
