"""The reference statements in DuckDB's SQL dialect.

Only a few substitutions differ, so that both databases compute the same formulas. Scope: the
translation. Not here: running the statements (``bench.duck``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from bench.statements import Statement

# Instants are naive UTC in DuckDB: with zones DuckDB would need its calendar extension.
_RULES = (
    (r"to_timestamp\((30 \* .+? \+ 1598306400)\)", r"make_timestamp((\1) * 1000000)"),
    (r" at time zone 'UTC'", ""),
    (r"::timestamp\(3\)", "::timestamp"),
    # a function of lists in DuckDB, not of rows
    (r"generate_series\((.*?)\)(\s+)as week", r"unnest(generate_series(\1))\2as week"),
    # numerics have three decimals in DuckDB; the live platform sums doubles
    (r"::numeric\b", "::double"),
)
_EACH_WEEK = re.compile(
    r"from \(\s*select generate_series\(\s*timestamp '(?P<first>[\d :-]+)'.*?\) w\s+"
    r"cross join lateral \(\n(?P<body>.*)\n\) acc",
    re.DOTALL,
)


def translated(statement: Statement, as_of: datetime) -> Iterator[str]:
    """Yield the statements that build one table: one, or for a formula of each week one per week.

    As one statement such a formula would hold all weeks of the history in memory at once.
    """
    text = statement.query.replace("%(as_of)s", f"timestamp '{as_of:%Y-%m-%d %H:%M:%S}'")
    found = _EACH_WEEK.search(text)
    if found is None:
        yield f"create table reference.{statement.table} as {_in_dialect(text)}"
        return
    into = f"create table reference.{statement.table} as"
    for week in _weeks(datetime.fromisoformat(found["first"]), as_of.replace(tzinfo=None)):
        literal = f"timestamp '{week:%Y-%m-%d %H:%M:%S}'"
        body = _in_dialect(found["body"].replace("w.week", literal))
        yield f"{into} select {literal} as week, acc.* from (\n{body}\n) acc"
        into = f"insert into reference.{statement.table}"


def _in_dialect(text: str) -> str:
    for pattern, replacement in _RULES:
        text = re.sub(pattern, replacement, text, flags=re.DOTALL)
    return text


def _weeks(first: datetime, as_of: datetime) -> Iterator[datetime]:
    while first <= as_of:
        yield first
        first += timedelta(days=7)
