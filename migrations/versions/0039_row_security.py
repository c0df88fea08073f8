"""Row security: who sees which rows, by the claims of the session (validator §12).

A reader (``api_ro``, ``analyst``) sets its claims as transaction-local settings ``app.user_id``,
``app.role``, ``app.introducer_id``, ``app.chains`` and ``app.validators``; the last two are JSON
lists: ``null`` = all, ``[]`` and absent = none. Without claims a reader sees no row. All policies
come from ``RULES`` below, on parents and leaves; ``validators.add_chain`` secures new leaves.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from alembic import op
from sqlalchemy import text

from migrations.grants import grant, present, revoke

revision = "0039"
down_revision = "0038"

READERS = ("api_ro", "analyst")
STAFF = ("admin", "finance", "ops", "auditor")
MONEY = ("admin", "finance", "auditor")
OWN = "introducer_id = (select governance.ctx_introducer())"
COVERED_PERIOD = (
    "(chain_id, period_id) in (select c.chain_id, c.period_id from governance.ctx_periods() c)"
)
COVERED_VALIDATOR = (
    "(chain_id, period_id) in (select c.chain_id, c.period_id "
    "from governance.ctx_periods_of_all_validators() c) "
    "or (chain_id, period_id, validator_key) in (select c.chain_id, c.period_id, c.validator_key "
    "from governance.ctx_validators_of_periods() c)"
)
OWN_ACCOUNT = (
    "(chain_id, period_id, staker_address) in (select c.chain_id, c.period_id, c.staker_address "
    "from governance.ctx_accounts_of_periods() c)"
)
COVERED_CHAIN = "chain_id in (select c.chain_id from governance.ctx_periods() c)"


@dataclass(frozen=True)
class Rule:
    """Who sees the rows of a table, before the scope of chains and validators.

    Attributes:
        staff: Roles that see every row.
        partner: Rows that a partner sees; null: none.
        further: Rows that one more role sees, by role.
        open_to: Database roles that see every row without claims.
    """

    staff: tuple[str, ...]
    partner: str | None = None
    further: tuple[tuple[str, str], ...] = ()
    open_to: tuple[str, ...] = ()


# Kinds of things whose changes finance is responsible for; the rest of the log is for admins.
FINANCE_DOMAIN = (
    "resource_type in ('agreement', 'agreement_version', 'introducer', 'client', 'client_mapping', "
    "'override', 'approval', 'statement', 'recompute', 'reconciliation_report', 'fx_rate')"
)
RULES = {
    "validators.chain_registry": Rule(STAFF, COVERED_CHAIN),
    "validators.chain_configs": Rule(STAFF),
    "validators.canonical_provenance": Rule(STAFF),
    "validators.canonical_periods": Rule(STAFF, COVERED_PERIOD),
    "validators.canonical_validator_identities": Rule(STAFF, COVERED_VALIDATOR),
    "validators.canonical_validator_fees": Rule(STAFF, COVERED_VALIDATOR),
    "validators.canonical_validator_mev": Rule(STAFF, COVERED_VALIDATOR),
    "validators.canonical_validator_meta": Rule(STAFF, COVERED_VALIDATOR),
    # Rewards of an account are those of its owner; the aggregate of a validator has no account.
    "validators.canonical_stake_rewards": Rule(
        STAFF, f"case when staker_address = '' then {COVERED_VALIDATOR} else {OWN_ACCOUNT} end"
    ),
    "validators.canonical_client_stakes": Rule(STAFF, OWN),
    "validators.fx_rates": Rule(STAFF, COVERED_CHAIN),
    "validators.validator_pnl": Rule(STAFF, COVERED_VALIDATOR),
    "validators.partner_commission_lines": Rule(STAFF, OWN),
    "validators.partner_commission_statements": Rule(
        STAFF, f"{OWN} and status in ('RELEASED', 'PAID')"
    ),
    "validators.partner_statement_items": Rule(
        STAFF,
        f"{OWN} and statement_id in "
        "(select s.statement_id from validators.partner_commission_statements s)",
    ),
    "validators.reconciliation_reports": Rule(STAFF),
    "governance.users": Rule(("admin", "auditor"), open_to=("cdp_auth",)),
    "governance.introducers": Rule(MONEY, OWN),
    "governance.clients": Rule(
        MONEY,
        f"client_id in (select m.client_id from governance.client_mappings m where m.{OWN})",
    ),
    "governance.client_mappings": Rule(MONEY, OWN),
    "governance.agreements": Rule(MONEY, OWN),
    "governance.agreement_versions": Rule(
        MONEY,
        f"agreement_id in (select a.agreement_id from governance.agreements a where a.{OWN})",
    ),
    "governance.range_numbers": Rule(()),
    "governance.overrides": Rule(MONEY),
    "governance.approvals": Rule(MONEY),
    "staging.staging_payloads": Rule(STAFF),
    "audit.log": Rule(
        ("admin", "auditor"),
        further=(
            ("finance", FINANCE_DOMAIN),
            ("ops", "actor_id = any ((select governance.ctx_actor_names())::text[])"),
        ),
    ),
    "ops.ingestion_runs": Rule(STAFF, open_to=("metrics",)),
    "ops.record_counts": Rule(STAFF, open_to=("metrics",)),
}
# Readers never get a leaf: a grant on one would pass by its parent. Staging is for no reader.
READABLE = [t for t, rule in RULES.items() if rule.staff and not t.startswith("staging.")]
READ_BEFORE = (
    "validators.chain_registry",
    "validators.canonical_periods",
    "validators.canonical_validator_identities",
    "validators.canonical_validator_fees",
)

CLAIMS = r"""
create function governance.ctx_setting(p_name text) returns text
language sql stable parallel safe as $$ select nullif(current_setting('app.' || p_name, true), '') $$;
comment on function governance.ctx_setting is 'A claim of the session; null: absent.';

create function governance.ctx_uuid(p_name text) returns uuid
language sql stable parallel safe as $$
    select case
        when governance.ctx_setting(p_name) ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
        then governance.ctx_setting(p_name)::uuid
    end
$$;
comment on function governance.ctx_uuid is 'A claim that is an id; null: absent or malformed.';

create function governance.ctx_scope(p_name text) returns jsonb
language sql stable parallel safe as $$
    select case
        when governance.ctx_setting(p_name)
            ~ '^\s*(null|\[\s*("[^"\\\u0001-\u001f]*"\s*(,\s*"[^"\\\u0001-\u001f]*"\s*)*)?\])\s*$'
        then governance.ctx_setting(p_name)::jsonb
        else '[]'
    end
$$;
comment on function governance.ctx_scope is
    'A claim that is a JSON list; JSON null: no restriction; absent or malformed: an empty list.';

create function governance.ctx_is_unlimited(p_name text) returns boolean
language sql stable parallel safe as $$
    select jsonb_typeof(governance.ctx_scope(p_name)) = 'null'
$$;
comment on function governance.ctx_is_unlimited is 'Whether a list of the claims restricts nothing.';

create function governance.ctx_list(p_name text) returns text[]
language sql stable parallel safe as $$
    select array(
        select jsonb_array_elements_text(
            case jsonb_typeof(s.scope) when 'array' then s.scope else '[]' end
        )
        from governance.ctx_scope(p_name) s (scope)
    )
$$;
comment on function governance.ctx_list is 'The members of a list of the claims.';

create function governance.ctx_role() returns text
language sql stable parallel safe as $$ select governance.ctx_setting('role') $$;
comment on function governance.ctx_role is 'Role of the claims; null: absent.';

create function governance.ctx_introducer() returns uuid
language sql stable parallel safe as $$ select governance.ctx_uuid('introducer_id') $$;
comment on function governance.ctx_introducer is 'Partner of the claims; null: absent.';
"""

# These read tables that the reader may not, so they run with their owner's rights.
PEOPLE = """
create function governance.ctx_user_live() returns boolean
language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp as $$
    select exists (
        select
        from governance.users u
        where u.user_id = governance.ctx_uuid('user_id') and u.is_active
            and (u.disabled_at is null or u.disabled_at > ops.present_instant())
            and (u.valid_from is null or u.valid_from <= ops.present_instant())
            and (u.valid_until is null or u.valid_until > ops.present_instant())
    )
$$;
comment on function governance.ctx_user_live is
    'Whether the user of the claims exists, is active and inside the time box, by the clock that tables are made by.';

create function governance.ctx_is(p_roles text[]) returns boolean
language sql stable parallel safe as $$
    select governance.ctx_role() = any (p_roles) and governance.ctx_user_live()
$$;
comment on function governance.ctx_is is
    'Whether the role of the claims is one of these and their user is live.';

create function governance.ctx_actor_names() returns text[]
language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp as $$
    select array(
        select unnest(array[u.user_id::text, u.email])
        from governance.users u
        where u.user_id = governance.ctx_uuid('user_id')
    )
$$;
comment on function governance.ctx_actor_names is
    'By which names the audit log calls the user of the claims.';

create function governance.ctx_is_own_login() returns boolean
language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp as $$
    select exists (
        select
        from governance.users u
        where u.user_id = governance.ctx_uuid('user_id')
            and u.username = session_user and u.role = governance.ctx_role()
            and (u.role <> 'partner' or u.introducer_id = governance.ctx_introducer())
            and (u.allowed_chain_ids is null or (
                not governance.ctx_is_unlimited('chains')
                and governance.ctx_list('chains') <@ u.allowed_chain_ids
            ))
            and (u.allowed_validator_keys is null or (
                not governance.ctx_is_unlimited('validators')
                and governance.ctx_list('validators') <@ u.allowed_validator_keys
            ))
    )
$$;
comment on function governance.ctx_is_own_login is
    'Whether the claims are those of the person who logged in (users.username) and go no further than their row: anyone can set a setting.';

create function governance.ctx_partner() returns uuid
language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp as $$
    select u.introducer_id
    from governance.users u
    where u.user_id = governance.ctx_uuid('user_id') and u.role = 'partner'
        and u.introducer_id = governance.ctx_introducer()
        and (governance.ctx_is_own_login() or not exists (
            select
            from pg_auth_members m
            where m.roleid = to_regrole('analyst') and m.member = to_regrole(quote_ident(session_user))
        ))
$$;
comment on function governance.ctx_partner is
    'Partner of the claims, if their user belongs to it; null: not, or an analyst claims to be another person. A reader may call the functions below itself, past the policies.';
"""

COVERAGE = """
create function governance.ctx_ranges()
returns table (chain_id text, period_type text, first bigint, past bigint, rules jsonb)
language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp as $$
    select v.chain_id, v.period_type, v.effective_from_period, v.effective_to_period, v.rules
    from governance.agreement_versions v
    join governance.agreements a using (agreement_id)
    where a.introducer_id = (select governance.ctx_partner()) and a.status <> 'DRAFT'
$$;
comment on function governance.ctx_ranges is
    'One row per version of an agreement of the partner of the claims.';

create function governance.ctx_accounts_of_periods()
returns table (chain_id text, period_id text, staker_address text)
language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp as $$
    select m.chain_id, p.period_id, m.staker_address
    from governance.client_mappings m
    join validators.canonical_periods p
        on p.chain_id = m.chain_id and p.is_current and not p.is_void
        and p.period_ordinal >= m.from_period
        and (m.to_period is null or p.period_ordinal < m.to_period)
    where m.introducer_id = (select governance.ctx_partner())
$$;
comment on function governance.ctx_accounts_of_periods is
    'Stake accounts that are mapped to the partner of the claims, by period.';

create function governance.ctx_periods_of_all_validators()
returns table (chain_id text, period_id text)
language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp as $$
    select p.chain_id, p.period_id
    from governance.ctx_ranges() r
    join validators.canonical_periods p
        on p.chain_id = r.chain_id and p.period_type = r.period_type
        and p.is_current and not p.is_void
        and p.period_ordinal >= r.first and (r.past is null or p.period_ordinal < r.past)
    where exists (
        select
        from jsonb_array_elements(r.rules) rule
        where rule ->> 'method' = 'FIXED_SHARE'
            and coalesce(rule -> 'validators', '"all"') = '"all"'
    )
$$;
comment on function governance.ctx_periods_of_all_validators is
    'Periods in which a fixed share of all validators is agreed with the partner of the claims. A rule on the stake of clients covers the validators that they delegate to.';

create function governance.ctx_validators_of_periods()
returns table (chain_id text, period_id text, validator_key text)
language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp as $$
    select p.chain_id, p.period_id, k.validator_key
    from governance.ctx_ranges() r
    cross join lateral (
        select distinct jsonb_array_elements_text(rule -> 'validators') as validator_key
        from jsonb_array_elements(r.rules) rule
        where jsonb_typeof(rule -> 'validators') = 'array'
    ) k
    join validators.canonical_periods p
        on p.chain_id = r.chain_id and p.period_type = r.period_type
        and p.is_current and not p.is_void
        and p.period_ordinal >= r.first and (r.past is null or p.period_ordinal < r.past)
    union
    select s.chain_id, s.period_id, s.validator_key
    from validators.canonical_client_stakes s
    where s.introducer_id = (select governance.ctx_partner()) and s.is_current and not s.is_void
        and s.validator_key is not null
$$;
comment on function governance.ctx_validators_of_periods is
    'Validators that an agreement with the partner of the claims names, or that its clients delegate to, by period.';

create function governance.ctx_periods()
returns table (chain_id text, period_id text)
language sql stable parallel safe security definer set search_path = pg_catalog, pg_temp as $$
    select p.chain_id, p.period_id
    from governance.ctx_ranges() r
    join validators.canonical_periods p
        on p.chain_id = r.chain_id and p.period_type = r.period_type
        and p.is_current and not p.is_void
        and p.period_ordinal >= r.first and (r.past is null or p.period_ordinal < r.past)
    union
    select chain_id, period_id from governance.ctx_accounts_of_periods()
$$;
comment on function governance.ctx_periods is
    'Periods that an agreement with the partner of the claims, or a mapping of its clients, covers.';
"""

LEAVES = """
create function governance.secure_leaf(p_parent regclass, p_leaf regclass) returns void
language plpgsql as $$
declare
    policy record;
begin
    execute format('alter table %s enable row level security', p_leaf);
    execute format('alter table %s force row level security', p_leaf);
    for policy in
        select p.*
        from pg_policies p
        join pg_class c on c.oid = p_parent and c.relname = p.tablename
        join pg_namespace n on n.oid = c.relnamespace and n.nspname = p.schemaname
        order by p.policyname
    loop
        execute format('drop policy if exists %I on %s', policy.policyname, p_leaf);
        execute format(
            'create policy %I on %s as %s for %s to %s using (%s)',
            policy.policyname, p_leaf, policy.permissive, policy.cmd,
            (select string_agg(quote_ident(r), ', ' order by r) from unnest(policy.roles) r),
            policy.qual
        ) || coalesce(' with check (' || policy.with_check || ')', '');
    end loop;
end
$$;
comment on function governance.secure_leaf is
    'Give a leaf the row security of its parent, for those who were granted the leaf itself.';
"""

# The leaves of a chain as migration 36 creates them, and whether they are secured.
ADD_CHAIN = """
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
            __secure__
        end if;
    end loop;
end
$$;
"""
SECURE = (
    "perform governance.secure_leaf(\n"
    "                to_regclass('validators.' || quote_ident(parent)),\n"
    "                to_regclass('validators.' || quote_ident(leaf))\n"
    "            );"
)


def upgrade() -> None:
    for statement in (CLAIMS, PEOPLE, COVERAGE, LEAVES):
        op.execute(statement)
    for table, rule in RULES.items():
        for statement in _secured(table, rule):
            op.execute(statement)
        for leaf in _leaves(table):
            op.execute(f"select governance.secure_leaf('{table}', '{leaf}')")
    op.execute(ADD_CHAIN.replace("__secure__", SECURE))
    grant("usage on schema governance, validators, ops", *READERS)
    grant(f"select on {', '.join(READABLE)}", "api_ro")
    grant(f"select on {', '.join(_readable_by_analysts())}", "analyst")
    grant("usage on schema audit", "api_ro")
    grant("usage on schema governance", "cdp_auth")
    grant("select on governance.users", "cdp_auth")
    grant("usage on schema ops", "metrics")
    grant(f"select on {', '.join(_readable_by_metrics())}", "metrics")


def downgrade() -> None:
    revoke(f"select on {', '.join(_not_read_before(_readable_by_metrics()))}", "metrics")
    revoke("select on governance.users", "cdp_auth")
    revoke("usage on schema governance", "cdp_auth")
    revoke("usage on schema audit", "api_ro")
    revoke(f"select on {', '.join(_not_read_before(READABLE))}", "api_ro")
    revoke(f"select on {', '.join(_not_read_before(_readable_by_analysts()))}", "analyst")
    op.execute(ADD_CHAIN.replace("__secure__", "null;"))
    for table in RULES:
        for relation in (*_leaves(table), table):
            _open(relation)
    op.execute(
        "drop function governance.secure_leaf, governance.ctx_periods, "
        "governance.ctx_validators_of_periods, governance.ctx_periods_of_all_validators, "
        "governance.ctx_accounts_of_periods, governance.ctx_ranges, governance.ctx_partner, "
        "governance.ctx_is_own_login, "
        "governance.ctx_actor_names, governance.ctx_is, governance.ctx_user_live, "
        "governance.ctx_introducer, governance.ctx_role, governance.ctx_list, "
        "governance.ctx_is_unlimited, governance.ctx_scope, governance.ctx_uuid, "
        "governance.ctx_setting"
    )


def _secured(table: str, rule: Rule) -> Iterator[str]:
    """Yield the statements that enable and force row security and create the policies."""
    yield f"alter table {table} enable row level security"
    yield f"alter table {table} force row level security"
    # Forced row security holds for the owner, too, so the roles of the pipeline have a policy.
    pipeline = sorted({*present(("cdp_owner", "cdp_writer")), _current_role()})
    yield (
        f"create policy pipeline on {table} to {', '.join(pipeline)} using (true) with check (true)"
    )
    for role in present(rule.open_to):
        yield f"create policy {role}_read on {table} for select to {role} using (true)"
    readers = ", ".join(present(READERS))
    if readers:
        for name, kind, shown in _shown(table, rule):
            yield f"create policy {name} on {table} as {kind} for select to {readers} using ({shown})"
    if present(("analyst",)):
        yield (
            f"create policy own_claims on {table} as restrictive for select to analyst "
            "using ((select governance.ctx_is_own_login()))"
        )


def _shown(table: str, rule: Rule) -> Iterator[tuple[str, str, str]]:
    """Yield name, kind and condition of the policies of readers.

    A claim is read in a subquery, so once per statement and not once per row.
    """
    if rule.staff:
        yield "staff_read", "permissive", _is(*rule.staff)
    for role, rows in rule.further:
        yield f"{role}_read", "permissive", f"{_is(role)} and ({rows})"
    if rule.partner is not None:
        yield "partner_read", "permissive", f"{_is('partner')} and ({rule.partner})"
    limits = [
        f"((select governance.ctx_is_unlimited('{claim}')) "
        f"or {column} = any ((select governance.ctx_list('{claim}'))::text[]))"
        for column, claim in (("chain_id", "chains"), ("validator_key", "validators"))
        if column in _columns(table)
    ]
    if limits:
        yield "scope", "restrictive", " and ".join(limits)


def _is(*roles: str) -> str:
    names = ", ".join(f"'{role}'" for role in roles)
    return f"(select governance.ctx_is(array[{names}]))"


def _open(relation: str) -> None:
    """Undo row security of a table or leaf."""
    found = op.get_bind().execute(
        text("select polname from pg_policy where polrelid = cast(:name as regclass)"),
        {"name": relation},
    )
    for (policy,) in found.fetchall():
        op.execute(f"drop policy {policy} on {relation}")
    op.execute(f"alter table {relation} no force row level security")
    op.execute(f"alter table {relation} disable row level security")


def _leaves(table: str) -> list[str]:
    found = op.get_bind().execute(
        text(
            "select inhrelid::regclass::text from pg_inherits "
            "where inhparent = cast(:name as regclass) order by 1"
        ),
        {"name": table},
    )
    return [row[0] for row in found]


def _columns(table: str) -> set[str]:
    found = op.get_bind().execute(
        text("select attname from pg_attribute where attrelid = cast(:name as regclass)"),
        {"name": table},
    )
    return {row[0] for row in found}


def _current_role() -> str:
    return str(op.get_bind().execute(text("select quote_ident(current_user)")).scalar_one())


def _readable_by_analysts() -> list[str]:
    return [table for table in READABLE if not table.startswith("audit.")]


def _readable_by_metrics() -> list[str]:
    """Return the counts that it reads, and what views need to show it no row."""
    return [table for table in READABLE if table.startswith(("ops.", "validators."))]


def _not_read_before(tables: list[str]) -> list[str]:
    return [table for table in tables if table not in READ_BEFORE]
