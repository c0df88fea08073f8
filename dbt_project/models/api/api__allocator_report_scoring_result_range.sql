select
    id,
    scoring_result_id,
    metric_value_min,
    metric_value_max,
    score,
    {{ data_as_of("allocator_report_scoring_result_range") }} as data_as_of
from {{ source("filplus_scores", "allocator_report_scoring_result_range") }}
