{{ api_view(ref("allocator"), added=["id as allocator", "is_multisig", "is_removed", "ethereum_address", "datacap_source", "created_at"]) }}
