"""The envelope of JSON-RPC 2.0, of any chain's node: members, errors, completeness.

Scope: single and batch responses; not here: what a code means and the fields of results (each
node's client).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cdp_assets.errors import CdpError, InvalidSourceResponse, PermanentFailure, TransientFailure
from cdp_assets.units import counted
from resources.codecs.exact_json import NotJson, parse_exact
from resources.http.rate_limit import rate_limit_of

RATE_LIMITED = 429  # the code of every error that reports a rate limit, whatever its own is


@dataclass(frozen=True, slots=True)
class RpcResult:
    """One member of a response: a result, or an error code with its text."""

    id: str
    result: Any
    code: int | None = None
    message: str = ""


def read_envelope(body: bytes) -> list[RpcResult]:
    """Return the members of a single or batch response, in the order received.

    Raises:
        InvalidSourceResponse: Not the shape of JSON-RPC 2.0.
    """
    try:
        document = parse_exact(body)
    except NotJson as error:
        raise InvalidSourceResponse(f"malformed JSON ({error})") from None
    members = document if isinstance(document, list) else [document]
    return [_read_member(member) for member in members]


def _read_member(member: Any) -> RpcResult:
    if not isinstance(member, dict):
        raise InvalidSourceResponse("the response is no JSON-RPC object")
    error = member.get("error")
    identifier = "" if member.get("id") is None else str(member["id"])
    if error is not None:
        return _read_error(identifier, error)
    if "result" not in member:
        raise InvalidSourceResponse("the response has neither result nor error")
    return RpcResult(identifier, member["result"])


def _read_error(identifier: str, error: Any) -> RpcResult:
    code = error.get("code") if isinstance(error, dict) else None
    message = error.get("message", "") if isinstance(error, dict) else error
    if rate_limit_of(error) is not None:  # a gateway before the node may use any wording
        code = RATE_LIMITED
    if type(code) is not int:
        raise InvalidSourceResponse("the error of the response has no code")
    return RpcResult(identifier, None, code, str(message)[:300])


def response_failure(
    members: Sequence[RpcResult],
    requested: Sequence[str],
    failure_of: Callable[[RpcResult], CdpError | None],
) -> CdpError | None:
    """Return why a response does not complete its requests; null when it does.

    It must hold exactly the ids requested.

    Args:
        members: Of the response.
        requested: Ids of the requests.
        failure_of: Classifies the error of one member by the codes of its protocol; null: none, or
            one that is a valid response.
    """
    failures = [f for f in map(failure_of, members) if f is not None]
    for failure in failures:
        if isinstance(failure, PermanentFailure):
            return failure
    if failures:
        return failures[0]
    got = sorted(member.id for member in members)
    if got != sorted(requested):
        missing = sorted(set(requested) - set(got))
        return TransientFailure(
            f"a partial response: {counted(len(got), 'member')}"
            f" for {counted(len(requested), 'request')}, "
            f"missing {', '.join(missing[:3]) or 'none'}"
        )
    return None
