select
    r.allocator_report_id::text as id,
    r.create_date,
    r.allocator,
    r.address,
    r.name,
    r.multisig,
    r.clients_number,
    r.avg_secs_to_first_deal,
    r.avg_retrievability_success_rate,
    r.avg_retrievability_success_rate_http,
    r.avg_retrievability_success_rate_url_finder,
    r.data_types,
    r.audit,
    r.required_copies,
    r.required_sps,
    r.all_allocators_score_avg,
    (
        select
            jsonb_build_object(
            'pagination', case
                when :clientPaginationLimit::integer is null then '{}'::jsonb
                else jsonb_build_object(
                    'limit', :clientPaginationLimit::integer,
                    'page', :clientPaginationPage::integer,
                    'pages', ceil(count(*)::numeric / :clientPaginationLimit::integer)::integer,
                    'total', count(*)
                )
            end,
            'count', count(*),
                'data', coalesce(jsonb_agg(s.row order by s.number) filter (
                    where
                        :clientPaginationLimit::integer is null
                        or ceil(s.number::numeric / :clientPaginationLimit::integer)
                        = :clientPaginationPage::integer
                ), '[]'::jsonb)
            )
        from (
            select
                row_number() over (order by c.client_id) as number,
                jsonb_build_object(
                    'client_id', c.client_id,
                    'name', c.name,
                    'allocators', to_jsonb(c.allocators),
                    'allocations_number', c.allocations_number,
                    'total_allocations', c.total_allocations::text,
                    'application_url', c.application_url,
                    'application_timestamp', instant(c.application_timestamp),
                    'using_client_contract', c.using_client_contract,
                    'client_contract_max_deviation', c.client_contract_max_deviation,
                    'expected_size_of_single_dataset', c.expected_size_of_single_dataset::text,
                    'total_uniq_data_set_size', c.total_uniq_data_set_size::text,
                    'last_datacap_spent', instant(c.last_datacap_spent),
                    'last_datacap_received', instant(c.last_datacap_received),
                    'replica_distribution', coalesce((
                        select jsonb_agg(
                            jsonb_build_object(
                                'num_of_replicas', d.num_of_replicas,
                                'total_deal_size', d.total_deal_size::text,
                                'unique_data_size', d.unique_data_size::text,
                                'percentage', d.percentage
                            )
                            order by d.num_of_replicas
                        )
                        from api_v1.allocator_report_client_replica_distribution d
                        where
                            d.allocator_report_id = c.allocator_report_id
                            and d.client_id = c.client_id
                    ), '[]'::jsonb),
                    'cid_sharing', coalesce((
                        select jsonb_agg(
                            jsonb_build_object(
                                'other_client', d.other_client,
                                'total_deal_size', d.total_deal_size::text,
                                'unique_cid_count', d.unique_cid_count,
                                'other_client_application_url', d.other_client_application_url
                            )
                            order by d.other_client
                        )
                        from api_v1.allocator_report_client_cid_sharing d
                        where
                            d.allocator_report_id = c.allocator_report_id
                            and d.client_id = c.client_id
                    ), '[]'::jsonb),
                    'allocations', coalesce((
                        select jsonb_agg(
                            jsonb_build_object(
                                'allocation', d.allocation::text,
                                'timestamp', instant(d."timestamp")
                            )
                            order by d."timestamp", d.allocation_number
                        )
                        from api_v1.allocator_report_client_allocation d
                        where
                            d.allocator_report_id = c.allocator_report_id
                            and d.client_id = c.client_id
                    ), '[]'::jsonb)
                ) as row
            from api_v1.allocator_report_client c
            where c.allocator_report_id = r.allocator_report_id
        ) s
    ) as clients,
    (
        select count(*)::integer
        from api_v1.allocator_report_client c
        where c.allocator_report_id = r.allocator_report_id
    ) as clients_total,
    (
        select
            jsonb_build_object(
            'pagination', case
                when :providerPaginationLimit::integer is null then '{}'::jsonb
                else jsonb_build_object(
                    'limit', :providerPaginationLimit::integer,
                    'page', :providerPaginationPage::integer,
                    'pages', ceil(count(*)::numeric / :providerPaginationLimit::integer)::integer,
                    'total', count(*)
                )
            end,
            'count', count(*),
                'data', coalesce(jsonb_agg(s.row order by s.number) filter (
                    where
                        :providerPaginationLimit::integer is null
                        or ceil(s.number::numeric / :providerPaginationLimit::integer)
                        = :providerPaginationPage::integer
                ), '[]'::jsonb)
            )
        from (
            select
                row_number() over (
                    order by p.perc_of_total_datacap desc, p.provider, p.client_id
                ) as number,
                jsonb_build_object(
                    'provider', p.provider,
                    'total_deal_size', p.total_deal_size::text,
                    'unique_data_size', p.unique_data_size::text,
                    'retrievability_success_rate', p.retrievability_success_rate,
                    'retrievability_success_rate_http', p.retrievability_success_rate_http,
                    'retrievability_success_rate_url_finder',
                    p.retrievability_success_rate_url_finder,
                    'consistent_retrievability', p.consistent_retrievability,
                    'inconsistent_retrievability', p.inconsistent_retrievability,
                    'ttfb', p.ttfb,
                    'bandwidth', p.bandwidth,
                    'ipni_reporting_status', p.ipni_reporting_status,
                    'ipni_reported_claims_count', p.ipni_reported_claims_count::text,
                    'claims_count', p.claims_count::text,
                    'perc_of_total_datacap', p.perc_of_total_datacap,
                    'location', case
                        when l.provider is not null
                            then jsonb_build_object(
                                'ip', l.ip,
                                'city', l.city,
                                'region', l.region,
                                'country', l.country,
                                'loc', l.loc,
                                'org', l.org,
                                'postal', l.postal,
                                'timezone', l.timezone,
                                'hostname', l.hostname
                            )
                    end
                ) as row
            from api_v1.allocator_report_storage_provider_distribution p
            left join api_v1.allocator_report_storage_provider_distribution_location l
                on l.allocator_report_id = p.allocator_report_id and l.provider = p.provider
            where p.allocator_report_id = r.allocator_report_id
        ) s
    ) as storage_provider_distribution,
    (
        select count(*)::integer
        from api_v1.allocator_report_storage_provider_distribution p
        where p.allocator_report_id = r.allocator_report_id
    ) as storage_provider_distribution_total,
    coalesce((
        select jsonb_agg(
            jsonb_build_object(
                'check', k.check_code,
                'check_name', k.check_name,
                'check_description', k.check_description,
                'result', k.result,
                'metadata', k.metadata
            )
            order by k.check_code
        )
        from api_v1.allocator_report_check_result k
        where k.allocator_report_id = r.allocator_report_id
    ), '[]'::jsonb) as check_results,
    coalesce((
        select jsonb_agg(
            jsonb_build_object(
                'metric', k.metric,
                'metric_name', k.metric_name,
                'metric_description', k.metric_description,
                'metric_value', k.metric_value,
                'metric_average', k.metric_average,
                'metric_unit', k.metric_unit,
                'metric_value_min', k.metric_value_min,
                'metric_value_max', k.metric_value_max,
                'score', k.score,
                'metadata', to_jsonb(k.metadata),
                'ranges', coalesce((
                    select jsonb_agg(
                        jsonb_build_object(
                            'metric_value_min', g.metric_value_min,
                            'metric_value_max', g.metric_value_max,
                            'score', g.score
                        )
                        order by g.score, g.metric_value_min
                    )
                    from api_v1.allocator_report_scoring_result_range g
                    where g.scoring_result_id = k.scoring_result_id
                ), '[]'::jsonb)
            )
            order by k.metric
        )
        from api_v1.allocator_report_scoring_result k
        where k.allocator_report_id = r.allocator_report_id
    ), '[]'::jsonb) as scoring_results
from api_v1.allocator_report r
where (r.allocator = :allocator::text or r.address = :allocator::text)
