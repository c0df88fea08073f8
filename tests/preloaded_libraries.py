"""The libraries that a command loads; imported once, by the process that others are forked from."""

import gc
import importlib

_LIBRARIES = (
    "alembic.command",
    "dagster",
    "dagster_dbt",
    "dagster_graphql",
    "dagster_postgres",
    "dbt.adapters.postgres",
    "dbt.cli.main",
    "httpx",
    "psycopg",
    "pydantic",
    "rich.console",
    "sqlalchemy",
    "sqlglot.lineage",
    "typer",
)

for library in _LIBRARIES:
    importlib.import_module(library)

gc.collect()
gc.freeze()  # a collector would otherwise walk, and thereby copy, what the processes share
