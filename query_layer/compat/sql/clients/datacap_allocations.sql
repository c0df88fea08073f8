select
    id,
    allocator as "allocatorId",
    client as "clientId",
    allocation as "datacapAmount",
    "timestamp"
from api_v1.client_datacap_allocation
where client = :clientId::text
