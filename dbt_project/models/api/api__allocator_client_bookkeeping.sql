{{ api_view(source("filplus", "allocator_client_bookkeeping"), renamed=["allocator_id as allocator", "client_id as client"], omitted=["bookkeeping_info"]) }}
