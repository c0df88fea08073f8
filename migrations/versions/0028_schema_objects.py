"""What the migrations made, so that a change by hand is seen."""

from alembic import op

from migrations.grants import grant

revision = "0028"
down_revision = "0027"

TABLES = """
create table ops.schema_object (
    kind text not null check (kind in ('column', 'index')),
    name text not null,
    definition text not null,
    primary key (kind, name)
);
comment on table ops.schema_object is
    'One row per column and index of our schemas as the migrations left it. Written by cdp migrate, compared by cdp migrate --status.';
comment on column ops.schema_object.kind is 'column or index.';
comment on column ops.schema_object.name is 'Schema, table and column, or schema and index.';
comment on column ops.schema_object.definition is
    'Type, null and default of a column; statement that makes an index.';
"""


def upgrade() -> None:
    op.execute(TABLES)
    grant("select on ops.schema_object", "api_ro", "metrics", "analyst")


def downgrade() -> None:
    op.execute("drop table ops.schema_object")
