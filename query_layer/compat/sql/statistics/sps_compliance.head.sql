select
    jsonb_build_object(
        'urlFinderRetrievability', :urlFinderRetrievability::boolean,
        'numberOfClients', :numberOfClients::boolean,
        'totalDealSize', :totalDealSize::boolean
    ) as "metricsChecked",
    (
        select a.average_retrievability::float8
        from api_v1.retrievability_average_weekly a
        where
            a.week = date_trunc(
                'week', (:now::timestamptz - interval '7 days') at time zone 'UTC'
            )::date
            and a.average_of = 'open_data' || coalesce('_edition_' || :editionId::integer, '')
            and coalesce(:editionId::integer, 6) = 6
    ) as "averageUrlFinderSuccessRate"
