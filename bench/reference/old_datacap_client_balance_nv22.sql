-- compliance §3.20
select
    a.client,
    greatest(0, a.granted - coalesce(d.spent, 0))::bigint as old_dc_balance
from (
    select "addressId" as client, coalesce(sum(allowance), 0) as granted
    from verified_client_allowance
    where height < 3698160 and "addressId" is not null
    group by 1
) a
left join (
    select 'f0' || "clientId" as client, sum("pieceSize") as spent
    from unified_verified_deal
    where "termStart" < 3698160
    group by 1
) d on d.client = a.client
