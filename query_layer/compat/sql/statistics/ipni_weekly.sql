select distinct on (date_trunc('week', date::timestamp))
    date_trunc('week', date::timestamp)::date as week,
    misreporting,
    not_reporting as "notReporting",
    ok,
    total
from (
    select date, misreporting, not_reporting, ok, total,
        date_trunc('week', date::timestamp)::date as week
    from api_v1.ipni_reporting_daily
) d
where
    true
    and (
        :editionId::integer is null
        or (:editionId::integer = 4 and week <= date '2024-03-01')
        or (
            :editionId::integer = 5
            and week >= date '2024-03-01' and week <= date '2025-07-11'
        )
        or (:editionId::integer = 6 and week >= date '2025-07-11')
    )
order by date_trunc('week', date::timestamp), date desc
