"""Alerts: what failed and has not passed since, one row per failure (U-22)."""

from alembic import op

from migrations.grants import grant

revision = "0021"
down_revision = "0020"

TABLES = """
create table ops.alerts (
    alert_id bigint generated always as identity primary key,
    kind text not null check (kind in ('check', 'run')),
    subject text not null,
    check_name text not null default '',
    first_partition text not null,
    last_partition text not null,
    severity text not null check (severity in ('ERROR', 'WARN')),
    is_blocking boolean not null,
    message text not null,
    run_id text not null,
    failures integer not null default 1,
    opened_at timestamptz not null,
    last_failed_at timestamptz not null,
    closed_at timestamptz
);
create unique index alerts_open on ops.alerts
    (kind, subject, check_name, first_partition, last_partition) where closed_at is null;
create index on ops.alerts (kind, subject, check_name, opened_at desc);
comment on table ops.alerts is
    'One row per failure of a check or run in a partition, from the first attempt that failed until one passes. Written by the sensor of failures.';

create view ops.open_alerts with (security_invoker = true) as
select
    a.alert_id,
    a.kind,
    a.subject,
    a.check_name,
    a.first_partition,
    a.last_partition,
    a.severity,
    a.is_blocking,
    a.opened_at,
    a.last_failed_at,
    a.failures,
    c.owner,
    a.run_id,
    a.message
from ops.alerts a
left join ops.asset_catalog c on c.asset_key = a.subject
where a.closed_at is null;
comment on view ops.open_alerts is
    'One row per alert that is not over, with the owner of the table; null for a run.';
"""


def upgrade() -> None:
    op.execute(TABLES)
    grant("select on ops.alerts, ops.open_alerts", "api_ro", "metrics", "analyst")


def downgrade() -> None:
    op.execute("drop view ops.open_alerts")
    op.execute("drop table ops.alerts")
