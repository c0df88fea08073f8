{{ api_view(source("filplus_compliance", "storage_provider_compliance_weekly"), added=["is_measured"]) }}
