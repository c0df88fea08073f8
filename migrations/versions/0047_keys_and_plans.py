"""Organisations with plans, API keys, and the access log's fields (query_layer.md §5).

``cdp_auth`` reads users and keys through one function each and nothing else. Executives have the
scope pnl:read, so row security shows them P&L.
"""

from alembic import op
from sqlalchemy import text

from migrations.grants import grant, present, revoke

revision = "0047"
down_revision = "0045"

TABLES = """
create table governance.plans (
    plan text primary key,
    read_per_minute integer not null check (read_per_minute > 0),
    export_per_minute integer not null check (export_per_minute > 0),
    exports_at_once integer not null check (exports_at_once > 0),
    export_rows bigint not null check (export_rows > 0)
);
insert into governance.plans values
    ('standard', 60, 6, 2, 1000000),
    ('professional', 300, 6, 2, 5000000),
    ('enterprise', 1200, 6, 2, 10000000);

alter table governance.organisations
    add column plan text not null default 'standard' references governance.plans,
    add column read_per_minute integer check (read_per_minute > 0),
    add column is_active boolean not null default true;

create table governance.api_keys (
    key_id text primary key check (key_id ~ '^[0-9a-f]{16}$'),
    secret_sha256 bytea not null unique check (length(secret_sha256) = 32),
    label text not null,
    org_id uuid not null references governance.organisations,
    user_id uuid not null references governance.users,
    role text not null,
    scopes text[],
    asset_groups text[],
    api_version text check (api_version ~ '^v[0-9]+$'),
    issued_at timestamptz not null,
    issued_by text not null,
    expires_at timestamptz not null check (expires_at > issued_at),
    revoked_at timestamptz check (revoked_at >= issued_at),
    revoked_by text,
    last_used_on date,
    check ((revoked_at is null) = (revoked_by is null))
);

alter table audit.access_log
    add column role text,
    add column asset_key text,
    add column api_key_id text,
    add column ip_address text;
"""

FUNCTIONS = """
create function governance.auth_user(p_user_id uuid)
returns table (
    user_id uuid, role text, org_id uuid, introducer_id uuid, allowed_chain_ids text[],
    allowed_validator_keys text[], is_live boolean, is_org_active boolean, plan text,
    read_per_minute integer, export_per_minute integer, exports_at_once integer, export_rows bigint
)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select
        u.user_id, u.role, u.org_id, u.introducer_id, u.allowed_chain_ids, u.allowed_validator_keys,
        u.is_active
            and (u.disabled_at is null or u.disabled_at > ops.present_instant())
            and (u.valid_from is null or u.valid_from <= ops.present_instant())
            and (u.valid_until is null or u.valid_until > ops.present_instant()),
        coalesce(o.is_active, true), p.plan, coalesce(o.read_per_minute, p.read_per_minute),
        p.export_per_minute, p.exports_at_once, p.export_rows
    from governance.users u
    left join governance.organisations o on o.org_id = u.org_id
    join governance.plans p on p.plan = coalesce(o.plan, 'standard')
    where u.user_id = p_user_id
$$;
comment on function governance.auth_user is
    'What the query layer needs to know of a user: role, scope, whether the user may act now, and the limits of the plan. For cdp_auth.';

create function governance.auth_key(p_key_id text)
returns table (
    key_id text, secret_sha256 bytea, key_role text, scopes text[], asset_groups text[],
    api_version text, is_revoked boolean, is_expired boolean, lifetime_days double precision,
    user_id uuid, role text, org_id uuid, introducer_id uuid, allowed_chain_ids text[],
    allowed_validator_keys text[], is_live boolean, is_org_active boolean, plan text,
    read_per_minute integer, export_per_minute integer, exports_at_once integer, export_rows bigint
)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select
        k.key_id, k.secret_sha256, k.role, k.scopes, k.asset_groups, k.api_version,
        k.revoked_at is not null, k.expires_at <= ops.present_instant(),
        extract(epoch from k.expires_at - k.issued_at)::double precision / 86400,
        u.user_id, u.role, k.org_id, u.introducer_id, u.allowed_chain_ids, u.allowed_validator_keys,
        u.is_live, o.is_active, p.plan, coalesce(o.read_per_minute, p.read_per_minute),
        p.export_per_minute, p.exports_at_once, p.export_rows
    from governance.api_keys k
    join governance.organisations o on o.org_id = k.org_id
    join governance.plans p on p.plan = o.plan
    cross join lateral governance.auth_user(k.user_id) u
    where k.key_id = p_key_id
$$;
comment on function governance.auth_key is
    'The row of an API key by its id, with its user, organisation and plan. For cdp_auth, which compares the hash of the secret.';

create function governance.auth_key_used(p_key_id text) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
    update governance.api_keys k
    set last_used_on = (ops.present_instant() at time zone 'UTC')::date
    where k.key_id = p_key_id
        and k.last_used_on is distinct from (ops.present_instant() at time zone 'UTC')::date
$$;
comment on function governance.auth_key_used is
    'Record the day on which a key was used last: one write per key and day. For cdp_auth.';
"""
NAMES = ("auth_user(uuid)", "auth_key(text)", "auth_key_used(text)")

# What a route with the scope pnl:read shows.
OF_EXECUTIVES = (
    "validators.chain_registry",
    "validators.canonical_periods",
    "validators.validator_pnl",
    "validators.fx_rates",
)


def _relations(table: str) -> list[str]:
    """Return a table and its leaves."""
    found = op.get_bind().execute(
        text(
            "select cast(inhrelid as regclass)::text from pg_inherits "
            "where inhparent = cast(:name as regclass) order by 1"
        ),
        {"name": table},
    )
    return [table, *(row[0] for row in found)]


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(FUNCTIONS)
    for name in NAMES:
        op.execute(f"revoke all on function governance.{name} from public")
        grant(f"execute on function governance.{name}", "cdp_auth")
    revoke("select on governance.users", "cdp_auth")
    op.execute("drop policy if exists cdp_auth_read on governance.users")
    revoke("delete on governance.api_keys, governance.organisations", "cdp_writer")
    readers = ", ".join(present(("api_ro", "analyst")))
    for table in OF_EXECUTIVES if readers else ():
        for relation in _relations(table):
            op.execute(
                f"create policy executive_read on {relation} for select to {readers} "
                "using ((select governance.ctx_is(array['executive'])))"
            )


def downgrade() -> None:
    for table in OF_EXECUTIVES:
        for relation in _relations(table):
            op.execute(f"drop policy if exists executive_read on {relation}")
    if present(("cdp_auth",)):
        op.execute(
            "create policy cdp_auth_read on governance.users for select to cdp_auth using (true)"
        )
    grant("select on governance.users", "cdp_auth")
    for name in NAMES:
        op.execute(f"drop function governance.{name}")
    op.execute(
        "alter table audit.access_log drop column role, drop column asset_key, "
        "drop column api_key_id, drop column ip_address"
    )
    op.execute("drop table governance.api_keys")
    op.execute(
        "alter table governance.organisations drop column plan, drop column read_per_minute, "
        "drop column is_active"
    )
    op.execute("drop table governance.plans")
