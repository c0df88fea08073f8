"""Validator staging and canonical tables: versioned, list-partitioned (validator §4, §5).

Chain tables are one logical table; ``validators.add_chain`` makes the leaf of a chain. Values are
never changed: a trigger lets an UPDATE do nothing but close a current version, once. A void version
(tombstone) has no values. ``<table>_as_of(instant)`` gives the rows that were current then.
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
    last_seen_at timestamptz not null check (last_seen_at >= fetch_timestamp),
    role text not null check (role in ('answer', 'part', 'manifest')),
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
    'Every provider answer as received, kept once per content. A fetch of many answers (role part) is whole once its manifest, the list of their hashes, is there; an answer stands alone.';
comment on column staging.staging_payloads.validator_key is 'Empty for an answer about many validators.';
comment on column staging.staging_payloads.fetch_timestamp is 'Clock when this content was first received, UTC.';
comment on column staging.staging_payloads.last_seen_at is 'Clock when this content was last received, UTC; decides which content is the newest.';
comment on column staging.staging_payloads.is_complete is 'False for an answer that broke off, is malformed or reports an error: evidence that is never normalised.';
comment on column staging.staging_payloads.response_hash is 'SHA-256 of the canonical JSON, of the bytes where they are no JSON.';
comment on column staging.staging_payloads.raw_payload is 'The body for queries; null where it is no JSON that Postgres can hold. Numbers are to be read from raw_body.';
comment on column staging.staging_payloads.raw_body is 'The body as received, after content-decoding.';
comment on table ops.ingestion_runs is
    'One row per fetch of one data type of a period from one provider. PARTIAL: some answers were stored, then it failed; nothing was normalised.';

create function staging.jsonb_or_null(p_text text) returns jsonb
language plpgsql immutable as $$
begin
    return p_text::jsonb;
exception
    when data_exception or program_limit_exceeded then
        return null;
end
$$;
comment on function staging.jsonb_or_null is
    'The text as jsonb, null where Postgres cannot hold it (no JSON, a zero character, a number beyond numeric).';
"""

VERSION_BLOCK = """
    version integer not null check (version > 0),
    is_current boolean not null,
    is_void boolean not null default false,
    recorded_at timestamptz not null,
    superseded_at timestamptz check (superseded_at >= recorded_at),
    superseded_by integer check (superseded_by = version + 1),
    source_provider text not null,
    source_payload_id uuid,
    normalized_at timestamptz not null,
    config_hash text not null,
    content_hash text not null,
    quality_flags text[] not null default '{}',
    check (is_current = (superseded_at is null)),
    check ((superseded_at is null) = (superseded_by is null))
"""

CANONICAL = {
    "canonical_periods": (
        "period_id text not null, period_ordinal bigint, period_type text "
        "check (period_type in ('EPOCH', 'BLOCK_WINDOW', 'SLOT_RANGE')), "
        "start_slot bigint, end_slot bigint, start_block bigint, end_block bigint, "
        "start_ts timestamptz, end_ts timestamptz, "
        "status text check (status in ('OPEN', 'ENDED', 'FINAL', 'CLOSED')), "
        "finalized_at timestamptz, check (start_slot <= end_slot), check (start_ts <= end_ts)",
        "period_id",
        ("period_ordinal", "period_type", "start_slot", "end_slot", "status"),
    ),
    "canonical_validator_identities": (
        "period_id text not null, validator_key text not null, kind text not null "
        "check (kind in ('vote', 'identity', 'pubkey', 'index', 'fee_recipient', 'withdrawal')), "
        "value text not null",
        "period_id, validator_key, kind, value",
        (),
    ),
    "canonical_validator_fees": (
        "period_id text not null, validator_key text not null, "
        "total_fees_native numeric(78, 0) check (total_fees_native >= 0), "
        "fee_count bigint check (fee_count >= 0), "
        "base_fees_native numeric(78, 0) check (base_fees_native >= 0), "
        "priority_fees_native numeric(78, 0) check (priority_fees_native >= 0), "
        "blocks_produced bigint check (blocks_produced >= 0), "
        "leader_slots bigint check (leader_slots >= blocks_produced)",
        "period_id, validator_key",
        ("total_fees_native", "fee_count"),
    ),
}

COMMENTS = """
comment on table validators.canonical_periods is
    'One row per chain, period and version: slots (inclusive) and status. Times are those of the first and last produced block; null while OPEN, or where the node kept no history.';
comment on table validators.canonical_validator_identities is
    'One row per chain, period, validator, kind and value: by which keys a validator was known in that period. On Solana a validator is its vote account. No row: not observed in that period.';
comment on table validators.canonical_validator_fees is
    'One row per chain, period, validator and version: fee income of a validator that had leader slots, in the chain''s smallest unit, after burn. No row: no leader slots, or the period was not observed.';
comment on column validators.canonical_validator_fees.total_fees_native is 'Sum of the leader''s rewards of type Fee, over all identities of the validator in the period.';
comment on column validators.canonical_validator_fees.fee_count is 'Blocks that carry a Fee reward.';
comment on column validators.canonical_validator_fees.base_fees_native is 'Null: the source does not tell base and priority fees apart.';
comment on column validators.canonical_validator_fees.priority_fees_native is 'Null: the source does not tell base and priority fees apart.';
create view validators.validator_identity_ranges with (security_invoker = true) as
with numbered as (
    select
        i.chain_id, i.validator_key, i.kind, i.value, p.period_ordinal,
        p.period_ordinal - row_number() over (
            partition by i.chain_id, i.validator_key, i.kind, i.value order by p.period_ordinal
        ) as island
    from validators.canonical_validator_identities i
    join validators.canonical_periods p
        on p.chain_id = i.chain_id and p.period_id = i.period_id and p.is_current and not p.is_void
    where i.is_current and not i.is_void
)
select
    chain_id, validator_key, kind, value,
    min(period_ordinal) as from_period, max(period_ordinal) as to_period
from numbered
group by chain_id, validator_key, kind, value, island;
comment on view validators.validator_identity_ranges is
    'One row per unbroken run of observed periods in which a validator was known by a key; both ordinals inclusive.';
"""

REGISTRY = """
create table validators.chain_registry (
    chain_id text primary key,
    chain_name text not null,
    protocol text not null,
    native_symbol text not null,
    native_decimals integer not null check (native_decimals between 0 and 36),
    main_period_type text not null,
    first_period bigint not null,
    config_hash text not null
);
create table validators.chain_configs (
    config_hash text primary key,
    chain_id text not null,
    config jsonb not null,
    first_loaded_at timestamptz not null
);
comment on table validators.chain_registry is 'One row per chain as chains.yaml has it now.';
comment on table validators.chain_configs is
    'One row per configuration that a chain ever had: what the config_hash of a computed row stands for.';
"""

GUARD = """
create function validators.refuse_value_change() returns trigger
language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        raise exception 'rows of %.% are never deleted: write a new version instead',
            tg_table_schema, tg_table_name;
    end if;
    if not old.is_current or new.is_current then
        raise exception 'a version of %.% is closed once and stays closed',
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

create function validators.refuse_truncate() returns trigger
language plpgsql as $$
begin
    raise exception 'rows of %.% are never deleted: write a new version instead',
        tg_table_schema, tg_table_name;
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
            execute format(
                'create trigger refuse_truncate before truncate on validators.%I '
                'execute function validators.refuse_truncate()',
                leaf
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
    op.execute(REGISTRY)
    op.execute(GUARD)
    for table, (columns, key, valued) in CANONICAL.items():
        present = " and ".join(f"{column} is not null" for column in valued) or "true"
        absent = " and ".join(f"{column} is null" for column in valued) or "true"
        op.execute(
            f"create table validators.{table} (chain_id text not null, {columns}, {VERSION_BLOCK}, "
            f"check (case when is_void then {absent} else {present} end), "
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
        op.execute(
            f"create trigger refuse_truncate before truncate on validators.{table} "
            "execute function validators.refuse_truncate()"
        )
        op.execute(
            f"create function validators.{table}_as_of(instant timestamptz) "
            f"returns setof validators.{table} language sql stable as $$ "
            f"select * from validators.{table} where recorded_at <= instant "
            "and (superseded_at is null or superseded_at > instant) $$"
        )
        op.execute(
            f"comment on function validators.{table}_as_of is 'The versions that were current at "
            "an instant, tombstones (is_void) included. Of two versions with one recorded_at only "
            "the later is ever seen.'"
        )
        revoke(f"update, delete on validators.{table}", "cdp_writer")
        grant(
            f"update (is_current, superseded_at, superseded_by) on validators.{table}", "cdp_writer"
        )
    op.execute(COMMENTS)
    revoke("update, delete on validators.chain_configs", "cdp_writer")


def downgrade() -> None:
    op.execute("drop view validators.validator_identity_ranges")
    for table in reversed(CANONICAL):
        op.execute(f"drop function validators.{table}_as_of(timestamptz)")
        op.execute(f"drop table validators.{table}")
    op.execute("drop function validators.add_chain")
    op.execute("drop table validators.canonical_provenance")
    op.execute("drop function validators.refuse_value_change, validators.refuse_truncate")
    op.execute("drop table validators.chain_registry, validators.chain_configs")
    op.execute("drop function staging.jsonb_or_null")
    op.execute("drop table staging.staging_payloads, ops.ingestion_runs")
