-- compliance §3.14
select
    id,
    "addressId" as client_id,
    "verifierAddressId" as allocator_id,
    allowance as allocation,
    (to_timestamp(30 * height::bigint + 1598306400) at time zone 'UTC')::timestamp(3) as timestamp
from verified_client_allowance
where height >= 3698160 and "addressId" is not null and "verifierAddressId" is not null
