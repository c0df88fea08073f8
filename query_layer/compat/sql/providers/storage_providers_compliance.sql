select a.*, c.compliance_score as "complianceScore"
from (
{{ providers/provider_rows }}
) a
inner join api_v1.provider_compliance_by_average c on c.provider = a.provider
where
    c.week = (
        coalesce(
        :week::timestamptz, date_trunc('week', :now::timestamptz - interval '7 days', 'UTC')
    ) at time zone 'UTC'
    )::date
    and c.average_of = 'all'
    and c.check_retrievability = :urlFinderRetrievability::boolean
    and c.check_number_of_clients = :numberOfClients::boolean
    and c.check_total_deal_size = :totalDealSize::boolean
    and (:complianceScore::text is null or c.compliance_score = :complianceScore::text)
