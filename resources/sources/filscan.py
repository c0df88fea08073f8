"""Client of Filscan: what it shows of a provider's account (compliance §2.2).

Scope: the call, its own error codes, and reading numbers without loss; not here: which providers to
request (``cdp_assets.filplus``).
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

from cdp_assets.errors import CdpError, InvalidSourceResponse, TransientFailure
from resources.codecs.exact_json import NotJson, parse_exact
from resources.http.http_client import HttpClient, Request, RequestResult
from resources.http.rate_limit import rate_limit_in

READ_SECONDS = 5.0  # compliance §2.2
# In the order of compliance §2.2; amounts in attoFIL and powers in bytes may exceed 64 bits.
AMOUNTS = (
    "balance",
    "available_balance",
    "init_pledge",
    "pre_deposits",
    "locked_balance",
    "quality_adjust_power",
    "quality_power_percentage",
    "raw_power",
    "total_reward",
)
COUNTS = (
    "quality_power_rank",
    "total_block_count",
    "total_win_count",
    "sector_size",
    "sector_count",
    "live_sector_count",
    "fault_sector_count",
    "recover_sector_count",
    "active_sector_count",
    "terminate_sector_count",
)
COLUMNS = ("account_id", *AMOUNTS, *COUNTS)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?")
_PATH = ("account_info", "account_miner", "account_indicator")

Indicator = dict[str, str | int | Decimal | None]


class Filscan:
    """Client of the service."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http

    def account(self, provider: str) -> RequestResult:
        """Fetch one provider's account; read the response with :func:`read_indicator`."""
        body = json.dumps({"account_id": provider}, separators=(",", ":")).encode()
        return self.http.send(
            Request(
                name=f"account:{provider}", method="POST", path="/v1/AccountInfoByID", body=body
            ),
            lambda _status, got: _validate(got, provider),
        )


def read_indicator(body: bytes, provider: str) -> Indicator:
    """Return the metrics of a response by column, null where it shows none.

    Raises:
        InvalidSourceResponse: The service reports an error, the account is no provider's, or a
            metric is of another type.
    """
    document = _document(body)
    node: Any = document.get("result")
    for name in _PATH:
        node = node.get(name) if isinstance(node, dict) else None
    if not isinstance(node, dict):
        raise InvalidSourceResponse("Filscan shows no provider's account", key=provider)
    account = node.get("account_id")
    if account is not None and account != provider:
        raise InvalidSourceResponse(f"the response is about {str(account)[:40]!r}", key=provider)
    found: Indicator = {"account_id": account}
    for name in AMOUNTS:
        found[name] = _number(node, name)
    for name in COUNTS:
        value = _number(node, name)
        if value is not None and (value != int(value) or not -(2**63) <= value < 2**63):
            raise InvalidSourceResponse(f"{name} is {value}, not a count", key=provider)
        found[name] = None if value is None else int(value)
    return found


def _validate(body: bytes, provider: str) -> CdpError | None:
    """Validate a response; a refusal is not tried again at once, the next run does that."""
    limit = rate_limit_in(body)
    if limit is not None:
        return limit
    try:
        document = _document(body)
        if document.get("code"):
            code = str(document["code"])[:20]
            return InvalidSourceResponse(f"Filscan reports code {code}: {_message(document)}")
        read_indicator(body, provider)
    except NotJson as error:
        return TransientFailure(f"malformed JSON ({error})")
    except InvalidSourceResponse as error:
        return error
    return None


def _document(body: bytes) -> dict[str, Any]:
    document = parse_exact(body)
    if not isinstance(document, dict):
        raise InvalidSourceResponse("the response is no JSON object")
    return document


def _message(document: dict[str, Any]) -> str:
    return str(document.get("message") or document.get("msg") or "")[:200]


def _number(node: dict[str, Any], name: str) -> Decimal | None:
    value = node.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not _NUMBER.fullmatch(str(value)):
        raise InvalidSourceResponse(f"{name} is {str(value)[:40]!r}, not a number")
    return Decimal(str(value))
