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
    r.all_allocators_score_avg
from api_v1.allocator_report r
where r.allocator = :allocator::text or r.address = :allocator::text
