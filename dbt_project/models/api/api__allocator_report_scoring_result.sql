select
    id,
    allocator_report_id,
    create_date at time zone 'UTC' as create_date,
    score,
    metric,
    metric_name,
    metric_description,
    metric_value,
    metric_average,
    metric_unit,
    metric_value_min,
    metric_value_max,
    metadata,
    {{ data_as_of("allocator_report_scoring_result") }} as data_as_of
from {{ source("filplus_scores", "allocator_report_scoring_result") }}
