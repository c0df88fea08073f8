"""Every row of every table that a pipeline makes, in a form that two warehouses can share.

A piece has its CID instead of the number that one warehouse gave it, and versions of syncs are left
out. Belongs here: what is compared. Does not: making it (``pipeline``).
"""

from __future__ import annotations

from typing import Any

import psycopg

from bench.deal_tables import OF_THE_DAY

Content = dict[str, list[tuple[Any, ...]]]
SCHEMAS = ("filplus", "intermediate", "raw_dmob")
# Tables that two ways to the same rows may leave different, with the reason.
NOT_COMPARED = {
    "raw_dmob.piece": "a dictionary: it keeps pieces that nobody stores any more",
    "raw_dmob.changed_pieces": "what waits to be counted anew; a sync that found nothing adds none",
}
# Statistics that are columns of ``clients_stats_daily``.
STATISTICS_OF_THE_DAY = (
    "CLIENTS_WITH_ACTIVE_DEALS",
    "CLIENTS_WITH_ACTIVE_DEALS_AND_DATACAP",
    "TOTAL_REMAINING_CLIENTS_DATACAP",
)

_COLUMNS = """
select n.nspname || '.' || r.relname, array_agg(a.attname::text order by a.attnum)
from pg_class r
join pg_namespace n on n.oid = r.relnamespace
join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
where n.nspname = any(%s) and r.relkind = 'r' and a.attname <> '_sync_version'
group by 1
order by 1
"""


def content(connection: psycopg.Connection[Any]) -> Content:
    """Return the rows of every table of the schemas by its name, in total order.

    Of what is counted on the day of the clock only the newest day is there: a rebuild cannot see
    the days before, nor the statistics of clients that come out of them.
    """
    tables = connection.execute(_COLUMNS, [list(SCHEMAS)]).fetchall()
    return {
        name.split(".")[1]: connection.execute(_query(name, columns)).fetchall()
        for name, columns in tables
        if name not in NOT_COMPARED
    }


def day_of(connection: psycopg.Connection[Any], table: str, day: Any) -> list[tuple[Any, ...]]:
    """Return the rows of one day of a table that is counted on the day of the clock."""
    return connection.execute(
        f"select t.* from filplus.{table} t where date = %s order by t.*::text", [day]
    ).fetchall()


def _query(name: str, columns: list[str]) -> str:
    shown = ", ".join("p.piece_cid" if c == "piece_id" else f"t.{c}::text" for c in columns)
    joined = "left join raw_dmob.piece p using (piece_id)" if "piece_id" in columns else ""
    table, compared = name.split(".")[1], ""
    if table in OF_THE_DAY:
        compared = f"where t.date = (select max(date) from {name})"
    if table == "client_statistics_daily":
        compared = f"where t.statistic not in {STATISTICS_OF_THE_DAY}"
    return f"select {shown} from {name} t {joined} {compared} order by row({shown})::text"
