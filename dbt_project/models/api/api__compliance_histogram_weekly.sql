{{ api_view(source("filplus_compliance", "compliance_histogram_weekly")) }}
