"""What must hold in every table of versions, as checks of a run and for ``verify-integrity``.

Scope: versions and the responses that rows were built from; not here: what the values of a table
mean (the checks of its own domain).
"""

from __future__ import annotations

from cdp_assets.core.checks.sql_check import SqlCheck
from cdp_assets.validators.storage.versioned_append import VersionedTable


def one_current_row(table: VersionedTable) -> SqlCheck:
    """Return the check that each key has one current version, the newest, and no gap before it."""
    key, version = ", ".join(table.key), table.form.version
    return SqlCheck(
        "one_current_row_per_key",
        f"{table.schema}/{table.name}",
        "No business key has two current rows, and each current row is the last of its versions.",
        f"""
        select period_id, concat_ws(' ', {key}) as sample
        from {table.schema}.{table.name}
        where chain_id = %(chain)s and period_id = any(%(periods)s)
        group by chain_id, {key}
        having count(*) filter (where is_current) <> 1
            or max({version}) filter (where is_current) <> max({version})
            or count(*) <> max({version})
        """,
        is_blocking=True,
    )


def rows_without_payload(table: VersionedTable) -> str:
    """Return the SQL of a table's rows whose ``source_payload_id`` is not in staging."""
    return f"""(
        select *
        from {table.schema}.{table.name} t
        where t.source_payload_id is not null and not exists (
            select from staging.staging_payloads s where s.payload_id = t.source_payload_id
        )
    )"""


def payloads_are_stored(table: VersionedTable) -> SqlCheck:
    """Return the check that the response of each current row is in staging."""
    return SqlCheck(
        "payloads_are_stored",
        f"{table.schema}/{table.name}",
        "The response that each row was built from is in staging, so amounts can be explained.",
        f"""
        select period_id, validator_key || ' ' || source_payload_id as sample
        from {rows_without_payload(table)} c
        where chain_id = %(chain)s and period_id = any(%(periods)s) and is_current
        """,
        is_blocking=True,
    )
