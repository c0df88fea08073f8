"""Run the migrations on the connection that the caller opened (``resources.postgres.migrator``)."""

from __future__ import annotations

from alembic import context
from sqlalchemy import text

connection = context.config.attributes["connection"]
connection.execute(text("create schema if not exists ops"))
connection.commit()  # alembic opens its own transaction per migration only on an idle connection
context.configure(
    connection=connection,
    version_table="schema_version",
    version_table_schema="ops",
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
