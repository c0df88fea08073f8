{{ api_view(source("filplus", "allocator_registry"), renamed=["allocator_id as allocator"]) }}
