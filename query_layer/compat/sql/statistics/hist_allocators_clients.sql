select
    week,
    max(week_total)::integer as total,
    jsonb_agg(
        jsonb_build_object(
            'valueFromExclusive', value_from_exclusive,
            'valueToInclusive', value_to_inclusive,
            'count', num_of_values,
            'totalDatacap', total_bytes::text
        )
        order by value_to_inclusive
    ) as results
from (
    select
        week,
        week_total,
        value_from_exclusive,
        value_to_inclusive,
        num_of_values,
        total_bytes
    from api_v1.compliance_histogram_weekly
    where
        subject = 'allocators'
        and measure = 'num_of_clients'
        and not is_running
        and population = 'all'
    and (
        :editionId::integer is null
        or (:editionId::integer = 4 and week <= date '2024-03-01')
        or (
            :editionId::integer = 5
            and week >= date '2024-03-01' and week <= date '2025-07-11'
        )
        or (:editionId::integer = 6 and week >= date '2025-07-11')
    )
) histogram
group by week
