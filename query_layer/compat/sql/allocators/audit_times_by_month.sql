select
    to_char(ended_at at time zone 'UTC', 'YYYY-MM') as month,
    coalesce(round(avg(audit_seconds)), 0)::float8 as "averageAuditTimeSecs",
    coalesce(round(avg(allocation_seconds)), 0)::float8 as "averageAllocationTimeSecs"
from api_v1.allocator_audits
where
    ended_at is not null
    and (:editionId::integer is null or edition = :editionId::integer::text)
group by to_char(ended_at at time zone 'UTC', 'YYYY-MM')
