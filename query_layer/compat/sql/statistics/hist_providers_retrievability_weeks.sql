select
    week,
    max(week_total)::integer as total,
    (
        select a.average_retrievability::float8
        from api_v1.retrievability_average_weekly a
        where a.week = histogram.week and a.average_of = case when :openDataOnly::boolean then 'open_data' else 'all' end
    ) as "averageUrlFinderSuccessRate",
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
        subject = 'providers'
        and measure = 'retrievability'
        and true
        and population = case when :openDataOnly::boolean then 'open_data' else 'all' end
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
