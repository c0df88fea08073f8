"""Overrides of inputs of reports: added or withdrawn, never edited, and shown by reports (G-07)."""

from alembic import op

from migrations.grants import grant, revoke

revision = "0013"
down_revision = "0012"

TABLES = """
create table governance.input_overrides (
    override_id bigint generated always as identity primary key,
    entity_kind text not null check (entity_kind in ('allocator', 'client', 'provider')),
    entity_id text not null check (entity_id ~ '^f0[0-9]+$'),
    input_name text not null,
    value jsonb not null,
    reason text not null check (length(btrim(reason)) >= 10),
    requested_by text not null check (btrim(requested_by) <> ''),
    approver text not null check (btrim(approver) <> ''),
    added_at timestamptz not null,
    expires_at timestamptz not null,
    run_id text not null,
    check (expires_at > added_at),
    check (lower(btrim(approver)) <> lower(btrim(requested_by))),
    constraint only_inputs_of_reports check (
        case entity_kind
            when 'allocator' then input_name in ('data_type', 'audit', 'required_copies',
                'required_sps', 'tranche_schedule', 'first_audit_ended_at')
            when 'client' then input_name in ('declared_providers',
                'expected_size_of_single_dataset', 'total_requested_amount')
            else input_name = 'retrievability'
        end
    )
);
create index on governance.input_overrides (entity_kind, entity_id, input_name, override_id desc);
comment on table governance.input_overrides is
    'One row per override of an input that reports are made of. Never changed: a row of input_override_withdrawals or expires_at ends it; of several for an input the last that still holds is used.';
comment on column governance.input_overrides.override_id is 'Number, ascending in the order of adding.';
comment on column governance.input_overrides.entity_kind is 'Whose input it is.';
comment on column governance.input_overrides.entity_id is 'Its id, f0 and a number.';
comment on column governance.input_overrides.input_name is 'Which input; a score or check can never stand here.';
comment on column governance.input_overrides.value is 'Value used instead: text (bytes and rates too), list of texts, or JSON null for unknown.';
comment on column governance.input_overrides.reason is 'Why, as every report shows it.';
comment on column governance.input_overrides.requested_by is 'Who launched the change.';
comment on column governance.input_overrides.approver is 'Who agreed; never the same person.';
comment on column governance.input_overrides.added_at is 'Clock of the run, UTC; it holds from here.';
comment on column governance.input_overrides.expires_at is 'UTC; from this instant on it holds no longer.';
comment on column governance.input_overrides.run_id is 'Run that added it.';

create table governance.input_override_withdrawals (
    override_id bigint primary key references governance.input_overrides,
    reason text not null check (length(btrim(reason)) >= 10),
    requested_by text not null check (btrim(requested_by) <> ''),
    approver text not null check (btrim(approver) <> ''),
    withdrawn_at timestamptz not null,
    run_id text not null,
    check (lower(btrim(approver)) <> lower(btrim(requested_by)))
);
comment on table governance.input_override_withdrawals is
    'One row per override that was ended before it expired. No row: it was not.';
comment on column governance.input_override_withdrawals.override_id is 'Number of the override.';
comment on column governance.input_override_withdrawals.reason is 'Why it was ended.';
comment on column governance.input_override_withdrawals.requested_by is 'Who launched the change.';
comment on column governance.input_override_withdrawals.approver is 'Who agreed; never the same person.';
comment on column governance.input_override_withdrawals.withdrawn_at is 'Clock of the run, UTC; from here on it holds no longer.';
comment on column governance.input_override_withdrawals.run_id is 'Run that ended it.';

create function governance.refuse_change() returns trigger
language plpgsql as $$
begin
    raise exception 'rows of %.% never change: add an override or withdraw one',
        tg_table_schema, tg_table_name;
end
$$;
"""

SHOWN = """
alter table filplus.{table} add column input_overrides jsonb not null default '[]'
    check (jsonb_typeof(input_overrides) = 'array');
comment on column filplus.{table}.input_overrides is
    'Overrides that the report was made with, one object each: override_id, entity_kind, entity_id, input_name, original_value, value_used, reason, requested_by, approver, expires_at; empty: none.';
"""
_TABLES = ("input_overrides", "input_override_withdrawals")
_REPORTS = ("client_report", "allocator_report")
_READ_BY_VIEWS = (
    *_REPORTS,
    "client_report_storage_provider_distribution",
    "client_report_storage_provider_distribution_location",
    "client_report_replica_distribution",
    "client_report_cid_sharing",
    "client_report_check_result",
    "allocator_report_client",
    "allocator_report_client_replica_distribution",
    "allocator_report_client_cid_sharing",
    "allocator_report_client_allocation",
    "allocator_report_storage_provider_distribution",
    "allocator_report_storage_provider_distribution_location",
    "allocator_report_check_result",
    "allocator_report_scoring_result",
    "allocator_report_scoring_result_range",
    "allocator_score_explained",
    "storage_provider_compliance_weekly",
    "allocator_compliance_weekly",
    "compliance_alerts",
)


def upgrade() -> None:
    op.execute(TABLES)
    for table in _TABLES:
        op.execute(
            f"create trigger refuse_change before update or delete or truncate on governance.{table} "
            "for each statement execute function governance.refuse_change()"
        )
        revoke(f"update, delete, truncate on governance.{table}", "cdp_writer")
    for table in _REPORTS:
        op.execute(SHOWN.format(table=table))
    # Views of api_v1 are read with the reader's own rights, and metrics is one of the readers.
    for table in _READ_BY_VIEWS:
        grant(f"select on filplus.{table}", "metrics")


def downgrade() -> None:
    for table in _READ_BY_VIEWS:
        revoke(f"select on filplus.{table}", "metrics")
    for table in _REPORTS:
        op.execute(f"alter table filplus.{table} drop column input_overrides cascade")
    op.execute("drop table governance.input_override_withdrawals, governance.input_overrides")
    op.execute("drop function governance.refuse_change()")
