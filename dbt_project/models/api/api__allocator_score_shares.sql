with reports as (
    select
        id,
        allocator,
        rule_version,
        -- The first midnight that a report is not after; create_date has milliseconds.
        (create_date + interval '1 day' - interval '1 millisecond')::date as from_day,
        (
            lead(create_date) over (partition by allocator order by create_date, report_number)
            + interval '1 day' - interval '1 millisecond'
        )::date as before_day
    from {{ source("filplus_reports", "allocator_report") }}
)

select
    r.allocator,
    r.id as allocator_report_id,
    r.from_day,
    r.before_day,
    s.score_share,
    case
        when s.score_share >= (v.rules -> 'derived' ->> 'compliant_score_share')::numeric then 'compliant'
        when s.score_share <= (v.rules -> 'derived' ->> 'non_compliant_score_share')::numeric then 'nonCompliant'
        when s.score_share is not null then 'between'
    end as standing,
    r.rule_version,
    {{ data_as_of("allocator_report") }} as data_as_of
from reports r
left join {{ source("filplus_scores", "rule_version") }} v on v.version = r.rule_version
cross join lateral (
    select sum(e.points)::numeric / nullif(sum(e.largest_points), 0) as score_share
    from {{ source("filplus_scores", "allocator_score_explained") }} e
    where e.allocator_report_id = r.id
) s
where
    (r.before_day is null or r.from_day < r.before_day)
    and {{ is_standard_allocator("r.allocator") }}
