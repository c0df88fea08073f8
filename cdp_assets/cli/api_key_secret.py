"""The secret of a new API key: made here, shown here once, and given to the job as its hash.

So it never is in a run's config, log or metadata, nor in a table. Scope: that; not here: the job
(``cdp_assets.governance.api_key_jobs``).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_HASH = "secret_sha256"
_BYTES = 32


@dataclass(frozen=True, repr=False)
class NewSecret:
    """A secret that only this process knows."""

    text: str

    def key(self, key_id: str) -> str:
        """Return the key that a program sends."""
        return f"cdp_{key_id}_{self.text}"


def with_secret(job: str, config: Mapping[str, Any]) -> tuple[dict[str, Any], NewSecret | None]:
    """Return a job's config, with the hash of a new secret if it issues a key without one.

    Args:
        job: Name of the job.
        config: As the launchpad takes it; who made a secret gives its hash, and gets none.
    """
    from cdp_assets.governance.api_key_jobs import ISSUE_JOB

    if job != ISSUE_JOB or _HASH in config:
        return dict(config), None
    secret = NewSecret(secrets.token_urlsafe(_BYTES))
    digest = hashlib.sha256(secret.text.encode()).hexdigest()
    return {**config, _HASH: digest}, secret
