select distinct on (provider) provider, lat, long, country, region, city
from api_v1.provider_ip_info
order by provider, date desc
