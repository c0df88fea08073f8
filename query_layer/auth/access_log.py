"""The access log: who reads data of partners and validators, before the first byte.

Written as ``cdp_audit``, which may only insert. A row that cannot be written refuses the response.
Scope: rows of ``audit.access_log``; not here: which scopes are recorded (``roles.yaml``), changes
(``audit.log``, which jobs write).
"""

from __future__ import annotations

import logging
from datetime import datetime

from query_layer.auth.claims import Claims
from query_layer.auth.side_login import SideLogin
from query_layer.errors import ApiError, Code
from query_layer.http import correlation
from query_layer.ops.logs import log_event
from query_layer.read.statements import statement

_MOST_CHARACTERS = 500  # of an address that is stored


class AccessLog:
    """Writes accesses."""

    def __init__(self, login: SideLogin) -> None:
        self._login = login

    async def record(
        self,
        claims: Claims,
        action: str,
        resource: str,
        asset_key: str,
        address: str,
        now: datetime,
    ) -> None:
        """Write one access.

        Args:
            claims: Who.
            action: Verb and noun in capitals, such as ``READ_ROWS``.
            resource: Address without its query string.
            asset_key: Asset that is read; empty for none.
            address: Network address of the caller; empty: unknown.
            now: The clock, UTC.

        Raises:
            ApiError: DATABASE_UNAVAILABLE: it could not be written, so nothing may be returned.
        """
        try:
            await self._login.fetch(
                statement("access"),
                now,
                claims.user_id or claims.role,
                claims.org_id,
                action,
                resource[:_MOST_CHARACTERS],
                correlation.current.get() or None,
                claims.role,
                asset_key,
                claims.key_id,
                address,
            )
        except ApiError as error:
            log_event(logging.ERROR, "auth.access_not_recorded", code=error.code)
            raise ApiError(
                Code.DATABASE_UNAVAILABLE,
                "The access could not be recorded, so nothing is returned; try again in a moment.",
            ) from error
