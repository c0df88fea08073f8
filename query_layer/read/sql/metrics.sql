-- One row per sample: name of the metric, values of its labels in order, value. Ages are of the wall
-- clock ($1), because runs are; $2 is the environment. A value that is not known has no row.
with newest as (
    select distinct on (r.asset_key)
        r.asset_key,
        r.run_id,
        r.started_at,
        r.finished_at,
        r.read_seconds,
        r.write_seconds,
        r.rows_written
    from ops.runs r
    where r.outcome = 'SUCCESS' and r.finished_at is not null
    order by r.asset_key, r.finished_at desc
),

aggregated as (
    select n.*, split_part(n.asset_key, '/', 2) as runner
    from newest n
    inner join ops.asset_catalog c on c.asset_key = n.asset_key
    where c.asset_group in ('filplus_hourly', 'filplus_weekly', 'filplus_entities', 'filplus_daily')
),

reports as (
    select
        kind.name,
        (select n.rows_written from newest n where n.asset_key = 'filplus/' || kind.name || '_report') as good,
        (
            select count(*) from ops.failed_entities f
            where f.asset_key = 'filplus/' || kind.name || '_report'
        ) as failed
    from (values ('allocator'), ('client')) as kind (name)
),

samples (name, labels, value) as (
    select 'asset_partition_age_seconds', array[s.asset_key], extract(epoch from $1::timestamptz - max(s.materialized_at))
    from ops.asset_partition_status s
    where s.state = 'MATERIALIZED'
    group by s.asset_key
    union all
    select 'asset_check_is_passing', array[c.asset_key, c.check_name, c.severity], c.passed::int
    from ops.check_states c
    union all
    select 'asset_open_alerts', array[a.kind, a.severity], count(*)
    from ops.open_alerts a
    group by a.kind, a.severity
    union all
    select v.name, array[]::text[], v.value
    from ops.orchestrator_status o
    cross join lateral (
        values
        ('orchestrator_runs_in_flight', o.runs_in_flight::numeric),
        ('orchestrator_runs_queued', o.runs_queued),
        (
            'orchestrator_oldest_queued_seconds',
            coalesce(extract(epoch from $1::timestamptz - o.oldest_queued_at), 0)
        ),
        (
            'orchestrator_daemon_heartbeat_age_seconds',
            extract(epoch from $1::timestamptz - o.daemon_heartbeat_at)
        )
    ) as v (name, value)
    union all
    select 'ingestion_lag_periods', array[p.chain_id], p.lag_periods
    from ops.chain_progress p
    union all
    select
        'provider_circuit_state',
        array[h.source],
        case h.breaker when 'closed' then 0 when 'half_open' then 1 when 'open' then 2 end
    from ops.source_health h
    union all
    select 'cdp_aggregation_summary_time', array[$2::text], extract(epoch from max(r.finished_at) - min(r.started_at))
    from ops.runs r
    where r.run_id = (select a.run_id from aggregated a order by a.finished_at desc limit 1)
    union all
    select v.name, array[$2::text, a.runner], v.value
    from aggregated a
    cross join lateral (
        values
        ('cdp_aggregation_single_transaction_time', extract(epoch from a.finished_at - a.started_at)),
        ('cdp_aggregation_single_transaction_get_data_time', a.read_seconds::numeric),
        ('cdp_aggregation_single_transaction_store_data_time', a.write_seconds::numeric)
    ) as v (name, value)
    union all
    select 'cdp_success_' || r.name || '_reports_count', array[$2::text], r.good
    from reports r
    union all
    select 'cdp_fail_' || r.name || '_reports_count', array[$2::text], r.failed
    from reports r
)

select name, labels, value::double precision as value
from samples
where value is not null
