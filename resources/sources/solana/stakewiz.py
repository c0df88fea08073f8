"""The validators of the running epoch, as Stakewiz lists them (validator §3.1 "Stakewiz").

The present only, and stake as reals: a source of rates and versions, never of money. Scope:
``/validators``.
"""

from __future__ import annotations

from dataclasses import dataclass

from cdp_assets.errors import InvalidSourceResponse
from resources.http.http_client import HttpClient
from resources.http.reply import Reply
from resources.sources.json_api import JsonApi, bps_of_percent, parsed, rows_of

API_VERSION = "v1"


@dataclass(frozen=True, slots=True)
class StakewizValidator:
    """One validator at the moment of the response; null: not listed."""

    vote: str
    identity: str
    epoch: int | None
    commission_bps: int | None
    is_jito: bool | None
    jito_commission_bps: int | None
    version: str | None
    is_delinquent: bool | None


class Stakewiz:
    """Client of one service."""

    def __init__(self, http: HttpClient) -> None:
        self.api = JsonApi(http)

    def validators(self) -> Reply[list[StakewizValidator]]:
        """Fetch every validator in one response."""
        return self.api.get("stakewiz_validators", "/validators", read_validators)


def read_validators(body: bytes) -> list[StakewizValidator]:
    """Read the list of validators."""
    found = []
    for row in rows_of(parsed(body), "validators"):
        vote, identity, epoch = row.get("vote_identity"), row.get("identity"), row.get("epoch")
        if not isinstance(vote, str) or not isinstance(identity, str):
            raise InvalidSourceResponse("a validator has no vote_identity or identity")
        rate, mev = row.get("commission"), row.get("jito_commission_bps")
        jito, version, delinquent = row.get("is_jito"), row.get("version"), row.get("delinquent")
        found.append(
            StakewizValidator(
                vote,
                identity,
                epoch if type(epoch) is int else None,
                None if rate is None else bps_of_percent(rate, "commission"),
                jito if isinstance(jito, bool) else None,
                mev if type(mev) is int and 0 <= mev <= 10_000 else None,
                version if isinstance(version, str) else None,
                delinquent if isinstance(delinquent, bool) else None,
            )
        )
    return found
