-- compliance §3.2, over §3.1
select hour, client, sum(total_deal_size)::bigint as total_deal_size
from reference.unified_verified_deal_hourly
group by hour, client
