"""Whether stored agreements are what the audit log recorded when they were made (validator §12).

A version never changes but by an earlier end, which has an entry of its own. Scope: comparing; not
here: whether the log itself is unbroken (``cdp verify-audit``).
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg

_VERSIONS = """
with made as (
    select
        resource_id as agreement_id,
        (after ->> 'version')::integer as version,
        seq,
        after
    from audit.log
    where resource_type = 'agreement'
        and action in ('CREATE_AGREEMENT', 'CREATE_AGREEMENT_VERSION')
),

stops as (
    select
        l.resource_id as agreement_id,
        e.version::integer as version,
        min(
            case l.action
                when 'CREATE_AGREEMENT_VERSION' then l.after ->> 'effective_from_period'
                else l.after -> 'effective_to_period' ->> (m.after ->> 'chain_id')
            end::bigint
        ) as ends_at
    from audit.log l
    cross join lateral jsonb_array_elements_text(l.after -> 'ended_versions') e (version)
    inner join made m on m.agreement_id = l.resource_id and m.version = e.version::integer
    where l.resource_type = 'agreement' and l.after ? 'ended_versions'
    group by l.resource_id, e.version
),

recorded as (
    select
        m.agreement_id,
        m.version,
        m.seq,
        jsonb_build_object(
            'chain_id', m.after -> 'chain_id',
            'period_type', m.after -> 'period_type',
            'effective_from_period', m.after -> 'effective_from_period',
            'effective_to_period',
                least((m.after ->> 'effective_to_period')::bigint, s.ends_at),
            'rules', m.after -> 'rules',
            'floors', m.after -> 'floors',
            'caps', m.after -> 'caps'
        ) as fields
    from made m
    left join stops s using (agreement_id, version)
),

stored as (
    select
        agreement_id,
        version,
        jsonb_build_object(
            'chain_id', chain_id,
            'period_type', period_type,
            'effective_from_period', effective_from_period,
            'effective_to_period', effective_to_period,
            'rules', rules,
            'floors', floors,
            'caps', caps
        ) as fields
    from governance.agreement_versions
)

select
    format('%s version %s: ', agreement_id, version)
    || case
        when r.fields is null then 'no entry of the audit log has it'
        when s.fields is null then format('entry %s of the audit log has it, it is gone', r.seq)
        else format('%s differ from entry %s of the audit log and its ends', d.names, r.seq)
    end
from stored s
full join recorded r using (agreement_id, version)
left join lateral (
    select string_agg(f.key, ', ' order by f.key) as names
    from jsonb_each(s.fields) f
    where f.value is distinct from r.fields -> f.key
) d on true
where r.fields is null or s.fields is null or d.names is not null
order by agreement_id, version
"""
_PARTNERS = """
with recorded as (
    select
        resource_id as agreement_id,
        (array_agg((after ->> 'introducer_id')::uuid order by seq)
            filter (where action = 'CREATE_AGREEMENT'))[1] as introducer_id,
        (array_agg(after ->> 'status' order by seq desc))[1] as status
    from audit.log
    where resource_type = 'agreement' and after ? 'status'
    group by resource_id
)

select
    agreement_id || ': '
    || case
        when r.status is null then 'no entry of the audit log has it'
        when a.status is null then 'the audit log has it, it is gone'
        else format('is %s of %s, the audit log has %s of %s', a.status, a.introducer_id,
            r.status, r.introducer_id)
    end
from governance.agreements a
full join recorded r using (agreement_id)
where (a.introducer_id, a.status) is distinct from (r.introducer_id, r.status)
order by agreement_id
"""


def versions_unlike_audit(connection: psycopg.Connection) -> Iterator[str]:
    """Yield each version whose terms or range differ from its entries, with what differs."""
    yield from (row[0] for row in connection.execute(_VERSIONS.encode()))


def agreements_unlike_audit(connection: psycopg.Connection) -> Iterator[str]:
    """Yield each agreement whose partner or status differs from its entries."""
    yield from (row[0] for row in connection.execute(_PARTNERS.encode()))
