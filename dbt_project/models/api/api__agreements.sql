select
    a.agreement_id,
    a.introducer_id,
    i.name as introducer_name,
    a.name,
    a.status,
    v.newest_version,
    v.chain_ids,
    v.in_force,
    a.created_at,
    a.created_by,
    ops.present_instant() as data_as_of
from {{ source("governance", "agreements") }} a
left join {{ source("governance", "introducers") }} i on i.introducer_id = a.introducer_id
left join lateral (
    select
        max(t.version) as newest_version,
        array_agg(distinct t.chain_id order by t.chain_id) as chain_ids,
        range_agg(r.instants) as in_force
    from {{ source("governance", "agreement_versions") }} t
    cross join lateral (
        -- A version that begins after every known period is not in force yet; the end of one whose last period is not
        -- known yet is open.
        select
            case when min(p.start_ts) is not null then tstzrange(
                min(p.start_ts),
                case when max(p.period_ordinal) = t.effective_to_period - 1 then max(p.end_ts) end,
                '[]'
            ) end as instants
        from {{ source("validators", "canonical_periods") }} p
        where
            p.chain_id = t.chain_id
            and p.period_type = t.period_type
            and p.is_current
            and p.period_ordinal >= t.effective_from_period
            and (t.effective_to_period is null or p.period_ordinal < t.effective_to_period)
    ) r
    where t.agreement_id = a.agreement_id
) v on true
