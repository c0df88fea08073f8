select
    allocator_report_id,
    component,
    state,
    points,
    largest_points
from {{ source("filplus_scores", "allocator_score_explained") }}
