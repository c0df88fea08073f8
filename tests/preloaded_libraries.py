"""The libraries that a command loads; imported once, by the process that others are forked from."""

import gc

import alembic.command
import dagster
import dagster_dbt
import dagster_graphql
import dagster_postgres
import dbt.adapters.postgres
import dbt.cli.main
import httpx
import psycopg
import pydantic
import rich.console
import sqlalchemy
import sqlglot.lineage
import typer

__all__ = [
    "alembic",
    "dagster",
    "dagster_dbt",
    "dagster_graphql",
    "dagster_postgres",
    "dbt",
    "httpx",
    "psycopg",
    "pydantic",
    "rich",
    "sqlalchemy",
    "sqlglot",
    "typer",
]

gc.collect()
gc.freeze()  # a collector would otherwise walk, and thereby copy, what the processes share
