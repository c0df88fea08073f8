select
    coalesce(sum(total_ddo_deal_size), 0) as "totalSumOfDdoPieceSize",
    coalesce(sum(total_deal_size - total_ddo_deal_size), 0) as "totalSumOfNonDdoPieceSize"
from api_v1.unified_verified_deal_hourly
where
    client = :clientId::text
    and (
        :filter::text is null
        or :filter::text !~ '^f?[0-9]+$'
        or strpos(provider, :filter::text) > 0
    )
