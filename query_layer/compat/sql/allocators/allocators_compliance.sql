select a.*, c.compliance_score as "complianceScore"
from (
{{ allocators/allocator_rows }}
) a
inner join api_v1.allocator_compliance_by_threshold c on c.allocator = a."addressId"
where
    c.week = (
        coalesce(
        :week::timestamptz, date_trunc('week', :now::timestamptz - interval '7 days', 'UTC')
    ) at time zone 'UTC'
    )::date
    and c.average_of = 'open_data'
    and c.check_retrievability = :urlFinderRetrievability::boolean
    and c.check_number_of_clients = :numberOfClients::boolean
    and c.check_total_deal_size = :totalDealSize::boolean
    and c.threshold_above < :complianceThresholdPercentage::numeric
    and :complianceThresholdPercentage::numeric <= c.threshold_to
    and (:complianceScore::text is null or c.compliance_score = :complianceScore::text)
