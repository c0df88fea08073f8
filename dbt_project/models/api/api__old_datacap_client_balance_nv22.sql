select
    client,
    old_dc_balance,
    {{ data_as_of("old_datacap_client_balance_nv22") }} as data_as_of
from {{ ref("old_datacap_client_balance_nv22") }}
