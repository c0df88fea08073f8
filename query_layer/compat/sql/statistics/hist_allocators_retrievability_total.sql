-- Accumulated weeks hold all of the weeks before, so the newest one has every entity.
select coalesce((
    select histogram.week_total
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
        and measure = 'retrievability'
        and not is_running
        and population = case
            when :openDataOnly::boolean then 'open_data'
            when :editionId::integer is null then 'registered'
            when :editionId::integer = 6 then 'edition_6'
            when :editionId::integer = 5 then 'edition_5'
        end
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
    order by histogram.week desc
    limit 1
), 0)::integer as total
