{{ api_view(source("filplus_compliance", "retrievability_average_weekly")) }}
