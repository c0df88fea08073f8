"""Claims: the identity of the caller, as the database's row security sees it.

Sign-in will be added here: a verifier of tokens and keys returns ``Claims`` and nothing else
changes. Scope: the identity and its settings in a session; not here: verifying a credential, or the
roles' scopes (their own issue).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property

from query_layer.errors import ApiError, Code


@dataclass(frozen=True)
class Claims:
    """An identity (spec README, "Roles").

    Attributes:
        user_id: Subject of the token; empty when anonymous.
        role: One of the roles of query_layer.md §5.1.
        org_id: Organisation of the credential; empty for none.
        introducer_id: Partner whose rows may be read; empty for none.
        chains: Chain ids that may be read; null means all, an empty tuple none.
        validators: Validator keys that may be read; null means all, an empty tuple none.
        scopes: What the role may read.
    """

    user_id: str
    role: str
    org_id: str
    introducer_id: str
    chains: tuple[str, ...] | None
    validators: tuple[str, ...] | None
    scopes: frozenset[str]

    def session_values(self) -> tuple[str, ...]:
        """Return the first values of ``sql/begin.sql`` in its order."""
        return (
            self.user_id,
            self.role,
            self.org_id,
            self.introducer_id,
            json.dumps(self.chains),
            json.dumps(self.validators),
        )

    @cached_property
    def fingerprint(self) -> str:
        """A hash that separates the cached responses of different identities."""
        text = json.dumps([self.session_values(), sorted(self.scopes)])
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def require(self, scope: str) -> None:
        """Raise SCOPE_DENIED unless the identity has the scope."""
        if scope not in self.scopes:
            raise ApiError(Code.SCOPE_DENIED, f"This needs the scope {scope}.", {"scope": scope})


ANONYMOUS = Claims(
    user_id="",
    role="anonymous",
    org_id="",
    introducer_id="",
    chains=(),
    validators=(),
    scopes=frozenset({"cdp:read"}),
)
