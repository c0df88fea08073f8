-- compliance §3.8, over §3.7; the series steps on Mondays (R-10)
select
    w.week::timestamp(3) as week,
    c.client,
    c.allocator,
    sum(c.num_of_allocations)::integer as num_of_allocations,
    sum(c.sum_of_allocations)::bigint as sum_of_allocations
from (
    select generate_series(
        timestamp '2024-02-26 00:00:00', date_trunc('week', %(as_of)s at time zone 'UTC'), interval '7 days'
    ) as week
) w
inner join reference.client_allocator_distribution_weekly c on c.week <= w.week
group by w.week, c.client, c.allocator
