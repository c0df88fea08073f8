select
    {{ actor_id_of_text("nullif(provider_id, '')") }} as provider
from {{ source("raw_dmob", "unique_providers") }}
