{{ api_view(source("filplus_providers", "storage_provider_url_finder_metric_value")) }}
