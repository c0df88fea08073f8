"""Rows of the audit log and of the access log never change, whoever asks (validator §12)."""

from alembic import op

from migrations.grants import revoke

revision = "0050"
down_revision = "0049"

_TABLES = ("log", "access_log")
FUNCTION = """
create function audit.refuse_change() returns trigger
language plpgsql as $$
begin
    raise exception using
        message = format('rows of %I.%I are only added: %s is refused',
            tg_table_schema, tg_table_name, tg_op),
        hint = 'write a new entry that corrects the former one';
end
$$;
"""


def upgrade() -> None:
    op.execute(FUNCTION)
    for table in _TABLES:
        op.execute(
            f"create trigger refuse_change before update or delete or truncate on audit.{table} "
            "for each statement execute function audit.refuse_change()"
        )
        revoke(f"update, delete, truncate on audit.{table}", "cdp_writer", "cdp_audit")


def downgrade() -> None:
    for table in _TABLES:
        op.execute(f"drop trigger refuse_change on audit.{table}")
    op.execute("drop function audit.refuse_change()")
