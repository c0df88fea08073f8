select
    (
        select a.average_retrievability::float8
        from api_v1.retrievability_average_weekly a
        where
            a.week = date_trunc(
                'week', (:now::timestamptz - interval '7 days') at time zone 'UTC'
            )::date
            and a.average_of = case when :openDataOnly::boolean then 'open_data' else 'all' end
            and coalesce(:editionId::integer, 6) = 6
    ) as "averageUrlFinderSuccessRate",
    jsonb_build_object(
        'total', (
            select t.total
            from (
{{ statistics/hist_providers_retrievability_total }}
            ) t
        ),
        'results', coalesce((
            select jsonb_agg(
                jsonb_build_object(
                    'week', to_char(w.week::timestamp, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
                    'total', w.total,
                    'averageUrlFinderSuccessRate', w."averageUrlFinderSuccessRate",
                    'results', w.results
                )
                order by w.week
            )
            from (
{{ statistics/hist_providers_retrievability_weeks }}
            ) w
        ), '[]'::jsonb)
    ) as histogram,
    0 as place
