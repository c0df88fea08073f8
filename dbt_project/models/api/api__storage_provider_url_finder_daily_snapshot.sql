{{ api_view(source("filplus_providers", "storage_provider_url_finder_daily_snapshot"), added=["id as snapshot_id"]) }}
