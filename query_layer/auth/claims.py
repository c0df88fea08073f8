"""Claims: the identity of the caller, as the database's row security sees it.

Scope: the identity and its settings in a session; not here: verifying a credential
(``query_layer.auth.authenticator``), or the roles' scopes (``query_layer.auth.roles``).
"""

from __future__ import annotations

import hashlib
import json
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property

from query_layer.errors import ApiError, Code


@dataclass(frozen=True)
class Limits:
    """How much a caller may request.

    Attributes:
        plan: Name of the plan, for metrics.
        read_per_minute: Requests per minute, exports excluded.
        export_per_minute: Exports per minute.
        exports_at_once: Exports of one organisation at the same time.
        export_rows: Most rows of one export.
    """

    plan: str = "standard"
    read_per_minute: int = 60
    export_per_minute: int = 6
    exports_at_once: int = 2
    export_rows: int = 1_000_000


@dataclass(frozen=True)
class Claims:
    """An identity (spec README, "Roles").

    Attributes:
        user_id: User in ``governance.users``; empty when anonymous.
        role: One of the roles of query_layer.md §5.1.
        org_id: Organisation of the credential; empty for none.
        introducer_id: Partner whose rows may be read; empty for none.
        chains: Chain ids that may be read; null means all, an empty tuple none.
        validators: Validator keys that may be read; null means all, an empty tuple none.
        scopes: What the role may read.
        key_id: API key of the request; empty for none.
        asset_groups: Domains whose assets the key may read, such as ``filplus``; null means all.
        api_version: Version that the key is pinned to, such as ``v1``; empty for none.
        limits: How much may be requested.
    """

    user_id: str
    role: str
    org_id: str
    introducer_id: str
    chains: tuple[str, ...] | None
    validators: tuple[str, ...] | None
    scopes: frozenset[str]
    key_id: str = ""
    asset_groups: frozenset[str] | None = None
    api_version: str = ""
    limits: Limits = Limits()

    def session_values(self) -> tuple[str, ...]:
        """Return the first values of ``sql/begin.sql`` in its order."""
        return self._session_values

    @cached_property
    def _session_values(self) -> tuple[str, ...]:
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

    @property
    def is_anonymous(self) -> bool:
        """Whether the caller sent no credential."""
        return not self.user_id

    @cached_property
    def limited_by(self) -> str:
        """What rate limits count by: the key, else the user; empty: the caller's address."""
        return f"key:{self.key_id}" if self.key_id else self.user_id and f"user:{self.user_id}"

    def require(self, scope: str) -> None:
        """Raise TOKEN_MISSING or SCOPE_DENIED unless the identity has the scope."""
        if scope in self.scopes:
            return
        if self.is_anonymous:
            raise ApiError(
                Code.TOKEN_MISSING,
                f"This needs the scope {scope}: send a token or an API key.",
                {"scope": scope},
            )
        raise ApiError(Code.SCOPE_DENIED, f"This needs the scope {scope}.", {"scope": scope})

    def require_group(self, group: str) -> None:
        """Raise API_KEY_PRODUCT_DENIED unless the API key may read assets of a domain."""
        if self.asset_groups is not None and group not in self.asset_groups:
            raise ApiError(
                Code.API_KEY_PRODUCT_DENIED,
                f"The API key is not allowed for assets of {group}.",
                {"asset_group": group, "allowed": sorted(self.asset_groups)},
            )


# Nobody: also the identity of the service's own reads, of tables without row security.
ANONYMOUS = Claims(
    user_id="",
    role="anonymous",
    org_id="",
    introducer_id="",
    chains=(),
    validators=(),
    scopes=frozenset(),
)

caller: ContextVar[Claims] = ContextVar("caller", default=ANONYMOUS)


def anonymous(scopes: frozenset[str], read_per_minute: int) -> Claims:
    """Return the identity of callers without credential."""
    limits = Limits(plan="anonymous", read_per_minute=read_per_minute)
    return Claims("", "anonymous", "", "", (), (), scopes, limits=limits)
