-- compliance §3.20; inner join, as on the live platform (R-16)
select
    v.allocator,
    greatest(0, v.received - c.granted)::bigint as old_dc_balance
from (
    select "addressId" as allocator, coalesce(sum(allowance), 0) as received
    from verifier_allowance
    where height < 3698160 and "addressId" is not null
    group by 1
) v
inner join (
    select "verifierAddressId" as allocator, coalesce(sum(allowance), 0) as granted
    from verified_client_allowance
    where height < 3698160 and "verifierAddressId" is not null
    group by 1
) c on c.allocator = v.allocator
