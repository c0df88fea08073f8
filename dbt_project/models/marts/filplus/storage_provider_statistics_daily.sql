with moments as (
    {{ statistics_moments() }}
),

days as (
    select day from moments group by day
),

instants as (
    select instant from moments group by instant
),

providers as (
    select * from {{ ref("provider") }}
),

weeks as (
    select * from {{ ref("deal_totals_weekly") }}
),

hours as not materialized (
    select * from {{ ref("unified_verified_deal_hourly") }}
),

rates as (
    select * from {{ ref("provider_url_finder_retrievability_daily") }}
),

reporting as (
    select * from {{ ref("stg_ipni__reporting_days") }}
),

at_instants as (
    select
        i.instant,
        -- a provider without deals has height 0 and counts, as on the live platform
        (
            select count(*)
            from providers p
            where {{ height_time("p.first_deal_height") }} < i.instant
        ) as total_providers,
        (
            select count(distinct h.provider)
            from hours h
            where h.hour >= i.instant - interval '60 days' and h.hour < i.instant
        ) as active_providers,
        coalesce((select sum(w.num_of_claims) from weeks w where w.week < date_trunc('week', i.instant)), 0)
        + r.num_of_claims as claims_to_date,
        coalesce((select sum(w.num_of_ddo_claims) from weeks w where w.week < date_trunc('week', i.instant)), 0)
        + r.num_of_ddo_claims as ddo_claims_to_date
    from instants i
    cross join lateral (
        select
            coalesce(sum(h.num_of_claims), 0) as num_of_claims,
            coalesce(sum(h.num_of_ddo_claims), 0) as num_of_ddo_claims
        from hours h
        where h.hour >= date_trunc('week', i.instant) and h.hour < i.instant
    ) r
),

on_days as (
    select
        d.day,
        avg((coalesce(r.success_rate, 0)::text::numeric > 0.7)::integer) as high_share,
        avg(coalesce(r.success_rate::text::numeric, 0)) as average_rate,
        avg(r.success_rate::text::numeric) as average_measured_rate
    from days d
    inner join rates r on r.date = d.day
    group by d.day
),

within_units as (
    select
        m.date,
        m.period_unit,
        m.is_current,
        sum(h.num_of_ddo_claims)::numeric / nullif(sum(h.num_of_claims), 0) as ddo_share
    from moments m
    inner join hours h on h.hour >= m.instant - m.length and h.hour < m.instant
    group by m.date, m.period_unit, m.is_current
),

kinds as (
    select *
    from (
        values
            (1, 'TOTAL_STORAGE_PROVIDERS', 'numeric', false),
            (2, 'TOTAL_ACTIVE_STORAGE_PROVIDERS', 'numeric', false),
            (3, 'STORAGE_PROVIDERS_WITH_HIGH_RPA_PERCENTAGE', 'percentage', false),
            (4, 'STORAGE_PROVIDERS_REPORTING_TO_IPNI_PERCENTAGE', 'percentage', false),
            (5, 'DDO_DEALS_PERCENTAGE', 'percentage', false),
            (6, 'DDO_DEALS_PERCENTAGE_TO_DATE', 'percentage', false),
            (7, 'AVERAGE_URL_FINDER_RETRIEVABILITY_PERCENTAGE', 'percentage', false),
            (8, 'AVERAGE_AVAILABLE_URL_FINDER_RETRIEVABILITY_PERCENTAGE', 'percentage', false)
    ) k (place, statistic, value_type, is_increase_negative)
),

figures as (
    select m.date, m.period_unit, m.is_current, v.statistic, v.value
    from moments m
    inner join at_instants i on i.instant = m.instant
    left join on_days r on r.day = m.day
    left join reporting p on p.date = m.day
    left join within_units u
        on u.date = m.date and u.period_unit = m.period_unit and u.is_current = m.is_current
    cross join lateral (
        values
            ('TOTAL_STORAGE_PROVIDERS', i.total_providers::numeric),
            ('TOTAL_ACTIVE_STORAGE_PROVIDERS', i.active_providers::numeric),
            -- 0 before the day's data exist, as on the live platform
            ('STORAGE_PROVIDERS_WITH_HIGH_RPA_PERCENTAGE', coalesce(r.high_share, 0)),
            ('STORAGE_PROVIDERS_REPORTING_TO_IPNI_PERCENTAGE', coalesce(p.ok::numeric / nullif(p.total, 0), 0)),
            ('DDO_DEALS_PERCENTAGE', coalesce(u.ddo_share, 0)),
            (
                'DDO_DEALS_PERCENTAGE_TO_DATE',
                coalesce(i.ddo_claims_to_date / nullif(i.claims_to_date, 0), 0)
            ),
            ('AVERAGE_URL_FINDER_RETRIEVABILITY_PERCENTAGE', coalesce(r.average_rate, 0)),
            ('AVERAGE_AVAILABLE_URL_FINDER_RETRIEVABILITY_PERCENTAGE', coalesce(r.average_measured_rate, 0))
    ) v (statistic, value)
),

final as (
    {{ statistics_rows("figures", "kinds") }}
)

select * from final
