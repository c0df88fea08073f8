-- One row per job of the live platform: when the tables that it stands for were last built. Its age may
-- be that of the freshness policy, else of the cadence, of the strictest of them.
with jobs (name, asset_key) as (
    select
        'AggregationTasksService',
        c.asset_key
    from ops.asset_catalog c
    where c.asset_group in ('filplus_hourly', 'filplus_weekly')
    union all
    values
    ('ClientReportGeneratorJobService', 'filplus/client_report'),
    ('AllocatorReportGeneratorJobService', 'filplus/allocator_report'),
    ('IpniAdvertisementFetcherJobService', 'filplus/ipni_publisher_advertisement'),
    ('GitHubTriggersHandlerService', 'filplus/allocator_client_bookkeeping'),
    ('GitHubAllocatorRegistryService', 'filplus/allocator_registry')
),

limits as (
    select
        j.name,
        min(
            coalesce(
                c.max_age_seconds,
                case c.cadence when 'hourly' then 3600 when 'daily' then 86400 when 'weekly' then 604800 end
            )
        ) as max_age_seconds
    from jobs j
    inner join ops.asset_catalog c on c.asset_key = j.asset_key
    group by j.name
),

newest as (
    select distinct on (j.name) j.name, r.run_id, r.rows_written
    from jobs j
    inner join ops.runs r on r.asset_key = j.asset_key
    order by j.name, r.started_at desc
)

select
    l.name,
    l.max_age_seconds,
    max(r.started_at) as last_run,
    max(r.finished_at) filter (where r.outcome = 'SUCCESS') as last_success,
    max(n.rows_written) as last_run_rows,
    (
        select count(*) from ops.failed_entities f
        inner join jobs j on j.asset_key = f.asset_key
        where j.name = l.name
    ) as failed_entities,
    (array_agg(r.outcome order by r.started_at desc) filter (where r.outcome is not null))[1] as last_outcome
from limits l
inner join jobs j on j.name = l.name
left join ops.runs r on r.asset_key = j.asset_key
left join newest n on n.name = l.name
group by l.name, l.max_age_seconds
order by l.name
