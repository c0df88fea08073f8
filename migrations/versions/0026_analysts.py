"""What analysts read: staleness by the pinned clock, and the tables behind more views of api_v1."""

from alembic import op

from migrations.grants import grant, revoke

revision = "0026"
down_revision = "0025"

CLOCK = """
create table ops.clock (
    is_only boolean primary key default true check (is_only),
    as_of timestamptz
);
comment on table ops.clock is
    'One row: the instant that CDP_AS_OF pins, as the last command had it; null: the present. Written by every command that may migrate.';
comment on column ops.clock.as_of is 'Pinned instant, UTC; null: the clock is not pinned.';
insert into ops.clock (as_of) values (null);
create function ops.present_instant() returns timestamptz language sql stable as $$
    select coalesce((select as_of from ops.clock), now())
$$;
comment on function ops.present_instant is
    'The clock as tables are made by: the pinned instant, or the present.';
create or replace view ops.freshness with (security_invoker = true) as
select
    c.asset_key,
    c.asset_group,
    c.cadence,
    v.version,
    v.materialized_at,
    s.data_as_of,
    c.max_age_seconds,
    s.failed_partitions,
    case
        when c.max_age_seconds is null then null
        when s.data_as_of is null then true
        else ops.present_instant() - s.data_as_of > c.max_age_seconds * interval '1 second'
    end as is_stale
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
    'One row per catalogued asset: clock of its newest good rows against its policy, by the clock that tables are made by.';
comment on column ops.freshness.is_stale is
    'The newest good rows are older than max_age_seconds, or there are none; null: no policy. By ops.present_instant().';
"""
WITHOUT_STALENESS = """
drop view ops.freshness;
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
READERS = ("api_ro", "analyst", "metrics")
# Views run with the reader's rights. Applications of clients name people, so their text is left out.
READ_BY_VIEWS = (
    "usage on schema governance",
    "usage on schema validators",
    "usage on schema raw_dmob",
    "select on governance.input_overrides, governance.input_override_withdrawals",
    "select on filplus.allocator_registry, filplus.allocator_registry_archive",
    "select (allocator_id, client_id, client_address, json_path, client_name, "
    "client_contract_address, declared_providers, is_public_dataset, confirms_open_data, "
    "total_requested_amount_bytes, expected_size_of_single_dataset_bytes, blob_sha, absent_since) "
    "on filplus.allocator_client_bookkeeping",
    "select on filplus.edition5_audit_states, filplus.edition5_audit_times, "
    "filplus.edition5_pathways, filplus.edition5_monthly_outcomes",
    "select on validators.chain_registry, validators.canonical_periods, "
    "validators.canonical_validator_identities, validators.canonical_validator_fees, "
    "validators.validator_identity_ranges",
    "select (address_id, is_multisig, removed, address_eth, dc_source, created_at_height) "
    "on raw_dmob.verifier",
)


def upgrade() -> None:
    op.execute(CLOCK)
    grant("select on ops.clock, ops.freshness", *READERS)
    grant("select, insert, update on ops.clock", "cdp_writer")
    for readable in READ_BY_VIEWS:
        grant(readable, *READERS)


def downgrade() -> None:
    # Views that stand on the clock go with it; `cdp migrate` makes those of its release again.
    op.execute("drop view if exists api_v1.overrides_in_force")
    op.execute(WITHOUT_STALENESS)
    grant("select on ops.freshness", *READERS)
    op.execute("drop function ops.present_instant()")
    op.execute("drop table ops.clock")
    op.execute("delete from ops.dbt_project")
    for readable in reversed(READ_BY_VIEWS):
        if not readable.startswith("usage on schema validators"):
            revoke(readable, *READERS)
