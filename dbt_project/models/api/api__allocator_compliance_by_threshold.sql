with weeks as (
    select * from {{ ref("allocator_sps_compliance_weekly") }}
)

select
    s.week::date as week,
    s.allocator,
    s.average_of,
    s.check_retrievability,
    s.check_number_of_clients,
    s.check_total_deal_size,
    s.total_datacap,
    s.total_sps,
    coalesce(100.0 * s.compliant_sps / nullif(s.total_sps, 0), 0) as compliant_sps_percentage,
    coalesce(100.0 * s.partially_compliant_sps / nullif(s.total_sps, 0), 0)
        as partially_compliant_sps_percentage,
    coalesce(100.0 * s.non_compliant_sps / nullif(s.total_sps, 0), 0) as non_compliant_sps_percentage,
    c.threshold_above,
    c.threshold_to,
    c.compliance_score,
    exists (
        select from {{ source("filplus", "allocator_registry_archive") }} g
        where g.allocator_id = s.allocator and not g.rejected
    ) as is_in_edition_5,
    exists (
        select from {{ source("filplus", "allocator_registry") }} g
        where g.allocator_id = s.allocator and not g.rejected
    ) as is_in_edition_6,
    s.rule_version,
    {{ data_as_of("allocator_sps_compliance_weekly") }} as data_as_of
from weeks s
cross join lateral (
    select
        coalesce(100.0 * s.compliant_sps / nullif(s.total_sps, 0), 0) as compliant_to,
        coalesce(100.0 * (s.compliant_sps + s.partially_compliant_sps) / nullif(s.total_sps, 0), 0)
            as partially_to
) e
cross join lateral (
    values
        ('-infinity'::numeric, e.compliant_to, 'compliant'),
        (e.compliant_to, e.partially_to, 'partiallyCompliant'),
        (e.partially_to, 'infinity'::numeric, 'nonCompliant')
) c (threshold_above, threshold_to, compliance_score)
where c.threshold_above < c.threshold_to
