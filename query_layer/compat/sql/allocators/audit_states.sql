select
    allocator as "allocatorId",
    max(allocator_name) as "allocatorName",
    jsonb_agg(
        jsonb_build_object(
            'started', instant(started_at),
            'ended', instant(ended_at),
            'dc_allocated', instant(dc_allocated_at),
            'outcome', outcome,
            'datacap_amount', datacap_amount_pib::float8
        )
        order by audit_number
    ) as audits
from api_v1.allocator_audits
where edition = (coalesce(
        :editionId::integer,
        case
            when :now::timestamptz >= '2025-07-11T00:00Z' then 6
            when :now::timestamptz >= '2024-03-01T00:00Z' then 5
            else 4
        end
    ))::text
group by allocator
