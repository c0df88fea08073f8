"""Client of Jito's kobe API: validators of any epoch, past ones too (validator §3.1 "Jito kobe").

Scope: ``/validators`` by epoch, of which only keys and stake are used so far; not here: rewards and
tips, which come with the MEV tables.
"""

from __future__ import annotations

import json

from cdp_assets.errors import InvalidSourceResponse
from resources.codecs.exact_json import NotJson, parse_exact
from resources.http.http_client import HttpClient, Request
from resources.http.response_validation import validate_by
from resources.sources.solana_responses import VoteAccount
from resources.sources.solana_rpc import Reply

API_VERSION = "v1"


class JitoKobe:
    """Client of one kobe service; the address ends in ``/api/v1``."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http

    def validators(self, epoch: int) -> Reply[list[VoteAccount]]:
        """Fetch the validators of an epoch."""
        body = json.dumps({"epoch": epoch}).encode()
        call = Request(name=f"validators:{epoch}", method="POST", path="/validators", body=body)
        values: list[list[VoteAccount]] = []
        validate = validate_by(lambda got: values.append(read_validators(got)))
        return Reply(call.name, self.http.send(call, validate), values)


def read_validators(body: bytes) -> list[VoteAccount]:
    """Read ``/validators``, by vote account; skip rows without a vote account or identity.

    Raises:
        InvalidSourceResponse: No list of validators, a key that is not text, a vote account twice.
    """
    try:
        document = parse_exact(body)
    except NotJson as error:
        raise InvalidSourceResponse(f"malformed JSON ({error})") from None
    rows = document.get("validators") if isinstance(document, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InvalidSourceResponse("the response has no list of validators")
    found: dict[str, VoteAccount] = {}
    for row in rows:
        vote, identity = row.get("vote_account"), row.get("identity_account")
        if vote is None or identity is None:
            continue
        stake = row.get("active_stake") or 0
        if not isinstance(vote, str) or not isinstance(identity, str) or type(stake) is not int:
            raise InvalidSourceResponse("a validator has keys or a stake of a wrong type")
        if vote in found:
            raise InvalidSourceResponse(f"vote account {vote} occurs twice")
        found[vote] = VoteAccount(vote, identity, stake, is_delinquent=False)
    return [found[vote] for vote in sorted(found)]
