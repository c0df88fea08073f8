"""Validator staging and canonical tables: versioned, list-partitioned (validator §4, §5).

Chain tables are one logical table; ``validators.add_chain`` makes the leaf of a chain. Values are
never changed: a trigger lets an UPDATE touch only the columns that close a version.
"""

from alembic import op

from migrations.grants import grant, revoke

revision = "0005"
down_revision = "0004"

STAGING = """
create table ops.ingestion_runs (
    run_id text not null,
    chain_id text not null,
    period_id text not null,
    data_type text not null check (data_type in ('FEES', 'MEV', 'REWARDS', 'META', 'PERIODS')),
    provider_name text not null,
    status text not null check (status in ('PENDING', 'RUNNING', 'SUCCESS', 'PARTIAL', 'FAILED')),
    started_at timestamptz not null,
    completed_at timestamptz,
    error_code text,
    error_message text,
    rows bigint,
    requests integer,
    dagster_run_id text,
    primary key (run_id, chain_id, period_id, data_type, provider_name)
);

create table staging.staging_payloads (
    payload_id uuid not null,
    run_id text not null,
    chain_id text not null,
    period_id text not null,
    validator_key text not null default '',
    provider_name text not null,
    provider_version text,
    data_type text not null,
    request_fingerprint text not null,
    http_status integer,
    fetch_timestamp timestamptz not null,
    last_seen_at timestamptz not null,
    is_complete boolean not null,
    response_hash text not null,
    raw_payload jsonb,
    raw_body bytea not null,
    primary key (data_type, payload_id),
    unique (data_type, chain_id, period_id, validator_key, provider_name, response_hash)
) partition by list (data_type);
create table staging.staging_fees partition of staging.staging_payloads for values in ('FEES');
create table staging.staging_mev partition of staging.staging_payloads for values in ('MEV');
create table staging.staging_rewards partition of staging.staging_payloads for values in ('REWARDS');
create table staging.staging_meta partition of staging.staging_payloads for values in ('META');
create table staging.staging_periods partition of staging.staging_payloads for values in ('PERIODS');
create index on staging.staging_payloads (chain_id, period_id);
comment on table staging.staging_payloads is
    'Every provider answer as received, kept once per content. raw_payload is null when the body is no JSON; is_complete is false for an answer that must not be normalised.';
"""

VERSION_BLOCK = """
    version integer not null check (version > 0),
    is_current boolean not null,
    is_void boolean not null default false,
    recorded_at timestamptz not null,
    superseded_at timestamptz,
    superseded_by integer,
    source_provider text not null,
    source_payload_id uuid,
    normalized_at timestamptz not null,
    config_hash text not null,
    content_hash text not null,
    quality_flags text[] not null default '{}'
"""

CANONICAL = {
    "canonical_periods": (
        "period_id text not null, period_ordinal bigint not null, period_type text not null "
        "check (period_type in ('EPOCH', 'BLOCK_WINDOW', 'SLOT_RANGE')), "
        "start_slot bigint not null, end_slot bigint not null, start_block bigint, end_block bigint, "
        "start_ts timestamptz, end_ts timestamptz, "
        "status text not null check (status in ('OPEN', 'ENDED', 'FINAL', 'CLOSED')), "
        "finalized_at timestamptz",
        "period_id",
    ),
    "canonical_validator_identities": (
        "period_id text not null, validator_key text not null, kind text not null "
        "check (kind in ('vote', 'identity', 'pubkey', 'index', 'fee_recipient', 'withdrawal')), "
        "value text not null",
        "period_id, validator_key, kind, value",
    ),
    "canonical_validator_fees": (
        "period_id text not null, validator_key text not null, "
        "total_fees_native numeric(78, 0) not null, fee_count bigint not null, "
        "base_fees_native numeric(78, 0), priority_fees_native numeric(78, 0), "
        "blocks_produced bigint, leader_slots bigint",
        "period_id, validator_key",
    ),
}

GUARD = """
create function validators.refuse_value_change() returns trigger
language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        raise exception 'rows of %.% are never deleted: write a new version instead',
            tg_table_schema, tg_table_name;
    end if;
    if (to_jsonb(old) - array['is_current', 'superseded_at', 'superseded_by'])
        is distinct from (to_jsonb(new) - array['is_current', 'superseded_at', 'superseded_by'])
    then
        raise exception 'values of %.% never change: write a new version instead',
            tg_table_schema, tg_table_name;
    end if;
    return new;
end
$$;

create table validators.canonical_provenance (
    chain_id text not null,
    table_name text not null,
    period_id text not null,
    payload_id uuid not null,
    normalized_at timestamptz not null,
    primary key (chain_id, table_name, period_id, payload_id)
);
comment on table validators.canonical_provenance is
    'Which payloads a period of a canonical table was normalised from, also when they changed no value.';

create function validators.add_chain(p_chain_id text) returns void
language plpgsql as $$
declare
    parent text;
    leaf text;
begin
    foreach parent in array array[
        'canonical_periods', 'canonical_validator_identities', 'canonical_validator_fees'
    ] loop
        leaf := parent || '__' || replace(p_chain_id, '-', '_');
        if to_regclass('validators.' || quote_ident(leaf)) is null then
            execute format(
                'create table validators.%I partition of validators.%I for values in (%L)',
                leaf, parent, p_chain_id
            );
        end if;
    end loop;
end
$$;
comment on function validators.add_chain is
    'Make the leaves of a chain; does nothing where they exist. Leaves carry no grant of their own.';
"""


def upgrade() -> None:
    op.execute(STAGING)
    op.execute(GUARD)
    for table, (columns, key) in CANONICAL.items():
        op.execute(
            f"create table validators.{table} (chain_id text not null, {columns}, {VERSION_BLOCK}, "
            f"primary key (chain_id, {key}, version)) partition by list (chain_id)"
        )
        op.execute(
            f"create unique index {table}_current on validators.{table} (chain_id, {key}) "
            "where is_current"
        )
        op.execute(
            f"create trigger refuse_value_change before update or delete on validators.{table} "
            "for each row execute function validators.refuse_value_change()"
        )
        revoke(f"update, delete on validators.{table}", "cdp_writer")
        grant(
            f"update (is_current, superseded_at, superseded_by) on validators.{table}", "cdp_writer"
        )


def downgrade() -> None:
    for table in reversed(CANONICAL):
        op.execute(f"drop table validators.{table}")
    op.execute("drop function validators.add_chain")
    op.execute("drop table validators.canonical_provenance")
    op.execute("drop function validators.refuse_value_change")
    op.execute("drop table staging.staging_payloads, ops.ingestion_runs")
