select
    period_unit,
    period,
    metric,
    data_type,
    score_group,
    max(metric_name) as metric_name,
    count(*) as num_of_allocators,
    sum(total_datacap) as total_datacap,
    {{ data_as_of("allocator_score_weekly") }} as data_as_of
from {{ ref("api__allocator_score_groups") }}
group by period_unit, period, metric, data_type, score_group
