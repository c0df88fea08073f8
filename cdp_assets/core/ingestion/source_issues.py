"""Files and entries of a registry that are wrong or unreadable, in ``ops.registry_issues``.

Scope: the record and its table; not here: deciding what is wrong (rules and landings).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import psycopg

from cdp_assets.errors import REQUEST_NOT_SENT

Effect = Literal["skipped", "kept_previous", "recorded"]
_DETAIL_CHARACTERS = 1_000


@dataclass(frozen=True)
class Issue:
    """One thing that is wrong.

    Attributes:
        location: ``owner/name/path`` of the file, or what else it is about.
        reason: Code of a closed list (docs/reference/tables.md).
        effect: Whether its row is missing, has older content, or is there.
        detail: One sentence.
    """

    location: str
    reason: str
    effect: Effect
    detail: str


def previously_failed_locations(connection: psycopg.Connection) -> set[str]:
    """Return the locations whose last call failed: they are requested after all others.

    Locations for which no request was sent are not among them.
    """
    rows = connection.execute(
        "select location from ops.registry_issues where reason = 'not_read' and detail not like %s",
        [f"%{REQUEST_NOT_SENT}%"],
    )
    return {row[0] for row in rows}


def replace_issues(
    cursor: psycopg.Cursor, asset_key: str, issues: Sequence[Issue], as_of: datetime
) -> None:
    """Replace the issues of an asset by those of this run; a known one retains its ``since``."""
    unique = {(issue.location, issue.reason): issue for issue in issues}
    cursor.execute(
        """
        create temporary table met_issues (
            location text, reason text, effect text, detail text, since timestamptz
        ) on commit drop
        """
    )
    with cursor.copy("copy met_issues from stdin") as sink:
        for key in sorted(unique):
            issue = unique[key]
            sink.write_row((*key, issue.effect, issue.detail[:_DETAIL_CHARACTERS], as_of))
    cursor.execute(
        "update met_issues m set since = least(i.since, m.since) from ops.registry_issues i "
        "where i.asset_key = %s and (i.location, i.reason) = (m.location, m.reason)",
        [asset_key],
    )
    cursor.execute("delete from ops.registry_issues where asset_key = %s", [asset_key])
    cursor.execute(
        "insert into ops.registry_issues (asset_key, location, reason, effect, detail, since) "
        "select %s, location, reason, effect, detail, since from met_issues",
        [asset_key],
    )
    cursor.execute("drop table met_issues")
