"""SQL that finds the stored responses of a complete fetch, which its manifest lists.

Scope: the join; not here: writing manifests and reading bodies (``payload_store``).
"""

from __future__ import annotations

from typing import Literal


def manifest_parts(
    manifest: str,
    *,
    data_type: str,
    chain_id: str = "%(chain)s",
    join: Literal["join", "left join"] = "join",
) -> str:
    """Return the joins from manifests to their parts ``part`` and the stored responses ``s``.

    ``part ->> 'asked'`` is the request of a part.

    Args:
        manifest: Alias of the manifests' rows of ``staging.staging_payloads``.
        data_type: SQL of their data type; a literal or parameter reads one partition alone.
        chain_id: SQL of their chain.
        join: With ``left join``, a part that is not stored has null in all columns of ``s``.
    """
    return f"""
        cross join lateral jsonb_array_elements({manifest}.raw_payload -> 'parts') part
        {join} staging.staging_payloads s
            on s.data_type = {data_type} and s.chain_id = {chain_id}
            and s.period_id = {manifest}.period_id and s.validator_key = ''
            and s.provider_name = {manifest}.provider_name
            and s.response_hash = part ->> 'response_hash'
    """
