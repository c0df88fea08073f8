"""What texts of columns claim about null, held against the rows: "never null" and "always null".

Scope: reading comments of a database and finding those that its rows belie.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import psycopg
from psycopg import sql

from query_layer.registry import ASSETS

_COMMENTS = """
select n.nspname, c.relname, a.attname, d.description
from pg_description d
join pg_class c on c.oid = d.objoid and d.classoid = 'pg_class'::regclass
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum = d.objsubid
where d.objsubid > 0 and c.relkind in ('r', 'p', 'v')
    and n.nspname ~ '^(filplus|intermediate|raw_|validators|api_v1|ops)'
order by 1, 2, 3
"""
_NEVER = re.compile(r"\bnever null\b", re.IGNORECASE)
_ALWAYS = re.compile(
    r"\balways null\b|^null: no longer|no longer (measured|written)", re.IGNORECASE
)


def belied_texts(connection: psycopg.Connection) -> Mapping[str, str]:
    """Return the columns whose text claims what a row contradicts, with the text.

    Texts are the comments of tables and views, and those of the query layer's document.
    """
    texts = [*connection.execute(_COMMENTS).fetchall(), *_served()]
    found = {}
    for schema, relation, column, text in texts:
        unwanted = "is null" if _NEVER.search(text) else "is not null"
        if not (_NEVER.search(text) or _ALWAYS.search(text)):
            continue
        query = sql.SQL("select exists (select from {} where {} " + unwanted + ")").format(
            sql.Identifier(schema, relation), sql.Identifier(column)
        )
        if connection.execute(query).fetchall()[0][0]:
            found[f"{schema}.{relation}.{column}"] = text
    return found


def _served() -> list[tuple[str, str, str, str]]:
    return [
        (*asset.view.split(".", 1), column.name, column.description)  # type: ignore[misc]
        for asset in ASSETS.values()
        for column in asset.columns
    ]
