"""Client of Jito's kobe API: MEV rewards and validators of any epoch (validator §3.1 "Jito kobe").

Lamports and basis points. Scope: paths, pages and fields; not here: what they mean for a validator
(``cdp_assets.validators``).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from cdp_assets.errors import InvalidSourceResponse
from resources.http.http_client import HttpClient, Request
from resources.http.reply import Reply
from resources.http.response_validation import validate_by
from resources.sources.json_api import parsed, rows_of

T = TypeVar("T")

API_VERSION = "v1"
LARGEST_PAGE = 10_000  # above: 400
BPS = 10_000
SYSTEM_PROGRAM = "1" * 32  # both authorities of the leaf that is the validator's own share
_NOT_UPLOADED = frozenset({404})  # until the tree of the epoch is uploaded


@dataclass(frozen=True, slots=True)
class KobeValidator:
    """One validator in an epoch; null: the service does not say."""

    vote: str
    identity: str
    active_stake: int
    mev_commission_bps: int | None
    running_jito: bool | None


@dataclass(frozen=True, slots=True)
class ValidatorReward:
    """MEV of one validator in an epoch: gross for validator and stakers, in lamports."""

    vote: str
    mev_revenue: int
    mev_commission_bps: int


@dataclass(frozen=True, slots=True)
class Page:
    """One page of rewards.

    Attributes:
        rewards: Its rows.
        total_count: Rows of all pages, as announced.
    """

    rewards: tuple[ValidatorReward, ...]
    total_count: int


@dataclass(frozen=True, slots=True)
class Leaf:
    """One leaf of a distribution tree."""

    claimant: str
    stake_authority: str
    withdraw_authority: str
    vote: str
    amount: int


class JitoKobe:
    """Client of one kobe service; the address ends in ``/api/v1``.

    Args:
        http: Transport with retry, rate limit and breaker.
        page_size: Rows of one page.
    """

    def __init__(self, http: HttpClient, *, page_size: int = LARGEST_PAGE) -> None:
        self.http = http
        self.page_size = min(page_size, LARGEST_PAGE)

    def validators(self, epoch: int) -> Reply[list[KobeValidator]]:
        """Fetch the validators of an epoch."""
        body = json.dumps({"epoch": epoch}).encode()
        call = Request(name=f"validators:{epoch}", method="POST", path="/validators", body=body)
        return self._send(call, read_validators)

    def validator_rewards(self, epoch: int, page: int) -> Reply[Page]:
        """Fetch a page of the validators' rewards, from 1; empty before the upload."""
        return self._page("validator_rewards", epoch, page, {}, read_validator_rewards)

    def own_leaves(self, epoch: int, page: int) -> Reply[list[Leaf]]:
        """Fetch a page of the leaves whose stake authority is the system program."""
        query = {"stake_authority": SYSTEM_PROGRAM}
        return self._page("staker_rewards", epoch, page, query, read_leaves)

    def network_total(self, epoch: int) -> Reply[int]:
        """Fetch the MEV of the whole network in an epoch."""
        body = json.dumps({"epoch": epoch}).encode()
        call = Request(
            name=f"mev_rewards:{epoch}", method="POST", path="/mev_rewards", body=body,
            accepted=_NOT_UPLOADED,
        )  # fmt: skip
        return self._send(call, read_network_total)

    def _page(
        self, path: str, epoch: int, page: int, query: dict[str, str], read: Callable[[bytes], T]
    ) -> Reply[T]:
        query = {
            **query,
            "epoch": str(epoch),
            "limit": str(self.page_size),
            "page": str(page),
            "sort_order": "asc",
        }
        call = Request(
            name=f"{path}:{epoch}:{page}", path=f"/{path}", query=query, accepted=_NOT_UPLOADED
        )
        return self._send(call, read)

    def _send(self, call: Request, read: Callable[[bytes], T]) -> Reply[T]:
        values: list[T] = []
        validate = validate_by(lambda got: values.append(read(got)))
        return Reply(call.name, self.http.send(call, validate), values)


def read_validators(body: bytes) -> list[KobeValidator]:
    """Read ``/validators``, by vote account; skip rows without a vote account or identity.

    Raises:
        InvalidSourceResponse: No list of validators, a key that is not text, a vote account twice.
    """
    found: dict[str, KobeValidator] = {}
    for row in _rows(body, "validators"):
        vote, identity = row.get("vote_account"), row.get("identity_account")
        if vote is None or identity is None:
            continue
        stake = row.get("active_stake") or 0
        if not isinstance(vote, str) or not isinstance(identity, str) or type(stake) is not int:
            raise InvalidSourceResponse("a validator has keys or a stake of a wrong type")
        if vote in found:
            raise InvalidSourceResponse(f"vote account {vote} occurs twice")
        running = row.get("running_jito")
        rate = row.get("mev_commission_bps")
        found[vote] = KobeValidator(
            vote,
            identity,
            stake,
            None if rate is None else _bps(row, "mev_commission_bps"),
            running if isinstance(running, bool) else None,
        )
    return [found[vote] for vote in sorted(found)]


def read_validator_rewards(body: bytes) -> Page:
    """Read a page of ``/validator_rewards``; a refusal with 404 is an empty page."""
    document = _document(body)
    if "rewards" not in document and "error" in document:
        return Page((), 0)
    rows = tuple(
        ValidatorReward(_key(row, "vote_account"), _lamports(row, "mev_revenue"),
                        _bps(row, "mev_commission"))
        for row in _rows(body, "rewards")
    )  # fmt: skip
    return Page(rows, _lamports(document, "total_count"))


def read_leaves(body: bytes) -> list[Leaf]:
    """Read a page of ``/staker_rewards``; its ``total_count`` is unreliable and not read."""
    document = _document(body)
    if "rewards" not in document and "error" in document:
        return []
    return [
        Leaf(
            _key(row, "claimant"),
            _key(row, "stake_authority"),
            _key(row, "withdraw_authority"),
            _key(row, "validator_vote_account"),
            _lamports(row, "amount"),
        )
        for row in _rows(body, "rewards")
    ]


def read_network_total(body: bytes) -> int:
    """Read ``/mev_rewards``; 0 before the upload."""
    document = _document(body)
    if "total_network_mev_lamports" not in document and "error" in document:
        return 0
    return _lamports(document, "total_network_mev_lamports")


def _document(body: bytes) -> dict[str, Any]:
    document = parsed(body)
    if not isinstance(document, dict):
        raise InvalidSourceResponse("the response is no object")
    return document


def _rows(body: bytes, name: str) -> list[dict[str, Any]]:
    return rows_of(_document(body).get(name), name)


def _key(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidSourceResponse(f"{name} is {str(value)[:40]!r}, not a key")
    return value


def _lamports(row: dict[str, Any], name: str) -> int:
    value = row.get(name)
    if type(value) is not int or value < 0:
        raise InvalidSourceResponse(f"{name} is {str(value)[:40]!r}, not a whole number from 0")
    return value


def _bps(row: dict[str, Any], name: str) -> int:
    value = _lamports(row, name)
    if value > BPS:
        raise InvalidSourceResponse(f"{name} is {value}, not basis points")
    return value
