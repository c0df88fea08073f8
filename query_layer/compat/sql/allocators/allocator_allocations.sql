-- Grants of one allocator: its own weeks alone are read.
with grants as (
    select w.client, w.week, w.sum_of_allocations::numeric as amount, c.name
    from api_v1.client_allocator_distribution_weekly w
    left join api_v1.client c on c.client = w.client
    where w.allocator = :allocatorId::text
),

periods as (
    select p::date as period
    from generate_series(
        (select min(week) from grants)::timestamp,
        (:now::timestamptz at time zone 'UTC'),
        interval '7 days'
    ) p
    where :groupBy::text = 'week'
    union all
    select p::date
    from generate_series(
        date_trunc('month', (select min(week) from grants)::timestamp),
        (:now::timestamptz at time zone 'UTC'),
        interval '1 month'
    ) p
    where :groupBy::text = 'month'
),

ends as (
    select period, coalesce(lag(period) over (order by period), '-infinity') as previous
    from periods
)

select
    e.period as date,
    coalesce(sum(g.amount), 0) as "totalAllocationsToDate",
    coalesce(
        jsonb_agg(
            jsonb_build_object('client', g.client, 'allocationsToDate', g.amount::text)
            order by g.client
        ) filter (where g.client is not null),
        '[]'::jsonb
    ) as "clientsToDate",
    coalesce(
        jsonb_agg(
            jsonb_build_object(
                'client', g.client, 'allocationsToDate', g.amount::text, 'clientName', g.name
            )
            order by g.client
        ) filter (where g.first_week > e.previous),
        '[]'::jsonb
    ) as "newClients",
    case
        when :showAllocations::boolean then coalesce(
            jsonb_agg(
                jsonb_build_object('client', g.client, 'allocation', g.recent::text)
                order by g.client
            ) filter (where g.recent > 0),
            '[]'::jsonb
        )
    end as "newAllocations"
from ends e
left join lateral (
    select
        client,
        max(name) as name,
        sum(amount) as amount,
        min(week) as first_week,
        coalesce(sum(amount) filter (where week > e.previous), 0) as recent
    from grants
    where week <= e.period
    group by client
) g on true
group by e.period, e.previous
having :showEmptyPeriods::boolean or coalesce(sum(g.recent), 0) > 0
