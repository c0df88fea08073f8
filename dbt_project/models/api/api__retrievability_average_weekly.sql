select
    week::date as week,
    average_of,
    num_of_providers,
    average_retrievability,
    {{ data_as_of("retrievability_average_weekly") }} as data_as_of
from {{ source("filplus_compliance", "retrievability_average_weekly") }}
