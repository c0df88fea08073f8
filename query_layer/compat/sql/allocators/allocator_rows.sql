-- One row per allocator of the chain's source with the fields of the live platform's list.
select
    v.allocator as "addressId",
    v.address,
    v.audit_trail as "auditTrail",
    v.retries,
    v.name,
    v.org_name as "orgName",
    v.removed,
    v.initial_allowance as "initialAllowance",
    v.allowance,
    v.inffered,
    v.is_multisig as "isMultisig",
    least(v.created_at_height, 2147483647)::integer as "createdAtHeight",
    extract(epoch from v.issue_created_at)::integer as "issueCreateTimestamp",
    extract(epoch from v.message_created_at)::integer as "createMessageTimestamp",
    v.allowance as "remainingDatacap",
    coalesce(c.clients, 0)::integer as "verifiedClientsCount",
    coalesce(g.received_14_days, 0) as "receivedDatacapChange",
    coalesce(g.received_90_days, 0) as "receivedDatacapChange90Days",
    v.address_eth as "addressEth",
    nullif(v.dc_source, 'f080') as "dcSource",
    v.is_virtual as "isVirtual",
    v.is_meta_allocator as "isMetaAllocator",
    coalesce(g.from_metaallocator, 0) as "receivedDatacapFromMetaallocator",
    coalesce(g.allowances, '[]'::jsonb) as "allowanceArray",
    case
        when v.is_meta_allocator then coalesce(u.users, '[]'::jsonb)
    end as "allocatorsUsingMetaallocator",
    case when v.is_virtual then coalesce(m.metaallocators, '[]'::jsonb) end as "metaallocators",
    g.audit_status as "auditStatus",
    l.height as "latestClientAllocationHeight",
    'https://github.com/filecoin-project/Allocator-Registry/blob/main/' || r.json_path
        as "applicationJsonUrl",
    r.metapathway_type as "metapathwayType",
    btrim(r.audit[1]) as "applicationAudit",
    r.data_type as "dataType"
from api_v1.verifier v
left join (
    select allocator, count(*) as clients
    from api_v1.verified_client
    group by allocator
) c on c.allocator = v.allocator
left join (
    select
        allocator,
        sum(allowance) filter (
            where message_created_at >= :now::timestamptz - interval '14 days'
        ) as received_14_days,
        sum(allowance) filter (
            where message_created_at >= :now::timestamptz - interval '90 days'
        ) as received_90_days,
        sum(allowance) filter (where dc_source <> 'f080') as from_metaallocator,
        coalesce(
            (array_agg(audit_status order by height desc, id desc) filter (
                where audit_status <> 'notAudited'
            ))[1],
            (array_agg(audit_status order by height desc, id desc))[1]
        ) as audit_status,
        jsonb_agg(
            jsonb_build_object(
                'error', error,
                'height', height,
                'msgCID', msg_cid,
                'retries', retries,
                'dcSource', nullif(dc_source, 'f080'),
                'allowance', allowance::text,
                'isVirtual', is_virtual,
                'auditTrail', audit_trail,
                'auditStatus', audit_status,
                'issueCreateTimestamp', extract(epoch from issue_created_at)::integer,
                'createMessageTimestamp', extract(epoch from message_created_at)::integer
            )
            order by height, id
        ) as allowances
    from api_v1.verifier_allowance
    group by allocator
) g on g.allocator = v.allocator
left join (
    select
        lower(dc_source) as source,
        jsonb_agg(
            jsonb_build_object('addressId', allocator, 'address', address, 'dcSource', dc_source)
            order by allocator
        ) as users
    from api_v1.verifier
    where is_virtual
    group by lower(dc_source)
) u on u.source = lower(v.address_eth)
left join (
    select
        lower(address_eth) as source,
        jsonb_agg(
            jsonb_build_object(
                'addressId', allocator, 'addressEth', address_eth, 'address', address
            )
            order by allocator
        ) as metaallocators
    from api_v1.verifier
    where is_meta_allocator
    group by lower(address_eth)
) m on m.source = lower(v.dc_source)
left join (
    select
        allocator,
        floor((extract(epoch from max("timestamp")) - 1598306400) / 30)::integer as height
    from api_v1.client_datacap_allocation
    group by allocator
) l on l.allocator = v.allocator
left join api_v1.allocator_registry r on r.allocator = v.allocator
where
    v.allocator is not null
    and (
        :filter::text is null
        or v.allocator = :filter::text
        or v.address = :filter::text
        or strpos(lower(v.name), lower(:filter::text)) > 0
        or strpos(lower(v.org_name), lower(:filter::text)) > 0
    )
    and (
        :usingMetaallocator::text is null
        or lower(v.dc_source) in (
            select lower(m.address_eth)
            from api_v1.verifier m
            where m.allocator = :usingMetaallocator::text
        )
    )
