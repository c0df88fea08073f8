"""Rows of every table as the product made them beside those of its plain formula.

Belongs here: running the statements of ``bench/reference`` over a source. Does not: the source, or
what is compared.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg

from bench.statements import GIVEN, all_statements
from resources.dbt_runner import PROJECT_DIR
from tests.integration.filplus.pipeline import BY_PIECE_MARTS, Pipeline, rows_of

STATEMENTS = all_statements()
MADE = [
    s
    for s in STATEMENTS
    if s.table in BY_PIECE_MARTS or (PROJECT_DIR / f"models/marts/filplus/{s.table}.sql").exists()
]
Tables = dict[str, tuple[list[Any], list[Any]]]


def rows_of_both(pipeline: Pipeline, as_of: datetime) -> Tables:
    """Return for each table its rows and those of its formula, both in total order.

    What no formula makes (observations, registries) is taken over from the product. A size that is
    no whole number of bytes is none (decision 0036): the one reading that formulas do not have.
    """
    with (
        pipeline.warehouse.connect() as made,
        psycopg.connect(pipeline.dmob, autocommit=True) as plain,
    ):
        plain.execute("set timezone = 'UTC'")
        plain.execute("create schema reference")
        plain.execute(_WHOLE_SIZES)
        for table in sorted(GIVEN):
            _take_over(made, plain, table)
        for statement in STATEMENTS:
            plain.execute(statement.create(as_of))
        return {
            s.table: (
                rows_of(made, f"filplus.{s.table}"),
                rows_of(plain, f"reference.{s.table}"),
            )
            for s in MADE
        }


_WHOLE_SIZES = """
update public.unified_verified_deal set "pieceSize" = null where scale(trim_scale("pieceSize")) > 0
"""


def _take_over(made: psycopg.Connection[Any], plain: psycopg.Connection[Any], table: str) -> None:
    columns = made.execute(
        "select string_agg(format('%%I %%s', attname, format_type(atttypid, atttypmod)), ', ' "
        "order by attnum) from pg_attribute "
        "where attrelid = %s::regclass and attnum > 0 and not attisdropped",
        [f"filplus.{table}"],
    ).fetchone()
    assert columns is not None
    plain.execute(f"create table reference.{table} ({columns[0]})")
    with (
        made.cursor().copy(f"copy filplus.{table} to stdout") as rows,
        plain.cursor().copy(f"copy reference.{table} from stdin") as sink,
    ):
        for chunk in rows:
            sink.write(chunk)
