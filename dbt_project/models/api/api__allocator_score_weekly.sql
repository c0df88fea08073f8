select
    week::date as week,
    month::date as month,
    allocator,
    metric,
    allocator_report_id,
    create_date at time zone 'UTC' as create_date,
    data_type,
    score,
    largest_score,
    score_percentage,
    score_group,
    rule_version,
    {{ data_as_of("allocator_score_weekly") }} as data_as_of
from {{ source("filplus_compliance", "allocator_score_weekly") }}
