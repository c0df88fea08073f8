-- compliance §3.15, names cleaned as in §2.1
select
    "addressId" as id,
    address,
    nullif(trim(nullif(name, 'n/a')), '') as name,
    "isVirtual" as is_virtual,
    "isMetaAllocator" as is_metaallocator
from verifier
