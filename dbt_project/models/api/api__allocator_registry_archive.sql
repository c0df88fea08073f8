{{ api_view(source("filplus", "allocator_registry_archive"), renamed=["allocator_id as allocator"]) }}
