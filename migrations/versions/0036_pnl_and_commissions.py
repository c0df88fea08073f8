"""Tables of P&L, clients' stakes, commission lines and prices (validator §5 to §7).

Chain tables are versioned and list-partitioned as in 0005, with the same guard. A computed row has
the hashes of what it was computed from in place of a payload.
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

COUNTS = """
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
    op.execute(COUNTS)
    op.execute(LEAVES)


def downgrade() -> None:
    op.execute(OLD_LEAVES)
    op.execute("drop table ops.record_counts, ops.computed_inputs")
    op.execute("drop table validators.fx_rates cascade")
    for table in ("canonical_validator_identities", "canonical_validator_fees"):
        op.execute(f"drop index validators.{table}_source_payload_id_idx")
    for table in reversed([*NORMALISED_TABLES, *COMPUTED_TABLES]):
        op.execute(f"drop function validators.{table}_as_of(timestamptz)")
        op.execute(f"drop table validators.{table} cascade")
