-- compliance §3.3, over §3.1; the smallest client id where the first hour has several (R-7)
select distinct on (provider) provider, client as first_client
from reference.unified_verified_deal_hourly
order by provider, hour, client
