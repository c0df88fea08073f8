with days as (
    select generate_series(min(report_day), max(report_day) + 1, interval '1 day')::date as cutoff_day
    from {{ source("filplus_reports", "allocator_report") }}
)

select
    d.cutoff_day,
    count(s.score_share) as num_of_allocators,
    count(*) filter (where s.standing = 'compliant') as num_of_compliant,
    count(*) filter (where s.standing = 'nonCompliant') as num_of_non_compliant,
    count(*) filter (where s.standing = 'compliant')::numeric / nullif(count(s.score_share), 0)
        as compliant_share,
    count(*) filter (where s.standing = 'nonCompliant')::numeric / nullif(count(s.score_share), 0)
        as non_compliant_share,
    {{ data_as_of("allocator_report") }} as data_as_of
from days d
left join {{ ref("api__allocator_score_shares") }} s
    on s.from_day <= d.cutoff_day and (s.before_day is null or s.before_day > d.cutoff_day)
group by d.cutoff_day
