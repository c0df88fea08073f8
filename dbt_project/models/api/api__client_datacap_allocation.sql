{{ api_view(ref("client_datacap_allocation"), added=["client_id as client", "allocator_id as allocator"]) }}
