{{ api_view(ref("allocator_client_stats_daily"), added=["allocator_id as allocator"]) }}
