"""The ops contract: what those who write tell those who read (query_layer §8, issue A item 7)."""

from alembic import op

from migrations.grants import grant, revoke

revision = "0002"
down_revision = "0001"

TABLES = """
create table ops.asset_version (
    asset_key text primary key,
    version bigint not null check (version > 0),
    materialized_at timestamptz not null,
    run_id text
);
comment on table ops.asset_version is
    'One row per written asset. version grows by one in every transaction that changes the asset''s rows; it is the data version of answers and caches.';

create table ops.asset_partition_status (
    asset_key text not null,
    partition_key text not null,
    window_start timestamptz,
    window_end timestamptz,
    state text not null check (state in ('MATERIALIZED', 'CHECK_FAILED', 'FAILED', 'NOT_OBSERVED')),
    is_final boolean not null,
    row_count bigint,
    version bigint,
    input_versions jsonb not null default '{}',
    as_of timestamptz,
    code_version text,
    run_id text,
    materialized_at timestamptz,
    last_failed_at timestamptz,
    error_code text,
    error_message text,
    primary key (asset_key, partition_key),
    check (window_start < window_end)
);
create index on ops.asset_partition_status (asset_key, window_start desc nulls last);
create index on ops.asset_partition_status (asset_key) where error_code is not null;
comment on table ops.asset_partition_status is
    'One row per asset and partition ('''' for an unpartitioned asset). The state is that of the rows being served: a failed attempt on a good partition keeps MATERIALIZED and sets last_failed_at and error_*.';
comment on column ops.asset_partition_status.window_start is 'UTC, inclusive; null for partitions that are not time windows.';
comment on column ops.asset_partition_status.window_end is 'UTC, exclusive; null for partitions that are not time windows.';
comment on column ops.asset_partition_status.is_final is 'The window had ended at as_of; rows change only if a source row of the window changes.';
comment on column ops.asset_partition_status.row_count is 'Rows of the partition; null when nothing was ever written.';
comment on column ops.asset_partition_status.version is 'ops.asset_version of the write; null when nothing was ever written.';
comment on column ops.asset_partition_status.input_versions is 'Versions of the upstream assets as they stood before the rows were read, by asset key.';
comment on column ops.asset_partition_status.as_of is 'The clock of the run that wrote the rows (CDP_AS_OF or the present).';

create table ops.runs (
    run_id text not null,
    asset_key text not null,
    window_start timestamptz,
    window_end timestamptz,
    partitions integer not null default 1,
    started_at timestamptz not null,
    finished_at timestamptz,
    read_seconds numeric(12, 3),
    write_seconds numeric(12, 3),
    rows_written bigint,
    rows_deleted bigint,
    attempts integer not null default 1,
    outcome text not null check (outcome in ('RUNNING', 'SUCCESS', 'CHECK_FAILED', 'FAILED', 'ABANDONED')),
    launched_by text not null,
    error_code text,
    error_message text,
    primary key (run_id, asset_key)
);
create index on ops.runs (asset_key, started_at desc);
create index on ops.runs (started_at desc);
comment on table ops.runs is
    'One row per run and asset. RUNNING with a dead process becomes ABANDONED when the next run of the asset starts. Partition keys that are not time windows leave the window null.';

create table ops.source_health (
    source text primary key,
    ok boolean not null,
    latency_seconds numeric(12, 3),
    checked_at timestamptz not null,
    last_success_at timestamptz,
    consecutive_failures integer not null default 0,
    breaker text not null default 'closed' check (breaker in ('closed', 'open', 'half_open')),
    quota_left bigint,
    quota_resets_at timestamptz,
    error_message text
);
comment on table ops.source_health is
    'One row per outside source, written by those who call it. quota_* are null for a source without a quota.';

create table ops.touched_hours (
    asset_key text not null,
    hour timestamptz not null,
    version bigint not null,
    primary key (asset_key, hour)
);
comment on table ops.touched_hours is
    'Hours (UTC, start) whose landed rows changed, with the landing''s version of the last change.';

create table ops.landing_progress (
    asset_key text primary key,
    max_id bigint,
    sweep_next_block bigint not null default 0,
    sweep_cycle_started_at timestamptz,
    sweep_cycle_finished_at timestamptz,
    synced_at timestamptz not null
);
comment on table ops.landing_progress is
    'One row per landed relation: highest source id seen, and where the rotating comparison of id blocks goes on.';

create table ops.landing_blocks (
    asset_key text not null,
    block bigint not null,
    row_count bigint not null,
    unplaceable_count bigint not null,
    sample_ids bigint[] not null,
    primary key (asset_key, block)
);
comment on table ops.landing_blocks is
    'Counts per block of 65,536 source ids, taken anew from the landed rows whenever one of the block changes, so that totals never need a scan of the whole landing.';

create table ops.asset_catalog (
    asset_key text primary key,
    description text not null,
    owner text not null,
    asset_group text not null,
    layer text not null,
    cadence text not null,
    max_age_seconds bigint,
    code_version text
);
comment on table ops.asset_catalog is
    'What the definitions say about each asset, written by cdp migrate. max_age_seconds null: no freshness policy.';

create table ops.column_lineage (
    asset_key text not null,
    column_name text not null,
    upstream_key text not null,
    upstream_column text not null,
    primary key (asset_key, column_name, upstream_key, upstream_column)
);
comment on table ops.column_lineage is
    'One row per column of a dbt model and upstream column that it is made of, read from the compiled SQL by cdp migrate.';

create table ops.dbt_project (
    is_only boolean primary key default true check (is_only),
    fingerprint text not null
);
comment on table ops.dbt_project is
    'One row: hash of the dbt project that the tables, views and comments were made of.';

create view ops.freshness with (security_invoker = true) as
select
    c.asset_key,
    c.asset_group,
    c.cadence,
    v.version,
    v.materialized_at,
    s.data_as_of,
    c.max_age_seconds,
    s.failed_partitions
from ops.asset_catalog c
left join ops.asset_version v using (asset_key)
left join lateral (
    select
        (
            select p.as_of
            from ops.asset_partition_status p
            where p.asset_key = c.asset_key and p.state = 'MATERIALIZED'
            order by p.window_start desc nulls last, p.as_of desc
            limit 1
        ) as data_as_of,
        (
            select count(*)
            from ops.asset_partition_status p
            where p.asset_key = c.asset_key and p.error_code is not null
        ) as failed_partitions
) s on true;
comment on view ops.freshness is
    'One row per catalogued asset: clock of its newest good rows against its policy. The reader compares data_as_of with its own clock.';
"""

FUNCTIONS = """
create function ops.bump_version(p_asset_key text, p_run_id text) returns bigint
language sql as $$
    insert into ops.asset_version as v (asset_key, version, materialized_at, run_id)
    values (p_asset_key, 1, clock_timestamp(), p_run_id)
    on conflict (asset_key) do update
        set version = v.version + 1, materialized_at = clock_timestamp(), run_id = p_run_id
    returning version
$$;
comment on function ops.bump_version is
    'Raise the version of an asset by one, in the transaction that writes its rows; the row lock puts commits of one asset in the order of their versions.';
"""

READ_BY_SERVICES = (
    "asset_version, ops.asset_partition_status, ops.runs, ops.source_health, ops.asset_catalog, "
    "ops.freshness, ops.schema_version"
)
READ_BY_ANALYSTS = "freshness, ops.asset_catalog, ops.asset_partition_status, ops.asset_version"


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(FUNCTIONS)
    grant(f"select on ops.{READ_BY_SERVICES}", "api_ro", "metrics")
    grant(f"select on ops.{READ_BY_ANALYSTS}", "analyst")


def downgrade() -> None:
    op.execute("drop function ops.bump_version")
    op.execute("drop view ops.freshness")
    op.execute(
        "drop table ops.column_lineage, ops.dbt_project, ops.asset_catalog, ops.landing_blocks, ops.landing_progress, ops.touched_hours, "
        "ops.source_health, ops.runs, ops.asset_partition_status, ops.asset_version"
    )
    revoke("select on ops.schema_version", "api_ro", "metrics")
