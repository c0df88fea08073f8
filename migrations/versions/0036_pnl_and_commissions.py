"""Tables of P&L, commissions, statements and reconciliation; people, agreements and overrides.

Chain tables are versioned and list-partitioned as in 0005, with the same guard. A computed row has
the hashes of what it was computed from in place of a payload. Ranges of periods that must not
overlap are exclusions over one shifted range, because no extension may be needed (spec README,
"Servers and settings"): each (agreement, chain) and each (chain, account) has a number.
"""

from alembic import op

from migrations.grants import grant, revoke

revision = "0036"
down_revision = "0035"

_LIFE = """
    is_current boolean not null,
    is_void boolean not null default false,
    recorded_at timestamptz not null,
    superseded_at timestamptz check (superseded_at >= recorded_at),
    superseded_by integer,
"""
_CONTENT = """
    config_hash text not null,
    content_hash text not null,
    quality_flags text[] not null default '{}',
    check (is_current = (superseded_at is null)),
    check ((superseded_at is null) = (superseded_by is null))
"""
NORMALISED = f"""
    version integer not null check (version > 0),
    {_LIFE}
    source_provider text not null,
    source_payload_id uuid,
    normalized_at timestamptz not null,
    check (superseded_by = version + 1),
    {_CONTENT}
"""
COMPUTED = f"""
    computation_version integer not null check (computation_version > 0),
    {_LIFE}
    computed_at timestamptz not null,
    inputs_hash text not null,
    code_version text not null,
    check (superseded_by = computation_version + 1),
    {_CONTENT}
"""
AMOUNT = "numeric(78, 0)"
BPS = "integer check ({0} between 0 and 10000)"

# Columns of their own, business key after the chain, columns that a row has unless it is void.
NORMALISED_TABLES = {
    "canonical_validator_mev": (
        f"period_id text not null, validator_key text not null, "
        f"gross_mev_native {AMOUNT} check (gross_mev_native >= 0), "
        f"total_mev_native {AMOUNT} check (total_mev_native >= 0), "
        f"mev_commission_bps {BPS.format('mev_commission_bps')}, "
        f"tip_count bigint check (tip_count >= 0), "
        f"misdirected_native {AMOUNT} check (misdirected_native >= 0)",
        "period_id, validator_key",
        ("total_mev_native",),
    ),
    "canonical_stake_rewards": (
        f"period_id text not null, validator_key text not null, staker_address text not null, "
        f"rewards_native {AMOUNT}, gross_native {AMOUNT}, commission_native {AMOUNT}, "
        f"stake_native {AMOUNT} check (stake_native >= 0), is_operator_owned boolean",
        "period_id, validator_key, staker_address",
        ("is_operator_owned",),
    ),
    "canonical_validator_meta": (
        f"period_id text not null, validator_key text not null, "
        f"commission_rate_bps {BPS.format('commission_rate_bps')}, "
        f"mev_commission_bps {BPS.format('mev_commission_bps')}, is_mev_enabled boolean, "
        f"total_stake_native {AMOUNT} check (total_stake_native >= 0), "
        f"self_stake_native {AMOUNT} check (self_stake_native >= 0), "
        f"credits bigint check (credits >= 0), client_version text, delinquent boolean",
        "period_id, validator_key",
        (),
    ),
}
COMPUTED_TABLES = {
    "canonical_client_stakes": (
        f"period_id text not null, staker_address text not null, validator_key text, "
        f"client_id text, introducer_id uuid, from_period bigint, to_period bigint, "
        f"stake_native {AMOUNT} check (stake_native >= 0), rewards_native {AMOUNT}, "
        f"commission_native {AMOUNT}",
        "period_id, staker_address",
        ("client_id", "introducer_id", "from_period"),
    ),
    "validator_pnl": (
        f"period_id text not null, validator_key text not null, "
        f"exec_fees_native {AMOUNT}, mev_tips_native {AMOUNT}, vote_rewards_native {AMOUNT}, "
        f"commission_native {AMOUNT}, total_revenue_native {AMOUNT}, gross_mev_native {AMOUNT}, "
        f"vote_cost_native {AMOUNT}, network_fees_native {AMOUNT}, net_profit_native {AMOUNT}, "
        f"total_stake_native {AMOUNT}, quote_ccy text, price numeric(38, 18), "
        f"price_as_of timestamptz, total_revenue_fiat numeric(38, 8), "
        f"net_profit_fiat numeric(38, 8), missing_components text[], "
        f"quality text check (quality in ('COMPLETE', 'INCOMPLETE')), "
        f"check (total_revenue_native = exec_fees_native + mev_tips_native "
        f"+ vote_rewards_native + commission_native)",
        "period_id, validator_key",
        ("quality", "missing_components"),
    ),
    "partner_commission_lines": (
        f"period_id text not null, line_id uuid not null, month text "
        f"check (month ~ '^[0-9]{{4}}-(0[1-9]|1[0-2])$'), agreement_id text, "
        f"agreement_version integer, introducer_id uuid, validator_key text, client_id text, "
        f"rule_id text, line_kind text check (line_kind in ('ATTRIBUTION', 'FLOOR_TOPUP', "
        f"'CAP_REDUCTION', 'OVERRIDE', 'ADJUSTMENT')), revenue_component text, "
        f"attribution_method text, base_amount_native {AMOUNT}, base_numerator numeric, "
        f"base_denominator numeric check (base_denominator > 0), "
        f"commission_rate_bps {BPS.format('commission_rate_bps')}, tiers jsonb, "
        f"stake_numerator {AMOUNT}, stake_denominator {AMOUNT}, raw_amount_native {AMOUNT}, "
        f"floor_applied_native {AMOUNT}, cap_applied_native {AMOUNT}, "
        f"pre_override_amount_native {AMOUNT}, override_amount_native {AMOUNT}, override_id uuid, "
        f"override_reason text, override_user_id text, override_timestamp timestamptz, "
        f"override_stale boolean, final_amount_native {AMOUNT}, reason_code text, "
        f"adjusted_line_id uuid, statement_month text, "
        f"quality text check (quality in ('COMPLETE', 'INCOMPLETE'))",
        "period_id, line_id",
        ("month", "agreement_id", "agreement_version", "introducer_id", "line_kind", "quality"),
    ),
}

PRICES = """
create table validators.fx_rates (
    chain_id text not null,
    quote_ccy text not null check (quote_ccy ~ '^[A-Z]{3,5}$'),
    as_of timestamptz not null,
    price numeric(38, 18) not null check (price > 0),
    source text not null,
    primary key (chain_id, quote_ccy, as_of)
);
"""

STATEMENTS = """
create table validators.partner_commission_statements (
    statement_id uuid primary key,
    introducer_id uuid not null,
    chain_id text not null,
    month text not null check (month ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'),
    revision integer not null check (revision > 0),
    status text not null
        check (status in ('DRAFT', 'IN_REVIEW', 'APPROVED', 'RELEASED', 'PAID', 'VOID')),
    total_native numeric(78, 0),
    total_fiat numeric(38, 2),
    quote_ccy text,
    content_hash text not null check (content_hash ~ '^[0-9a-f]{64}$'),
    is_forced boolean not null default false,
    transaction_id text,
    created_at timestamptz not null,
    created_by text not null,
    changed_at timestamptz not null,
    changed_by text not null,
    released_at timestamptz,
    paid_at timestamptz,
    unique (introducer_id, chain_id, month, revision),
    check (status not in ('RELEASED', 'PAID') or (released_at is not null and total_native is not null)),
    check ((status = 'PAID') = (paid_at is not null))
);
create unique index one_statement_in_force on validators.partner_commission_statements
    (introducer_id, chain_id, month) where status <> 'VOID';
create table validators.partner_statement_items (
    statement_id uuid not null references validators.partner_commission_statements,
    line_id uuid not null,
    chain_id text not null,
    introducer_id uuid not null,
    period_id text not null,
    validator_key text,
    kind text not null,
    amount_native numeric(78, 0),
    primary key (statement_id, line_id)
);
create index on validators.partner_statement_items (line_id);

create function validators.refuse_statement_change() returns trigger
language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        raise exception 'statement % is never deleted: void it instead', old.statement_id;
    end if;
    if old.status in ('RELEASED', 'PAID', 'VOID') and (
        (to_jsonb(old) - array['status', 'transaction_id', 'paid_at', 'changed_at', 'changed_by'])
        is distinct from
        (to_jsonb(new) - array['status', 'transaction_id', 'paid_at', 'changed_at', 'changed_by'])
        or (old.status, new.status) not in (('RELEASED', 'PAID'), ('RELEASED', 'VOID'))
    ) then
        raise exception 'statement % is % and never changes', old.statement_id, old.status;
    end if;
    return new;
end
$$;
create trigger refuse_statement_change before update or delete
    on validators.partner_commission_statements
    for each row execute function validators.refuse_statement_change();

create function validators.refuse_item_change() returns trigger
language plpgsql as $$
declare
    held text;
begin
    select status into held from validators.partner_commission_statements
    where statement_id = case tg_op when 'INSERT' then new.statement_id else old.statement_id end;
    if held in ('RELEASED', 'PAID', 'VOID') then
        raise exception 'items of a statement that is % never change', held;
    end if;
    return case tg_op when 'DELETE' then old else new end;
end
$$;
create trigger refuse_item_change before insert or update or delete
    on validators.partner_statement_items
    for each row execute function validators.refuse_item_change();
create trigger refuse_truncate before truncate on validators.partner_commission_statements
    execute function validators.refuse_truncate();
create trigger refuse_truncate before truncate on validators.partner_statement_items
    execute function validators.refuse_truncate();

create table validators.reconciliation_reports (
    report_id uuid primary key,
    chain_id text not null,
    period_id text not null,
    validator_key text,
    scope text not null,
    "check" text not null check ("check" in ('version_drift', 'period_over_period', 'cross_source',
        'network_total', 'completeness', 'zero_shock', 'misdirected', 'relay_value')),
    old numeric,
    new numeric,
    delta numeric,
    delta_pct numeric(38, 10),
    severity text not null check (severity in ('INFO', 'WARNING', 'ERROR')),
    status text not null check (status in ('OPEN', 'ACKED', 'RESOLVED')),
    acked_by text,
    acked_at timestamptz,
    note text,
    found_at timestamptz not null,
    check ((status = 'ACKED') <= (acked_by is not null and note is not null))
);
create index on validators.reconciliation_reports (chain_id, period_id);
"""

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
create table ops.record_counts (
    run_id text not null,
    chain_id text not null,
    period_id text not null,
    kind text not null check (kind in ('normalization', 'commission')),
    label text not null,
    row_count bigint not null,
    counted_at timestamptz not null,
    primary key (run_id, chain_id, period_id, kind, label)
);
create table ops.computed_inputs (
    asset_key text not null,
    partition_key text not null,
    inputs_hash text not null check (inputs_hash ~ '^[0-9a-f]{64}$'),
    primary key (asset_key, partition_key)
);
"""

LEAVES = """
create or replace function validators.add_chain(p_chain_id text) returns void
language plpgsql as $$
declare
    parent text;
    leaf text;
begin
    for parent in
        select c.relname
        from pg_partitioned_table p
        join pg_class c on c.oid = p.partrelid
        join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'validators'
        order by c.relname
    loop
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
select validators.add_chain(chain_id)
from (
    select distinct replace(substr(c.relname, length('canonical_periods__') + 1), '_', '-') as chain_id
    from pg_inherits i
    join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'validators.canonical_periods'::regclass
) chains;
"""

OLD_LEAVES = """
create or replace function validators.add_chain(p_chain_id text) returns void
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
"""


def _create(table: str, columns: str, key: str, valued: tuple[str, ...], versions: str) -> None:
    number = "version" if versions is NORMALISED else "computation_version"
    present = " and ".join(f"{column} is not null" for column in valued)
    absent = " and ".join(f"{column} is null" for column in valued)
    # Without such columns, what still holds: a tombstone replaces an earlier version (as in 0025).
    rule = (
        f"case when is_void then {absent} else {present} end"
        if valued
        else (f"not is_void or {number} > 1")
    )
    op.execute(
        f"create table validators.{table} (chain_id text not null, {columns}, {versions}, "
        f"check ({rule}), "
        f"primary key (chain_id, {key}, {number})) partition by list (chain_id)"
    )
    op.execute(
        f"create unique index {table}_current on validators.{table} (chain_id, {key}) "
        "where is_current"
    )
    for when, event in (
        ("refuse_value_change", "update or delete"),
        ("refuse_truncate", "truncate"),
    ):
        each_row = " for each row" if when == "refuse_value_change" else ""
        op.execute(
            f"create trigger {when} before {event} on validators.{table}{each_row} "
            f"execute function validators.{when}()"
        )
    op.execute(
        f"create function validators.{table}_as_of(instant timestamptz) "
        f"returns setof validators.{table} language sql stable as $$ "
        f"select * from validators.{table} where recorded_at <= instant "
        "and (superseded_at is null or superseded_at > instant) $$"
    )
    revoke(f"update, delete on validators.{table}", "cdp_writer")
    grant(f"update (is_current, superseded_at, superseded_by) on validators.{table}", "cdp_writer")


def upgrade() -> None:
    for table, (columns, key, valued) in NORMALISED_TABLES.items():
        _create(table, columns, key, valued, NORMALISED)
        op.execute(f"create index on validators.{table} (source_payload_id)")
    for table, (columns, key, valued) in COMPUTED_TABLES.items():
        _create(table, columns, key, valued, COMPUTED)
    op.execute(
        "create index on validators.partner_commission_lines (chain_id, period_id) where is_current"
    )
    # Adjustments of a month's statements: few among many lines.
    op.execute(
        "create index on validators.partner_commission_lines (chain_id, statement_month) "
        "where is_current and statement_month is not null"
    )
    for table in ("canonical_validator_fees", "canonical_validator_identities"):
        op.execute(f"create index on validators.{table} (source_payload_id)")
    op.execute(PRICES)
    op.execute(STATEMENTS)
    op.execute(GOVERNANCE)
    op.execute(MARKS)
    op.execute(AUDIT)
    op.execute(LEAVES)
    revoke("delete on validators.partner_commission_statements", "cdp_writer")
    revoke("delete on validators.reconciliation_reports", "cdp_writer")
    revoke("delete on governance.agreement_versions, governance.overrides", "cdp_writer")
    revoke("delete on governance.approvals, governance.users", "cdp_writer")
    revoke("delete on governance.input_override_requests", "cdp_writer")


def downgrade() -> None:
    op.execute(OLD_LEAVES)
    op.execute("drop table ops.audit_verifications, ops.record_counts, ops.computed_inputs")
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
    op.execute(
        "drop table validators.reconciliation_reports, validators.partner_statement_items, "
        "validators.partner_commission_statements, validators.fx_rates cascade"
    )
    op.execute("drop function validators.refuse_item_change, validators.refuse_statement_change")
    for table in ("canonical_validator_identities", "canonical_validator_fees"):
        op.execute(f"drop index validators.{table}_source_payload_id_idx")
    for table in reversed([*NORMALISED_TABLES, *COMPUTED_TABLES]):
        op.execute(f"drop function validators.{table}_as_of(timestamptz)")
        op.execute(f"drop table validators.{table} cascade")
