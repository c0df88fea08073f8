"""People, partners, clients, agreements, overrides and approvals; what their changes make stale.

Ranges of periods that must not overlap are exclusions over one shifted range, because no extension
may be needed (spec README, "Servers and settings"): each (agreement, chain) and each (chain,
account) has a number. The audit log gets the fields of its second version.
"""

from alembic import op

from migrations.grants import revoke

revision = "0038"
down_revision = "0037"

GOVERNANCE = """
alter table governance.users
    add column username text,
    add column introducer_id uuid,
    add column allowed_chain_ids text[],
    add column allowed_validator_keys text[],
    add column valid_from timestamptz,
    add column valid_until timestamptz,
    add column is_active boolean not null default true,
    add constraint partner_has_introducer check (role <> 'partner' or introducer_id is not null),
    add constraint auditor_has_time_box check (
        role <> 'auditor' or (valid_from is not null and valid_until > valid_from)
    );

-- One person is one user, however the address is written.
create unique index users_email_lower on governance.users (lower(email));
create table governance.introducers (
    introducer_id uuid primary key,
    name text not null,
    legal_entity text,
    contact_email text,
    is_active boolean not null default true,
    created_at timestamptz not null
);
alter table governance.users
    add constraint users_introducer_id_fkey
    foreign key (introducer_id) references governance.introducers;
create table governance.clients (
    client_id text primary key,
    name text not null,
    created_at timestamptz not null
);
create table governance.range_numbers (
    range_number bigint generated always as identity primary key,
    kind text not null check (kind in ('agreement', 'account')),
    owner text not null,
    chain_id text not null,
    unique (kind, owner, chain_id)
);
create table governance.client_mappings (
    mapping_id uuid primary key,
    client_id text not null references governance.clients,
    introducer_id uuid not null references governance.introducers,
    chain_id text not null,
    staker_address text not null,
    from_period bigint not null check (from_period >= 0),
    to_period bigint check (to_period > from_period and to_period <= 1000000000000),
    range_number bigint not null references governance.range_numbers,
    created_at timestamptz not null,
    created_by text not null,
    constraint account_mapped_once exclude using gist (
        int8range(
            range_number * 1000000000000 + from_period,
            range_number * 1000000000000 + coalesce(to_period, 1000000000000)
        ) with &&
    )
);
create index on governance.client_mappings (chain_id, client_id);

create function governance.refuse_second_introducer() returns trigger
language plpgsql as $$
declare
    other governance.client_mappings;
begin
    perform pg_advisory_xact_lock(hashtextextended('governance.client_mappings', 0));
    select m.* into other
    from governance.client_mappings m
    where m.chain_id = new.chain_id and m.client_id = new.client_id
        and m.introducer_id <> new.introducer_id and m.mapping_id <> new.mapping_id
        and int8range(m.from_period, m.to_period) && int8range(new.from_period, new.to_period)
    limit 1;
    if found then
        raise exception using
            errcode = 'exclusion_violation',
            constraint = 'client_of_one_introducer',
            message = format('client %s is mapped to introducer %s from period %s on',
                new.client_id, other.introducer_id, other.from_period);
    end if;
    return new;
end
$$;
create trigger refuse_second_introducer before insert or update on governance.client_mappings
    for each row execute function governance.refuse_second_introducer();

create table governance.agreements (
    agreement_id text primary key check (agreement_id !~ '[|]' and agreement_id <> ''),
    introducer_id uuid not null references governance.introducers,
    name text not null,
    status text not null check (status in ('DRAFT', 'ACTIVE', 'SUSPENDED', 'ENDED')),
    created_at timestamptz not null,
    created_by text not null
);
create table governance.agreement_versions (
    agreement_id text not null references governance.agreements,
    version integer not null check (version > 0),
    chain_id text not null,
    period_type text not null check (period_type in ('EPOCH', 'BLOCK_WINDOW', 'SLOT_RANGE')),
    effective_from_period bigint not null check (effective_from_period >= 0),
    effective_to_period bigint
        check (effective_to_period > effective_from_period and effective_to_period <= 1000000000000),
    rules jsonb not null,
    floors jsonb not null default '[]',
    caps jsonb not null default '[]',
    range_number bigint not null references governance.range_numbers,
    created_at timestamptz not null,
    created_by text not null,
    change_reason text not null,
    primary key (agreement_id, version),
    constraint one_version_in_force exclude using gist (
        int8range(
            range_number * 1000000000000 + effective_from_period,
            range_number * 1000000000000 + coalesce(effective_to_period, 1000000000000)
        ) with &&
    )
);

create function governance.refuse_version_change() returns trigger
language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        raise exception 'versions of agreements are never deleted: add a new one';
    end if;
    if (to_jsonb(old) - 'effective_to_period') is distinct from (to_jsonb(new) - 'effective_to_period')
        or new.effective_to_period is null
        or new.effective_to_period > old.effective_to_period
    then
        raise exception 'version % of agreement % never changes but by an earlier end',
            old.version, old.agreement_id;
    end if;
    return new;
end
$$;
create trigger refuse_version_change before update or delete on governance.agreement_versions
    for each row execute function governance.refuse_version_change();

create table governance.overrides (
    override_id uuid primary key,
    agreement_id text not null references governance.agreements,
    chain_id text not null,
    period_id text not null,
    validator_key text,
    component text,
    amount_native numeric(78, 0) not null check (amount_native >= 0),
    reason text not null check (length(reason) >= 10),
    pre_override_native numeric(78, 0),
    created_at timestamptz not null,
    created_by text not null,
    revoked_at timestamptz check (revoked_at >= created_at),
    revoked_by text,
    revoke_reason text check (length(revoke_reason) >= 10),
    check ((revoked_at is null) = (revoked_by is null))
);
create index on governance.overrides (agreement_id, chain_id, period_id);

create table governance.approvals (
    approval_id uuid primary key,
    resource_type text not null,
    resource_id text not null,
    content_hash text not null,
    user_id uuid not null references governance.users,
    approved_at timestamptz not null,
    identity_proof text not null,
    run_id text,
    voided_at timestamptz
);
create unique index one_approval_per_person on governance.approvals
    (resource_type, resource_id, user_id) where voided_at is null;

create table governance.input_override_requests (
    request_id bigint generated always as identity primary key,
    action text not null check (action in ('add', 'withdraw')),
    content jsonb not null,
    content_hash text not null check (content_hash ~ '^[0-9a-f]{64}$'),
    reason text not null check (length(btrim(reason)) >= 10),
    requested_by uuid not null references governance.users,
    requested_at timestamptz not null,
    run_id text not null,
    approved_by uuid references governance.users check (approved_by <> requested_by),
    approved_at timestamptz,
    override_id bigint references governance.input_overrides,
    check ((approved_by is null) = (approved_at is null)),
    check ((approved_by is null) = (override_id is null))
);
"""

MARKS = """
create function validators.mark_periods(
    p_mark text, p_chain_id text, p_from_ordinal bigint, p_to_ordinal bigint, p_run_id text
) returns bigint
language plpgsql as $$
declare
    marked_key text := 'validators/' || replace(p_chain_id, '-', '_') || '/' || p_mark;
    marked_version bigint := ops.bump_version(marked_key, p_run_id);
begin
    insert into ops.asset_partition_status (asset_key, partition_key, state, is_final, version, run_id)
    select marked_key, p.period_id, 'MATERIALIZED', true, marked_version, p_run_id
    from validators.canonical_periods p
    where p.chain_id = p_chain_id and p.is_current and not p.is_void
        and p.period_ordinal >= p_from_ordinal
        and (p_to_ordinal is null or p.period_ordinal < p_to_ordinal)
    on conflict (asset_key, partition_key) do update
        set version = excluded.version, run_id = excluded.run_id;
    return marked_version;
end
$$;
comment on function validators.mark_periods is
    'Give a new version to periods whose lines depend on something that is no partition of theirs: agreement_terms, client_mappings or prices. Lines built from an older version are stale. The range is half-open; a null end is open.';

create function governance.mark_changed_version() returns trigger
language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        perform validators.mark_periods('agreement_terms', new.chain_id,
            new.effective_from_period, new.effective_to_period, 'agreement ' || new.agreement_id);
    elsif new.effective_to_period is distinct from old.effective_to_period then
        perform validators.mark_periods('agreement_terms', new.chain_id,
            new.effective_to_period, old.effective_to_period, 'agreement ' || new.agreement_id);
    end if;
    return null;
end
$$;
create trigger mark_changed_version after insert or update on governance.agreement_versions
    for each row execute function governance.mark_changed_version();

create function governance.mark_changed_agreement() returns trigger
language plpgsql as $$
begin
    perform validators.mark_periods('agreement_terms', v.chain_id,
        v.effective_from_period, v.effective_to_period, 'agreement ' || v.agreement_id)
    from governance.agreement_versions v
    where v.agreement_id = new.agreement_id;
    return null;
end
$$;
create trigger mark_changed_agreement after update of status, introducer_id
    on governance.agreements
    for each row when (old.status <> new.status or old.introducer_id <> new.introducer_id)
    execute function governance.mark_changed_agreement();

create function governance.mark_overridden() returns trigger
language plpgsql as $$
begin
    perform validators.mark_periods('agreement_terms', new.chain_id,
        p.period_ordinal, p.period_ordinal + 1, 'override ' || new.override_id)
    from validators.canonical_periods p
    where p.chain_id = new.chain_id and p.period_id = new.period_id and p.is_current;
    return null;
end
$$;
create trigger mark_overridden after insert or update on governance.overrides
    for each row execute function governance.mark_overridden();

create function governance.mark_changed_mapping() returns trigger
language plpgsql as $$
begin
    if tg_op <> 'INSERT' then
        perform validators.mark_periods('client_mappings', old.chain_id,
            old.from_period, old.to_period, 'mapping ' || old.mapping_id);
    end if;
    if tg_op <> 'DELETE' then
        perform validators.mark_periods('client_mappings', new.chain_id,
            new.from_period, new.to_period, 'mapping ' || new.mapping_id);
    end if;
    return null;
end
$$;
create trigger mark_changed_mapping after insert or update or delete on governance.client_mappings
    for each row execute function governance.mark_changed_mapping();
"""

AUDIT = """
alter table audit.log
    add column schema_version integer not null default 1 check (schema_version in (1, 2)),
    add column org_id uuid,
    add column entity_name text,
    add column api_key_id text,
    add column ip_address text,
    add column user_agent text,
    add column identity_proof text;

create table ops.audit_verifications (
    verified_at timestamptz primary key,
    entries bigint not null,
    newest_seq bigint,
    newest_hash text,
    is_unbroken boolean not null,
    first_broken_seq bigint,
    run_id text not null
);
"""


def upgrade() -> None:
    op.execute(GOVERNANCE)
    op.execute(MARKS)
    op.execute(AUDIT)
    revoke("delete on governance.agreement_versions, governance.overrides", "cdp_writer")
    revoke("delete on governance.approvals, governance.users", "cdp_writer")
    revoke("delete on governance.input_override_requests", "cdp_writer")


def downgrade() -> None:
    op.execute("drop table ops.audit_verifications")
    op.execute(
        "alter table audit.log drop column schema_version, drop column org_id, "
        "drop column entity_name, drop column api_key_id, drop column ip_address, "
        "drop column user_agent, drop column identity_proof"
    )
    op.execute(
        "drop table governance.input_override_requests, governance.approvals, "
        "governance.overrides, governance.agreement_versions, "
        "governance.agreements, governance.client_mappings, governance.range_numbers, "
        "governance.clients"
    )
    op.execute("drop index governance.users_email_lower")
    op.execute(
        "alter table governance.users drop constraint users_introducer_id_fkey, "
        "drop constraint auditor_has_time_box, drop constraint partner_has_introducer, "
        "drop column is_active, drop column valid_until, drop column valid_from, "
        "drop column allowed_validator_keys, drop column allowed_chain_ids, "
        "drop column introducer_id, drop column username"
    )
    op.execute("drop table governance.introducers")
    op.execute(
        "drop function governance.refuse_version_change, governance.refuse_second_introducer, "
        "governance.mark_changed_version, governance.mark_changed_agreement, "
        "governance.mark_overridden, governance.mark_changed_mapping, validators.mark_periods"
    )
