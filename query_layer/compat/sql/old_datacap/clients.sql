select
    w.week,
    sum(w.old_dc_balance) as "oldDatacap",
    sum(w.claims) as claims,
    count(*)::integer as clients,
    coalesce(
        jsonb_agg(
            jsonb_build_object(
                'client', w.client,
                'clientName', c.name,
                'oldDatacap', w.old_dc_balance::text,
                'claims', w.claims::text
            )
            order by w.client
        ) filter (where w.old_dc_balance > 0 or w.claims > 0),
        '[]'::jsonb
    ) as drilldown
from api_v1.old_datacap_client_balance_weekly w
left join api_v1.client c on c.client = w.client
where w.week > (select min(f.week) from api_v1.old_datacap_client_balance_weekly f)
group by w.week
