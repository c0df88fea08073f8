{{ api_view(source("filplus_providers", "provider_filscan_info")) }}
