select
    date::date as date,
    ok,
    not_reporting,
    misreporting,
    total,
    {{ data_as_of("ipni_reporting_daily") }} as data_as_of
from {{ source("filplus_providers", "ipni_reporting_daily") }}
