-- compliance §3.6, the live runner's formula for each week: everything up to it, in two steps
select w.week, acc.*
from (
    select generate_series(
        timestamp '2024-02-26 00:00:00', date_trunc('week', %(as_of)s at time zone 'UTC'), interval '7 days'
    ) as week
) w
cross join lateral (
    with by_piece as (
        select
            'f0' || "clientId" as client,
            'f0' || "providerId" as provider,
            "pieceCid",
            sum("pieceSize") as total_deal_size,
            min("pieceSize") as unique_data_size
        from unified_verified_deal
        where
            "termStart" >= 3698160
            and date_trunc('week', to_timestamp(30 * "termStart"::bigint + 1598306400)) <= w.week
            and to_timestamp(30 * "termStart"::bigint + 1598306400) <= %(as_of)s
            and "clientId" is not null
            and "providerId" is not null
        group by 1, 2, 3
    )

    select
        client,
        provider,
        sum(total_deal_size)::bigint as total_deal_size,
        sum(unique_data_size)::bigint as unique_data_size
    from by_piece
    group by client, provider
) acc
