select
    p.week::date as week,
    p.provider,
    a.average_of,
    s.check_retrievability,
    s.check_number_of_clients,
    s.check_total_deal_size,
    p.total_deal_size,
    p.retrievability,
    a.average_retrievability,
    t.is_above_average,
    p.has_enough_clients,
    p.is_spread,
    case
        when
            (t.is_above_average or not s.check_retrievability)
            and (p.has_enough_clients or not s.check_number_of_clients)
            and (p.is_spread or not s.check_total_deal_size)
            then 'compliant'
        when
            t.is_above_average or p.has_enough_clients or p.is_spread
            or not (s.check_retrievability and s.check_number_of_clients and s.check_total_deal_size)
            then 'partiallyCompliant'
        else 'nonCompliant'
    end as compliance_score,
    p.rule_version,
    {{ data_as_of("storage_provider_compliance_weekly") }} as data_as_of
from {{ source("compliance", "storage_provider_compliance_weekly") }} p
inner join {{ ref("retrievability_average_weekly") }} a on a.week = p.week
cross join lateral (
    select coalesce(
        p.retrievability::text::numeric > nullif(a.average_retrievability, 0), false
    ) as is_above_average
) t
cross join (
    select r.check_retrievability, c.check_number_of_clients, z.check_total_deal_size
    from (values (true), (false)) r (check_retrievability)
    cross join (values (true), (false)) c (check_number_of_clients)
    cross join (values (true), (false)) z (check_total_deal_size)
) s
