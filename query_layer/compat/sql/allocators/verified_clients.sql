select
    v.id,
    v.client as "addressId",
    v.address,
    v.name,
    v.org_name as "orgName",
    v.allocator as "verifierAddressId",
    v.used_datacap as "usedDatacap",
    v.remaining_datacap as "remainingDatacap",
    coalesce(c.datacap_used_2_weeks, 0) as "usedDatacapChange"
from api_v1.verified_client v
left join api_v1.client c on c.client = v.client
where v.allocator = :allocatorId::text
