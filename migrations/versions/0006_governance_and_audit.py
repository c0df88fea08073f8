"""Skeletons that later work fills: people, agreements and the hash-chained audit log."""

from alembic import op

from migrations.grants import grant, revoke

revision = "0006"
down_revision = "0005"

TABLES = """
create table governance.organisations (
    org_id uuid primary key,
    name text not null unique,
    created_at timestamptz not null
);
create table governance.users (
    user_id uuid primary key,
    org_id uuid references governance.organisations,
    email text not null unique,
    role text not null check (role in ('admin', 'finance', 'ops', 'partner', 'auditor', 'developer',
        'designer', 'executor', 'viewer', 'executive')),
    created_at timestamptz not null,
    disabled_at timestamptz
);
create table audit.log (
    seq bigint primary key,
    ts timestamptz not null,
    actor_id text not null,
    action text not null,
    resource_type text not null,
    resource_id text not null,
    before jsonb,
    after jsonb,
    reason text,
    correlation_id text,
    prev_hash text not null check (prev_hash ~ '^[0-9a-f]{64}$'),
    change_hash text not null unique check (change_hash ~ '^[0-9a-f]{64}$')
);
create table audit.access_log (
    access_id bigint generated always as identity primary key,
    at timestamptz not null,
    actor_id text not null,
    org_id uuid,
    action text not null,
    resource text not null,
    correlation_id text
);
comment on table audit.log is 'Append-only; each row''s hash covers the previous one.';
"""


def upgrade() -> None:
    op.execute(TABLES)
    revoke("update, delete on audit.log, audit.access_log", "cdp_writer")
    grant("usage on schema audit", "cdp_audit")
    grant("insert on audit.access_log", "cdp_audit")


def downgrade() -> None:
    op.execute("drop table audit.access_log, audit.log")
    op.execute("drop table governance.users, governance.organisations")
