select
    coalesce(
        :week::timestamptz, date_trunc('week', :now::timestamptz - interval '7 days', 'UTC')
    ) as week,
    jsonb_build_object(
        'urlFinderRetrievability', :urlFinderRetrievability::boolean,
        'numberOfClients', :numberOfClients::boolean,
        'totalDealSize', :totalDealSize::boolean
    ) as "metricsChecked",
    :complianceScore::text as "complianceScore"
