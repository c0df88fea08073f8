select
    w.week::date as week,
    to_char(w.week, 'IYYY')::integer as iso_year,
    to_char(w.week, 'IW')::integer as iso_week,
    sum(w.total_sum_of_allocations) as cumulative_total,
    {{ data_as_of("allocators_weekly_acc") }} as data_as_of
from {{ ref("allocators_weekly_acc") }} w
inner join {{ ref("allocator") }} a on a.id = w.allocator
where w.allocator not in ('f01940930', 'f03018491', 'f01858410', 'f02049625') -- compliance §1.1, excluded allocators
group by w.week
