"""Agreements and their versions in ``governance``: reading them, adding versions, ending them.

A version never changes but by an earlier end. Which version is in force in a period follows from
the ranges alone; the status of an agreement is for people: a suspended or ended one has no open
range. Scope: statements over the tables; not here: who may change them (``agreement_job``).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
from psycopg.types.json import Jsonb

from cdp_assets.errors import PermanentFailure
from cdp_assets.validators.agreements.period_ranges import range_number, refused_by_field
from cdp_assets.validators.commissions.engine.agreement_terms import AgreementVersion, parse_version

_VERSIONS = """
    select v.agreement_id, v.version, a.introducer_id::text as introducer_id, v.chain_id,
        v.period_type, v.effective_from_period as effective_from,
        v.effective_to_period as effective_to, v.rules, v.floors, v.caps
    from governance.agreement_versions v join governance.agreements a using (agreement_id)
"""


class Agreement(NamedTuple):
    """An agreement without its terms."""

    agreement_id: str
    introducer_id: str
    name: str
    status: str


def find_agreement(cursor: psycopg.Cursor, agreement_id: str) -> Agreement | None:
    """Return an agreement, locked until the transaction ends; null: there is none."""
    row = cursor.execute(
        "select agreement_id, introducer_id::text, name, status from governance.agreements "
        "where agreement_id = %s for update",
        [agreement_id],
    ).fetchone()
    return None if row is None else Agreement(*row)


def require_agreement(cursor: psycopg.Cursor, agreement_id: str) -> Agreement:
    """Return an agreement, locked.

    Raises:
        PermanentFailure: There is none.
    """
    found = find_agreement(cursor, agreement_id)
    if found is None:
        raise PermanentFailure(
            f"there is no agreement {agreement_id}",
            key="agreement_id",
            hint="create it with `agreement_job`",
        )
    return found


def versions_of_agreement(cursor: psycopg.Cursor, agreement_id: str) -> list[AgreementVersion]:
    """Return all versions of an agreement, ascending."""
    rows = cursor.execute(
        f"{_VERSIONS} where v.agreement_id = %s order by v.version", [agreement_id]
    )
    return list(_parsed(rows))


def versions_from(cursor: psycopg.Cursor, chain_id: str, ordinal: int) -> list[AgreementVersion]:
    """Return the versions of a chain that are in force in some period from an ordinal on."""
    rows = cursor.execute(
        f"{_VERSIONS} where v.chain_id = %s and coalesce(v.effective_to_period > %s, true) "
        "order by v.agreement_id, v.version",
        [chain_id, ordinal],
    )
    return list(_parsed(rows))


def _parsed(rows: psycopg.Cursor) -> Iterable[AgreementVersion]:
    assert rows.description is not None
    columns = [column.name for column in rows.description]
    return [parse_version(dict(zip(columns, row, strict=True))) for row in rows]


def add_agreement(
    cursor: psycopg.Cursor, agreement: Agreement, created_at: datetime, created_by: str
) -> None:
    """Write a new agreement."""
    cursor.execute(
        "insert into governance.agreements (agreement_id, introducer_id, name, status, created_at, "
        "created_by) values (%s, %s, %s, %s, %s, %s)",
        [*agreement, created_at, created_by],
    )


def add_version(
    cursor: psycopg.Cursor,
    version: AgreementVersion,
    created_at: datetime,
    created_by: str,
    reason: str,
) -> None:
    """Write a new version.

    Raises:
        PermanentFailure: Its range overlaps that of another version on the chain.
    """
    terms = terms_as_json(version)
    with refused_by_field():
        cursor.execute(
            """
            insert into governance.agreement_versions (agreement_id, version, chain_id, period_type,
                effective_from_period, effective_to_period, rules, floors, caps, range_number,
                created_at, created_by, change_reason)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            """,
            [
                version.agreement_id,
                version.version,
                version.chain_id,
                version.period_type,
                version.effective_from,
                version.effective_to,
                *(Jsonb(terms[part]) for part in ("rules", "floors", "caps")),
                range_number(cursor, "agreement", version.agreement_id, version.chain_id),
                created_at,
                created_by,
                reason,
            ],
        )


def end_versions(
    cursor: psycopg.Cursor, agreement_id: str, at: int, chain_id: str | None = None
) -> list[int]:
    """End the versions that are in force at an ordinal there; return their numbers.

    Args:
        cursor: Of the transaction.
        agreement_id: Of the agreement.
        at: Ordinal after the last period of the ended versions.
        chain_id: The chain; null: all chains of the agreement.
    """
    rows = cursor.execute(
        """
        update governance.agreement_versions set effective_to_period = %(at)s
        where agreement_id = %(id)s and coalesce(chain_id = %(chain)s, true)
            and effective_from_period < %(at)s
            and coalesce(effective_to_period > %(at)s, true)
        returning version
        """,
        {"at": at, "id": agreement_id, "chain": chain_id},
    ).fetchall()
    return sorted(int(row[0]) for row in rows)


def set_status(cursor: psycopg.Cursor, agreement_id: str, status: str) -> None:
    """Write the status of an agreement."""
    cursor.execute(
        "update governance.agreements set status = %s where agreement_id = %s",
        [status, agreement_id],
    )


def terms_as_json(version: AgreementVersion) -> dict[str, Any]:
    """Return rules, floors and caps as they are stored; amounts as text."""
    terms: dict[str, Any] = version.model_dump(mode="json", include={"rules", "floors", "caps"})
    return {part: _with_amounts_as_text(entries) for part, entries in terms.items()}


def _with_amounts_as_text(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_amounts_as_text(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: str(one) if key.endswith("_native") and one is not None else _with_amounts_as_text(one)
        for key, one in value.items()
    }
