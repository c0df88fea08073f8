-- One row per requested asset that is catalogued; several where each chain has its own
-- (`validators/<chain>/table`). The open alert is the gravest and oldest check that fails.
select
    c.asset_key,
    c.owner,
    c.cadence,
    f.version,
    f.materialized_at,
    f.data_as_of,
    f.max_age_seconds,
    f.failed_partitions,
    p.partitions,
    p.first_partition,
    p.newest_partition,
    a.check_name as failing_check,
    a.severity as failing_severity,
    a.opened_at as failing_since
from ops.asset_catalog c
inner join ops.freshness f on f.asset_key = c.asset_key
cross join lateral (
    select
        count(*) as partitions,
        min(s.partition_key) as first_partition,
        max(s.partition_key) as newest_partition
    from ops.asset_partition_status s
    where s.asset_key = c.asset_key and s.state = 'MATERIALIZED' and s.window_start is not null
) p
left join lateral (
    select o.check_name, o.severity, o.opened_at
    from ops.open_alerts o
    where o.kind = 'check' and o.subject = c.asset_key
    order by o.severity, o.opened_at
    limit 1
) a on true
where
    c.asset_key = any($1::text[])
    or split_part(c.asset_key, '/', 1) || '/' || nullif(split_part(c.asset_key, '/', 3), '') = any($1::text[])
