select
    c.week,
    count(*)::integer as "totalSps",
    null::float8 as "averageHttpSuccessRate",
    max(c.average_retrievability)::float8 as "averageUrlFinderSuccessRate",
    count(*) filter (where c.compliance_score = 'compliant')::integer as "compliantSps",
    count(*) filter (where c.compliance_score = 'partiallyCompliant')::integer
        as "partiallyCompliantSps",
    count(*) filter (where c.compliance_score = 'nonCompliant')::integer as "nonCompliantSps",
    coalesce(sum(c.total_deal_size) filter (where c.compliance_score = 'compliant'), 0)
        as "compliantSpsTotalDatacap",
    coalesce(sum(c.total_deal_size) filter (where c.compliance_score = 'partiallyCompliant'), 0)
        as "partiallyCompliantSpsTotalDatacap",
    coalesce(sum(c.total_deal_size) filter (where c.compliance_score = 'nonCompliant'), 0)
        as "nonCompliantSpsTotalDatacap"
from api_v1.provider_compliance_by_average c
where
    c.week < date_trunc('week', :now::timestamptz at time zone 'UTC')::date
    and c.average_of = 'open_data' || coalesce('_edition_' || :editionId::integer, '')
    and c.check_retrievability = :urlFinderRetrievability::boolean
    and c.check_number_of_clients = :numberOfClients::boolean
    and c.check_total_deal_size = :totalDealSize::boolean
    and (
        :editionId::integer is null
        or (:editionId::integer = 4 and c.week <= date '2024-03-01')
        or (
            :editionId::integer = 5
            and c.week >= date '2024-03-01' and c.week <= date '2025-07-11'
        )
        or (:editionId::integer = 6 and c.week >= date '2025-07-11')
    )
group by c.week
