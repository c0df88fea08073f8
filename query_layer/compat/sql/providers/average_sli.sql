select
    (
        select jsonb_object_agg(
            metric_type,
            jsonb_build_object(
                'sliMetricType', metric_type,
                'sliMetricName', name,
                'sliMetricDescription', description,
                'sliMetricUnit', unit
            )
        )
        from (
            select metric_type, name, description, unit
            from api_v1.storage_provider_url_finder_metric
            union all
            select
                'IPNI_REPORTING',
                'IPNI reporting',
                'Share of snapshots whose test succeeded',
                '%'
        ) m
    ) as "sliMetadata",
    (
        select coalesce(jsonb_object_agg(provider, measures), '{}'::jsonb)
        from (
            select
                provider,
                jsonb_agg(
                    jsonb_build_object('sliMetricType', metric_type, 'sliMetricValue', value)
                    order by metric_type
                ) as measures
            from (
                select v.provider, m.metric_type, avg(v.value::numeric)::float8::text as value
                from api_v1.storage_provider_url_finder_metric_value v
                inner join api_v1.storage_provider_url_finder_metric m
                    on m.metric_id = v.metric_id
                where
                    v.provider = any(:storageProvidersIds::text[])
                    and v.tested_at >= :now::timestamptz - interval '30 days'
                group by v.provider, m.metric_type
                union all
                select
                    s.provider,
                    'IPNI_REPORTING',
                    avg((s.result_code = 'SUCCESS')::integer)::float8::text
                from api_v1.storage_provider_url_finder_daily_snapshot s
                where
                    s.provider = any(:storageProvidersIds::text[])
                    and s.snapshot_date > (:now::timestamptz at time zone 'UTC')::date - 30
                group by s.provider
            ) means
            group by provider
        ) providers
    ) as data,
    0 as place
