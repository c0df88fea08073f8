{{ api_view(source("filplus_providers", "provider_ipni_reporting")) }}
