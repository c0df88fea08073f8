"""Who sees sums and overrides; the period type of client mappings; counts of audit verifications.

A statement's total is a sum over validators, so that a reader limited to some of them sees items of
those alone (validator §12). Of an override partners see the final amount alone. A mapping is in
periods of one type, as an agreement is.
"""

from alembic import op
from sqlalchemy import text

from migrations.grants import grant, present, revoke

revision = "0040"
down_revision = "0039"

READERS = ("api_ro", "analyst")
STATEMENTS = "validators.partner_commission_statements"
ITEMS = "validators.partner_statement_items"
LINES = "validators.partner_commission_lines"
VERIFICATIONS = "ops.audit_verifications"
# Analysts of partners log in by themselves; for finance they are in governance.overrides.
OF_OVERRIDES = (
    "override_amount_native",
    "override_reason",
    "override_user_id",
    "override_timestamp",
    "override_stale",
)
OWN_ITEM = (
    "(select governance.ctx_is(array['partner'])) "
    "and (introducer_id = (select governance.ctx_introducer()) and statement_id in (select {}))"
)
RELEASED = """
create function governance.ctx_released_statements() returns table (statement_id uuid)
language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp as $$
    select s.statement_id
    from validators.partner_commission_statements s
    where s.introducer_id = (select governance.ctx_partner()) and s.status in ('RELEASED', 'PAID')
$$;
comment on function governance.ctx_released_statements is
    'Released and paid statements of the partner of the claims, whose total a reader of some validators does not see.';
"""
PERIOD_TYPE = """
alter table governance.client_mappings add column period_type text not null default 'EPOCH'
    check (period_type in ('EPOCH', 'BLOCK_WINDOW', 'SLOT_RANGE'));
alter table governance.client_mappings disable trigger user;
update governance.client_mappings m set period_type = p.period_type
from (
    select chain_id, min(period_type) as period_type
    from validators.canonical_periods
    where is_current and not is_void
    group by chain_id
) p
where p.chain_id = m.chain_id and p.period_type <> m.period_type;
alter table governance.client_mappings enable trigger user;
"""
ACCOUNTS = """
create or replace function governance.ctx_accounts_of_periods()
returns table (chain_id text, period_id text, staker_address text)
language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp as $$
    select m.chain_id, p.period_id, m.staker_address
    from governance.client_mappings m
    join validators.canonical_periods p
        on p.chain_id = m.chain_id and p.is_current and not p.is_void
        __same_type__and p.period_ordinal >= m.from_period
        and (m.to_period is null or p.period_ordinal < m.to_period)
    where m.introducer_id = (select governance.ctx_partner())
$$;
"""
SAME_TYPE = "and p.period_type = m.period_type\n        "


def upgrade() -> None:
    op.execute(RELEASED)
    readers = ", ".join(present(READERS))
    if readers:
        op.execute(
            f"create policy all_validators on {STATEMENTS} as restrictive for select to {readers} "
            "using ((select governance.ctx_is_unlimited('validators')))"
        )
        released = "s.statement_id from governance.ctx_released_statements() s"
        op.execute(f"alter policy partner_read on {ITEMS} using ({OWN_ITEM.format(released)})")
    shown = ", ".join(name for name in _columns(LINES) if name not in OF_OVERRIDES)
    revoke(f"select on {LINES}", "analyst")
    grant(f"select ({shown}) on {LINES}", "analyst")
    grant(f"select on {VERIFICATIONS}", "api_ro", "metrics")
    op.execute(PERIOD_TYPE)
    op.execute(ACCOUNTS.replace("__same_type__", SAME_TYPE))


def downgrade() -> None:
    op.execute(ACCOUNTS.replace("__same_type__", ""))
    op.execute("alter table governance.client_mappings drop column period_type")
    revoke(f"select on {VERIFICATIONS}", "api_ro", "metrics")
    revoke(f"select ({', '.join(_columns(LINES))}) on {LINES}", "analyst")
    grant(f"select on {LINES}", "analyst")
    if present(READERS):
        op.execute(f"drop policy all_validators on {STATEMENTS}")
        every = f"s.statement_id from {STATEMENTS} s"
        op.execute(f"alter policy partner_read on {ITEMS} using ({OWN_ITEM.format(every)})")
    op.execute("drop function governance.ctx_released_statements")


def _columns(table: str) -> list[str]:
    found = op.get_bind().execute(
        text(
            "select attname from pg_attribute where attrelid = cast(:name as regclass) "
            "and attnum > 0 and not attisdropped order by attnum"
        ),
        {"name": table},
    )
    return [row[0] for row in found]
