select a.*
from (
{{ allocators/allocator_rows }}
) a
where
    (:showInactive::boolean or a."createdAtHeight" > 3698160)
    and (:isMetaallocator::boolean is null or a."isMetaAllocator" = :isMetaallocator::boolean)
    and (:dataType::text is null or a."dataType" = :dataType::text)
    and (
        :editionId::integer is null
        or (
            :editionId::integer = 5
            and a."addressId" in (select allocator from api_v1.allocator_registry_archive)
        )
        or (
            :editionId::integer = 6
            and a."addressId" in (select allocator from api_v1.allocator_registry)
        )
    )
