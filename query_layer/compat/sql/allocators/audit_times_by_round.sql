with rounds as (
    select
        edition,
        audit_number as round,
        round(avg(audit_seconds))::bigint as audit,
        round(avg(allocation_seconds))::bigint as allocation,
        null::bigint as conversation
    from api_v1.allocator_audits
    where edition = '6'
    group by edition, audit_number
    union all
    select
        '5',
        round,
        max(average_seconds) filter (where series = 'audit'),
        max(average_seconds) filter (where series = 'allocation'),
        max(average_seconds) filter (where series = 'conversation')
    from api_v1.edition5_audit_times
    group by round
)

select
    (coalesce(
        :editionId::integer,
        case
            when :now::timestamptz >= '2025-07-11T00:00Z' then 6
            when :now::timestamptz >= '2024-03-01T00:00Z' then 5
            else 4
        end
    )) as edition,
    coalesce(jsonb_agg(audit order by round) filter (where audit is not null), '[]'::jsonb)
        as "averageAuditTimesSecs",
    jsonb_agg(allocation order by round) filter (where allocation is not null)
        as "averageAllocationTimesSecs",
    jsonb_agg(conversation order by round) filter (where conversation is not null)
        as "averageConversationTimesSecs"
from rounds
where edition = (coalesce(
        :editionId::integer,
        case
            when :now::timestamptz >= '2025-07-11T00:00Z' then 6
            when :now::timestamptz >= '2024-03-01T00:00Z' then 5
            else 4
        end
    ))::text
