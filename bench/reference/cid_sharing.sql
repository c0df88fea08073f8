-- compliance §3.13
with deals as (
    select 'f0' || "clientId" as client, "pieceCid", "pieceSize"
    from unified_verified_deal
    where
        "termStart" >= 3698160
        and to_timestamp(30 * "termStart"::bigint + 1598306400) <= %(as_of)s
        and "clientId" is not null
        and "providerId" is not null
),

pieces as (
    select distinct client, "pieceCid" from deals
)

select
    p.client,
    d.client as other_client,
    sum(d."pieceSize")::bigint as total_deal_size,
    count(distinct d."pieceCid")::integer as unique_cid_count
from pieces p
inner join deals d on d."pieceCid" = p."pieceCid" and d.client <> p.client
group by p.client, d.client
