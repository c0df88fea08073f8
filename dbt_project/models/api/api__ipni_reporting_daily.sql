{{ api_view(source("filplus_providers", "ipni_reporting_daily")) }}
