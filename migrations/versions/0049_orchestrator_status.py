"""What Dagster's side says of itself, for readers who reach no Dagster (query_layer.md §9).

Runs in flight, the newest evaluation of each check, and how far each chain is ingested: written by
the alert sensor, a few rows a minute.
"""

from alembic import op

from migrations.grants import grant

revision = "0049"
down_revision = "0047"

TABLES = """
create table ops.orchestrator_status (
    is_only boolean primary key default true check (is_only),
    runs_in_flight integer not null,
    runs_queued integer not null,
    oldest_queued_at timestamptz,
    daemon_heartbeat_at timestamptz,
    recorded_at timestamptz not null
);
create table ops.check_states (
    asset_key text not null,
    check_name text not null,
    passed boolean not null,
    severity text not null,
    evaluated_at timestamptz not null,
    primary key (asset_key, check_name)
);
create table ops.chain_progress (
    chain_id text primary key,
    expected_period text not null,
    latest_ingested text,
    lag_periods integer not null,
    last_success timestamptz,
    gaps text[] not null,
    recorded_at timestamptz not null
);
comment on table ops.orchestrator_status is
    'One row: what Dagster had in flight when the alert sensor last looked.';
comment on table ops.check_states is
    'One row per asset check that was evaluated: its newest evaluation.';
comment on table ops.chain_progress is
    'One row per chain with an ended period: how far its periods are ingested without a gap.';
"""
# A period is ingested when each canonical table that the catalogue lists for its chain has it.
FUNCTION = """
create function ops.record_chain_progress(p_at timestamptz) returns void language sql as $$
    insert into ops.chain_progress as known
        (chain_id, expected_period, latest_ingested, lag_periods, last_success, gaps, recorded_at)
    with states as (
        select
            p.chain_id,
            p.period_id,
            p.period_ordinal,
            bool_and(coalesce(s.state = 'MATERIALIZED', false)) as is_complete,
            max(s.materialized_at) as written_at
        from validators.canonical_periods p
        inner join ops.asset_catalog c
            on c.asset_key = any (array[
                'validators/' || replace(p.chain_id, '-', '_') || '/canonical_validator_fees',
                'validators/' || replace(p.chain_id, '-', '_') || '/canonical_validator_mev',
                'validators/' || replace(p.chain_id, '-', '_') || '/canonical_stake_rewards',
                'validators/' || replace(p.chain_id, '-', '_') || '/canonical_validator_meta'
            ])
        left join ops.asset_partition_status s
            on s.asset_key = c.asset_key and s.partition_key = p.period_id
        where p.is_current and not p.is_void and p.status in ('CLOSED', 'FINAL')
        group by p.chain_id, p.period_id, p.period_ordinal
    ),

    bounds as (
        select
            chain_id,
            coalesce(min(period_ordinal) filter (where not is_complete), max(period_ordinal) + 1) as first_open,
            max(period_ordinal) filter (where is_complete) as newest_complete
        from states
        group by chain_id
    )

    select
        s.chain_id,
        (array_agg(s.period_id order by s.period_ordinal desc))[1],
        (array_agg(s.period_id order by s.period_ordinal desc)
            filter (where s.period_ordinal < b.first_open))[1],
        count(*) filter (where s.period_ordinal >= b.first_open)::integer,
        max(s.written_at) filter (where s.is_complete),
        coalesce(
            array_agg(s.period_id order by s.period_ordinal)
                filter (where not s.is_complete and s.period_ordinal < b.newest_complete),
            '{}'
        ),
        p_at
    from states s
    inner join bounds b on b.chain_id = s.chain_id
    group by s.chain_id
    on conflict (chain_id) do update set
        expected_period = excluded.expected_period,
        latest_ingested = excluded.latest_ingested,
        lag_periods = excluded.lag_periods,
        last_success = excluded.last_success,
        gaps = excluded.gaps,
        recorded_at = excluded.recorded_at
$$
"""
NAMES = "ops.orchestrator_status, ops.check_states, ops.chain_progress"


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(FUNCTION)
    op.execute("revoke all on function ops.record_chain_progress from public")
    grant("execute on function ops.record_chain_progress", "cdp_writer")
    grant(f"select, insert, update on {NAMES}", "cdp_writer")
    grant(f"select on {NAMES}", "api_ro", "metrics", "analyst")


def downgrade() -> None:
    op.execute("drop function ops.record_chain_progress")
    op.execute(f"drop table {NAMES}")
