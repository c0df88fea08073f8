select
from api_v1.verifier
where allocator = :allocatorId::text
