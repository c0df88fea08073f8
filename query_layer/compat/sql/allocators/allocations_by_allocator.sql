select
    to_char(w.week, 'IYYY')::integer as year,
    to_char(w.week, 'IW')::integer as week,
    w.allocator as "allocatorId",
    a.name as "allocatorName",
    sum(w.sum_of_allocations) as "weekTotal"
from api_v1.client_allocator_distribution_weekly w
inner join api_v1.allocator a on a.allocator = w.allocator
where w.allocator not in ('f01940930', 'f03018491', 'f01858410', 'f02049625')
group by w.week, w.allocator, a.name
