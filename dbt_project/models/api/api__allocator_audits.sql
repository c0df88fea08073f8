with audits as (
    select
        '5' as edition,
        allocator_id as allocator,
        allocator_name,
        audit_number,
        started_at,
        ended_at,
        dc_allocated_at,
        outcome,
        datacap_amount_pib
    from {{ source("filplus_edition5", "edition5_audit_states") }}
    union all
    select
        '6',
        s.allocator_id,
        a.name,
        s.audit_number - 1,
        s.started_at,
        s.ended_at,
        s.dc_allocated_at,
        s.outcome,
        s.datacap_amount_pib
    from (
        select
            g.allocator_id,
            (
                row_number() over (partition by g.allocator_id order by (e.audit ->> 'ended')::timestamptz, e.number) - 1
            )::integer as audit_number,
            ((e.audit ->> 'started')::timestamptz at time zone 'UTC')::timestamp(3) as started_at,
            ((e.audit ->> 'ended')::timestamptz at time zone 'UTC')::timestamp(3) as ended_at,
            ((e.audit ->> 'dc_allocated')::timestamptz at time zone 'UTC')::timestamp(3) as dc_allocated_at,
            e.audit ->> 'outcome' as outcome,
            (e.audit ->> 'datacap_amount_pib')::numeric as datacap_amount_pib
        from {{ source("filplus", "allocator_registry") }} g
        cross join lateral jsonb_array_elements(g.audits) with ordinality e (audit, number)
    ) s
    inner join {{ ref("allocator") }} a on a.id = s.allocator_id
    -- The first audit is the application itself.
    where s.audit_number > 0 and not a.is_metaallocator and a.created_at > {{ filplus_start() }}
)

select
    edition,
    allocator,
    allocator_name,
    audit_number,
    started_at at time zone 'UTC' as started_at,
    ended_at at time zone 'UTC' as ended_at,
    dc_allocated_at at time zone 'UTC' as dc_allocated_at,
    outcome,
    datacap_amount_pib,
    round(extract(epoch from ended_at - started_at))::bigint as audit_seconds,
    round(extract(epoch from dc_allocated_at - ended_at))::bigint as allocation_seconds,
    {{ data_as_of("allocator_registry") }} as data_as_of
from audits
