select
    provider,
    total_deal_size,
    to_char(
        trunc(100 * total_deal_size / nullif(sum(total_deal_size) over (), 0), 2), 'FM990.00'
    ) as percent
from api_v1.client_provider_distribution
where client = :client::text
