select
    week::date as week,
    client,
    old_dc_balance,
    claims,
    {{ data_as_of("old_datacap_client_balance_weekly") }} as data_as_of
from {{ ref("old_datacap_client_balance_weekly") }}
