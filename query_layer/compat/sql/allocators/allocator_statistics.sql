select
    s.place,
    s.statistic as type,
    t.title,
    t.description,
    jsonb_build_object(
        'value', case
            when s.value_type = 'bigint' then to_jsonb(trunc(s.value)::text)
            else to_jsonb(s.value::float8)
        end,
        'type', s.value_type,
        'unit', case when s.value_type = 'duration' then 'seconds' end
    ) as value,
    case
        when s.change is not null
            then jsonb_build_object(
                'value', s.change,
                'interval', s.period_unit,
                'increaseNegative', s.is_increase_negative
            )
    end as "percentageChange"
from api_v1.allocator_statistics_daily s
left join (
    values
        ('TOTAL_APPROVED_ALLOCATORS', 'Total approved allocators', 'Allocators that the registry approved'),
        ('TOTAL_ACTIVE_ALLOCATORS', 'Total active allocators', 'Allocators with a grant in the last 60 days'),
        ('COMPLIANT_ALLOCATORS', 'Compliant allocators', 'Allocators whose newest score is at least 70 percent'),
        ('NON_COMPLIANT_ALLOCATORS', 'Non-compliant allocators', 'Allocators whose newest score is at most 45 percent'),
        ('NUMBER_OF_ALERTS', 'Number of alerts', 'Failed checks of the newest reports of the day'),
        ('AVERAGE_NUMBER_OF_CLIENTS', 'Average number of clients', 'Clients per allocator'),
        ('AVERAGE_PERCENTAGE_OF_RETURNING_CLIENTS', 'Average percentage of returning clients', 'Clients with more than one grant, per allocator'),
        ('AVERAGE_TIME_TO_FIRST_DEAL', 'Average time to first deal', 'From the grant to the first deal, per allocator')
) t (statistic, title, description) on t.statistic = s.statistic
where
    s.period_unit = :interval::text
    and s.date = (
        select max(n.date)
        from api_v1.allocator_statistics_daily n
        where n.date <= (:now::timestamptz at time zone 'UTC')::date
    )
