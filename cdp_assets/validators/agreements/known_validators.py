"""Validators that agreements and overrides name must be known on the chain.

A misspelt key would silently pay nothing. Scope: the refusal; not here: which validators a rule
covers (``commissions.engine.agreement_terms``).
"""

from __future__ import annotations

import difflib
from collections.abc import Collection

import psycopg

from cdp_assets.errors import PermanentFailure
from cdp_assets.validators.chains.chain_registry import Chain


def require_known_validators(
    cursor: psycopg.Cursor, chain: Chain, validators: Collection[str], field: str
) -> None:
    """Refuse a validator that the chain's configuration does not track and no period has.

    Before a chain was observed at all, where its configuration tracks all, nothing is known.

    Args:
        cursor: Of the transaction.
        chain: The chain.
        validators: Keys.
        field: Of the form, for the refusal.

    Raises:
        PermanentFailure: One of them is unknown; names the field and the closest known one.
    """
    tracked = [] if chain.tracked_validators == "all" else list(chain.tracked_validators)
    missing = sorted(set(validators) - set(tracked))
    if not missing:
        return
    rows = cursor.execute(
        """
        select distinct validator_key from validators.canonical_validator_identities
        where chain_id = %s and is_current and not is_void
        """,
        [chain.chain_id],
    ).fetchall()
    known = {*tracked, *(row[0] for row in rows)}
    unknown = [key for key in missing if key not in known]
    if known and unknown:
        near = difflib.get_close_matches(unknown[0], known, 1, 0)[0]
        raise PermanentFailure(
            f"{chain.chain_id} has no validator {', '.join(unknown)}; the closest to the first is "
            f"{near}",
            key=field,
            hint="correct the key; a validator is known once a period has it, or chains.yaml "
            "tracks it",
        )
