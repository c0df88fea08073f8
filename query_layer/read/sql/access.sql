-- One access: written before the first byte of its response.
insert into audit.access_log
    (at, actor_id, org_id, action, resource, correlation_id, role, asset_key, api_key_id, ip_address)
values ($1, $2, nullif($3, '')::uuid, $4, $5, $6, nullif($7, ''), nullif($8, ''), nullif($9, ''), nullif($10, ''))
