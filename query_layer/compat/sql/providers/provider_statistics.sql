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
from api_v1.storage_provider_statistics_daily s
left join (
    values
        ('TOTAL_STORAGE_PROVIDERS', 'Total storage providers', 'Providers with a deal'),
        ('TOTAL_ACTIVE_STORAGE_PROVIDERS', 'Total active storage providers', 'Providers with a verified deal in the last 60 days'),
        ('STORAGE_PROVIDERS_WITH_HIGH_RPA_PERCENTAGE', 'Storage providers with high retrievability', 'Providers with a rate above 70 percent'),
        ('STORAGE_PROVIDERS_REPORTING_TO_IPNI_PERCENTAGE', 'Storage providers reporting to IPNI', 'Providers whose status is OK'),
        ('DDO_DEALS_PERCENTAGE', 'Direct deals', 'Share of the claims of the interval'),
        ('DDO_DEALS_PERCENTAGE_TO_DATE', 'Direct deals to date', 'Share of all claims'),
        ('AVERAGE_URL_FINDER_RETRIEVABILITY_PERCENTAGE', 'Average retrievability', 'Mean over all providers; without a rate counts as 0'),
        ('AVERAGE_AVAILABLE_URL_FINDER_RETRIEVABILITY_PERCENTAGE', 'Average available retrievability', 'Mean over providers with a rate')
) t (statistic, title, description) on t.statistic = s.statistic
where
    s.period_unit = :interval::text
    and s.date = (
        select max(n.date)
        from api_v1.storage_provider_statistics_daily n
        where n.date <= (:now::timestamptz at time zone 'UTC')::date
    )
