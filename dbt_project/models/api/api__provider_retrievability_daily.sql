{{ api_view(source("filplus_providers", "provider_retrievability_daily")) }}
