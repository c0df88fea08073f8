-- compliance §3.15, names cleaned as in §2.1
select
    "addressId" as id,
    address,
    nullif(trim(nullif(name, 'n/a')), '') as name,
    "isVirtual" as is_virtual,
    "isMetaAllocator" as is_metaallocator,
    "isMultisig" as is_multisig,
    removed as is_removed,
    "addressEth" as ethereum_address,
    "dcSource" as datacap_source,
    timestamp '2020-08-24 22:00:00' + "createdAtHeight" * interval '30 seconds' as created_at
from verifier
