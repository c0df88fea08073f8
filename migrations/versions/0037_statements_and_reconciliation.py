"""Statements to partners, which never change once released, and findings of reconciliation."""

from alembic import op

from migrations.grants import revoke

revision = "0037"
down_revision = "0036"

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
    where statement_id in (old.statement_id, new.statement_id)
        and status in ('RELEASED', 'PAID', 'VOID')
    limit 1;
    if found then
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


def upgrade() -> None:
    op.execute(STATEMENTS)
    revoke("delete on validators.partner_commission_statements", "cdp_writer")
    revoke("delete on validators.reconciliation_reports", "cdp_writer")


def downgrade() -> None:
    op.execute(
        "drop table validators.reconciliation_reports, validators.partner_statement_items, "
        "validators.partner_commission_statements cascade"
    )
    op.execute("drop function validators.refuse_item_change, validators.refuse_statement_change")
