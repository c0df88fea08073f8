-- compliance §3.7
select
    date_trunc('week', to_timestamp(30 * height::bigint + 1598306400))::timestamp(3) as week,
    "addressId" as client,
    "verifierAddressId" as allocator,
    count(*)::integer as num_of_allocations,
    sum(allowance)::bigint as sum_of_allocations
from verified_client_allowance
where height >= 3698160 and "addressId" is not null and "verifierAddressId" is not null
group by 1, 2, 3
