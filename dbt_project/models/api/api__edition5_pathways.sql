{{ api_view(source("filplus_edition5", "edition5_pathways"), renamed=["allocator_id as allocator"]) }}
