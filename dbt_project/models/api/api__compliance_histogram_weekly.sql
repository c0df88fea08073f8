select
    week::date as week,
    subject,
    measure,
    population,
    value_from_exclusive,
    value_to_inclusive,
    num_of_values,
    total_bytes,
    week_total,
    is_running,
    {{ data_as_of("compliance_histogram_weekly") }} as data_as_of
from {{ source("filplus_compliance", "compliance_histogram_weekly") }}
