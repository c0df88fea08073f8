select
    month,
    jsonb_object_agg(outcome, datacap) as datacap,
    jsonb_object_agg(outcome, number) as count
from (
    select
        to_char(month, 'YYYY-MM') as month,
        outcome,
        sum(datacap)::float8 as datacap,
        sum(number)::integer as number
    from (
        select o.month, o.outcome, o.datacap_pib as datacap, o.audits as number, 5 as edition
        from api_v1.edition5_monthly_outcomes o
        union all
        select
            m.month::date,
            coalesce(a.outcome, 'unknown'),
            coalesce(a.datacap, 0),
            1,
            6
        from generate_series(
            timestamp '2025-07-01', (:now::timestamptz at time zone 'UTC'), interval '1 month'
        ) m (month)
        cross join api_v1.allocator_registry g
        left join api_v1.verifier v on v.allocator = g.allocator
        left join lateral (
            select
                e.audit ->> 'outcome' as outcome,
                (e.audit ->> 'datacap_amount_pib')::numeric as datacap
            from jsonb_array_elements(g.audits) with ordinality e (audit, number)
            where (e.audit ->> 'ended')::timestamptz <= m.month at time zone 'UTC'
            order by (e.audit ->> 'ended')::timestamptz desc, e.number desc
            limit 1
        ) a on true
        where v.is_meta_allocator is not true
    ) every
    where :editionId::integer is null or edition = :editionId::integer
    group by month, outcome
) counted
group by month
