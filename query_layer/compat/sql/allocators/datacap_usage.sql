select
    jsonb_build_object(
        'value', used::text, 'percentage', trunc(100 * used / nullif(total, 0), 4)::float8
    ) as "usedDatacap",
    jsonb_build_object(
        'value', (total - used)::text,
        'percentage', trunc(100 * (total - used) / nullif(total, 0), 4)::float8
    ) as "remainingDatacap",
    0 as place
from (
    select
        (
            select coalesce(sum(v.initial_allowance), 0)
            from api_v1.verifier v
            where
                not v.is_meta_allocator
                and v.created_at_height >= 3698160
                and v.allocator not in ('f01940930', 'f03018491', 'f01858410', 'f02049625')
        ) as total,
        coalesce((
            select c.cumulative_total
            from api_v1.cumulative_allocations_weekly c
            order by c.week desc
            limit 1
        ), 0) as used
) d
