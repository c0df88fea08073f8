select
    v.allocator as "allocatorId",
    v.name as "allocatorName",
    coalesce(g.datacap, 0) as datacap,
    r.metapathway_type as "metapathwayType",
    btrim(r.audit[1]) as "applicationAudit",
    p.pathway,
    p.type_of_allocator as "typeOfAllocator"
from api_v1.verifier v
left join lateral (
    select sum(w.allowance) as datacap
    from api_v1.verifier_allowance w
    where
        w.allocator = v.allocator
        and w.message_created_at <= coalesce(:cutoffDate::timestamptz, :now::timestamptz)
) g on true
left join api_v1.allocator_registry r on r.allocator = v.allocator
left join api_v1.edition5_pathways p on p.allocator = v.allocator
where
    v.allocator is not null
    and v.created_at_height > 3698160
    and case
        when coalesce(:cutoffDate::timestamptz, :now::timestamptz) >= '2025-07-11T00:00Z'
            then r.metapathway_type is not null and r.audit[1] is not null
        else p.allocator is not null
    end
