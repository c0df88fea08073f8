select
    w.week,
    sum(w.old_dc_balance) as "oldDatacap",
    sum(w.allocations) as allocations,
    count(*)::integer as allocators,
    coalesce(
        jsonb_agg(
            jsonb_build_object(
                'allocator', w.allocator,
                'allocatorName', a.name,
                'oldDatacap', w.old_dc_balance::text,
                'allocations', w.allocations::text
            )
            order by w.allocator
        ) filter (where w.old_dc_balance > 0 or w.allocations > 0),
        '[]'::jsonb
    ) as drilldown
from api_v1.old_datacap_balance_weekly w
left join api_v1.allocator a on a.allocator = w.allocator
where w.week > (select min(f.week) from api_v1.old_datacap_balance_weekly f)
group by w.week
