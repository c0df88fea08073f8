select date, ok, not_reporting, misreporting, total
from {{ source("filplus_providers", "ipni_reporting_daily") }}
