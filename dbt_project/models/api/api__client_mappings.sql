select
    m.mapping_id,
    m.introducer_id,
    m.client_id,
    c.name as client_name,
    m.chain_id,
    m.staker_address,
    m.from_period,
    m.to_period,
    m.created_at,
    m.created_by,
    ops.present_instant() as data_as_of
from {{ source("governance", "client_mappings") }} m
left join {{ source("governance", "clients") }} c on c.client_id = m.client_id
