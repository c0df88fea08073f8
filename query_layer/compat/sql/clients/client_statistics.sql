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
from api_v1.client_statistics_daily s
left join (
    values
        ('TOTAL_CLIENTS', 'Total clients', 'Pairs of client and allocator'),
        ('TOTAL_ACTIVE_CLIENTS', 'Total active clients', 'Clients with a grant in the last 60 days'),
        ('FAILING_CLIENTS', 'Failing clients', 'Clients whose newest report of the day fails more than half of its checks'),
        ('DATACAP_SPENT_BY_CLIENTS', 'Datacap spent by clients', 'Bytes of all verified deals'),
        ('CLIENTS_WITH_ACTIVE_DEALS', 'Clients with active deals', 'Clients with a deal that has not ended'),
        ('CLIENTS_WITH_ACTIVE_DEALS_AND_DATACAP', 'Clients with active deals and datacap', 'Those of them with datacap left'),
        ('TOTAL_REMAINING_CLIENTS_DATACAP', 'Total remaining datacap of clients', 'Bytes that clients may still spend')
) t (statistic, title, description) on t.statistic = s.statistic
where
    s.period_unit = :interval::text
    and s.date = (
        select max(n.date)
        from api_v1.client_statistics_daily n
        where n.date <= (:now::timestamptz at time zone 'UTC')::date
    )
