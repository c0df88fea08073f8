select
    r.client_report_id as id,
    r.create_date,
    r.client,
    r.client_address,
    r.allocators,
    r.avg_secs_to_first_deal,
    r.organization_name,
    r.application_url,
    r.is_public_dataset,
    r.using_client_contract,
    r.client_contract_max_deviation,
    r.storage_provider_ids_declared,
    r.available_datacap,
    r.last_datacap_spent,
    r.last_datacap_received,
    r.low_replica_threshold,
    r.high_replica_threshold,
    r.allocator_required_copies,
    r.allocator_required_sps,
    r.total_requested_amount,
    r.expected_size_of_single_dataset,
    r.total_uniq_data_set_size,
    coalesce((
        select jsonb_agg(
            jsonb_build_object(
                'provider', p.provider,
                'total_deal_size', p.total_deal_size::text,
                'unique_data_size', p.unique_data_size::text,
                'retrievability_success_rate', p.retrievability_success_rate,
                'retrievability_success_rate_http', p.retrievability_success_rate_http,
                'retrievability_success_rate_url_finder', p.retrievability_success_rate_url_finder,
                'consistent_retrievability', p.consistent_retrievability,
                'inconsistent_retrievability', p.inconsistent_retrievability,
                'ttfb', p.ttfb,
                'bandwidth', p.bandwidth,
                'ipni_reporting_status', p.ipni_reporting_status,
                'ipni_reported_claims_count', p.ipni_reported_claims_count::text,
                'claims_count', p.claims_count::text,
                'declared_in_application_file', p.declared_in_application_file,
                'piece_working_url', p.piece_working_url,
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
            )
            order by p.provider
        )
        from api_v1.client_report_storage_provider_distribution p
        left join api_v1.client_report_storage_provider_distribution_location l
            on l.client_report_id = p.client_report_id and l.provider = p.provider
        where p.client_report_id = r.client_report_id
    ), '[]'::jsonb) as storage_provider_distribution,
    coalesce((
        select jsonb_agg(
            jsonb_build_object(
                'num_of_replicas', d.num_of_replicas,
                'total_deal_size', d.total_deal_size::text,
                'unique_data_size', d.unique_data_size::text,
                'percentage', d.percentage
            )
            order by d.num_of_replicas
        )
        from api_v1.client_report_replica_distribution d
        where d.client_report_id = r.client_report_id
    ), '[]'::jsonb) as replica_distribution,
    coalesce((
        select jsonb_agg(
            jsonb_build_object(
                'other_client', d.other_client,
                'total_deal_size', d.total_deal_size::text,
                'unique_cid_count', d.unique_cid_count,
                'other_client_application_url', d.other_client_application_url
            )
            order by d.other_client
        )
        from api_v1.client_report_cid_sharing d
        where d.client_report_id = r.client_report_id
    ), '[]'::jsonb) as cid_sharing,
    coalesce((
        select jsonb_agg(
            jsonb_build_object('check', k.check_code, 'result', k.result, 'metadata', k.metadata)
            order by k.check_code
        )
        from api_v1.client_report_check_result k
        where k.client_report_id = r.client_report_id
    ), '[]'::jsonb) as check_results
from api_v1.client_report r
where (r.client = :client::text or r.client_address = :client::text)
