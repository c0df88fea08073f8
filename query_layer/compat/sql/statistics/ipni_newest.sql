select misreporting, not_reporting as "notReporting", ok, total, date as day
from api_v1.ipni_reporting_daily
