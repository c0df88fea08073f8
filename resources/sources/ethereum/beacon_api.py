"""Client of an Ethereum consensus node: the endpoints of validator §3.2 "Beacon API".

Every reply has the responses as received beside a reader, so that they are stored before they are
read. Only canonical, existing blocks and past epochs may be requested, so a 404 is an empty
response for a header alone; anywhere else it means that the node has pruned its states. Scope:
endpoints, parameters, batches of ids; not here: reading fields
(``resources.sources.ethereum.beacon_responses``), or what a period needs (``cdp_assets``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from cdp_assets.errors import CdpError
from resources.http.http_client import HttpClient, Request
from resources.http.reply import Reply
from resources.http.response_validation import Validator, validate_by
from resources.sources.ethereum import beacon_responses as responses
from resources.sources.ethereum.beacon_responses import (
    AttestationReward,
    BeaconData,
    BeaconValidator,
    BlockReward,
    Header,
    Payload,
)

T = TypeVar("T")

API_VERSION = "eth/v1"
LARGEST_BATCH = 1_000  # ids of one request, validator §3.2
LARGEST_GET = 64  # ids in an address; more go into the body
_NOT_FOUND = frozenset({404})


class BeaconApi:
    """Client of one node; the address is the root that ``/eth/v1`` follows.

    Args:
        http: Transport with retry, rate limit and breaker.
        batch_size: Validators per request; an empty list would mean all of the network.
    """

    def __init__(self, http: HttpClient, *, batch_size: int = LARGEST_BATCH) -> None:
        if not 1 <= batch_size <= LARGEST_BATCH:
            raise ValueError(f"a batch holds 1 to {LARGEST_BATCH} validators")
        self.http = http
        self.batch_size = batch_size

    def genesis_time(self) -> Reply[BeaconData[int]]:
        """Fetch the Unix second of slot 0."""
        return self._get("genesis", "/eth/v1/beacon/genesis", responses.read_genesis_time)

    def config(self) -> Reply[BeaconData[tuple[int, int]]]:
        """Fetch seconds per slot and slots per epoch."""
        return self._get("config", "/eth/v1/config/spec", responses.read_config)

    def finalized_epoch(self) -> Reply[BeaconData[int]]:
        """Fetch the epoch that the chain has finalized."""
        path = "/eth/v1/beacon/states/head/finality_checkpoints"
        return self._get("finality_checkpoints", path, responses.read_finalized_epoch)

    def header(self, block_id: int | str) -> Reply[BeaconData[Header | None]]:
        """Fetch the header of a slot, of a root or of ``head``; null: the slot has no block."""
        path = f"/eth/v1/beacon/headers/{block_id}"
        return self._get(f"header:{block_id}", path, responses.read_header)

    def block(self, slot: int) -> Reply[BeaconData[Payload]]:
        """Fetch a block for its execution payload."""
        return self._get(f"block:{slot}", f"/eth/v2/beacon/blocks/{slot}", responses.read_block)

    def block_reward(self, slot: int) -> Reply[BeaconData[BlockReward]]:
        """Fetch what a block paid its proposer on the consensus layer."""
        path = f"/eth/v1/beacon/rewards/blocks/{slot}"
        return self._get(f"block_reward:{slot}", path, responses.read_block_reward)

    def attestation_rewards(
        self, epoch: int, validators: Sequence[str]
    ) -> Iterator[Reply[BeaconData[list[AttestationReward]]]]:
        """Fetch the attestation rewards of an epoch, a request per ``batch_size`` validators."""
        path = f"/eth/v1/beacon/rewards/attestations/{epoch}"
        yield from self._post(
            f"attestations:{epoch}", path, validators, responses.read_attestations
        )

    def sync_rewards(
        self, slot: int, validators: Sequence[str]
    ) -> Iterator[Reply[BeaconData[dict[int, int]]]]:
        """Fetch the rewards of members of the sync committee for a block."""
        path = f"/eth/v1/beacon/rewards/sync_committee/{slot}"
        yield from self._post(f"sync:{slot}", path, validators, responses.read_sync_rewards)

    def sync_committee(self, slot: int, epoch: int) -> Reply[BeaconData[frozenset[int]]]:
        """Fetch the members of the sync committee of an epoch, from the state at a slot."""
        return self._get(
            f"sync_committee:{slot}",
            f"/eth/v1/beacon/states/{slot}/sync_committees",
            responses.read_sync_committee,
            query={"epoch": str(epoch)},
        )

    def validators(
        self, state: int | str, validators: Sequence[str]
    ) -> Iterator[Reply[BeaconData[list[BeaconValidator]]]]:
        """Fetch validators by index or key in a state; without ids, all of the network."""
        path = f"/eth/v1/beacon/states/{state}/validators"
        read = responses.read_validators
        if not validators:
            yield self._get(f"validators:{state}:0", path, read)
        elif len(validators) <= LARGEST_GET:
            query = {"id": ",".join(validators)}
            yield self._get(f"validators:{state}:0", path, read, query=query)
        else:
            for name, ids in self._batches(f"validators:{state}", validators):
                body = _compact({"ids": ids})
                yield self._send(Request(name=name, method="POST", path=path, body=body), read)

    def _get(
        self,
        name: str,
        path: str,
        read: Callable[[bytes], T],
        *,
        query: dict[str, str] | None = None,
    ) -> Reply[T]:
        return self._send(Request(name=name, path=path, query=query or {}), read)

    def _post(
        self, name: str, path: str, validators: Sequence[str], read: Callable[[bytes], T]
    ) -> Iterator[Reply[T]]:
        if not validators:
            raise ValueError("name the validators: an empty list means all of the network")
        for batch, ids in self._batches(name, validators):
            yield self._send(
                Request(name=batch, method="POST", path=path, body=_compact(ids)), read
            )

    def _batches(self, name: str, validators: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
        for place in range(0, len(validators), self.batch_size):
            yield f"{name}:{place}", list(validators[place : place + self.batch_size])

    def _send(self, request: Request, read: Callable[[bytes], T]) -> Reply[T]:
        values: list[T] = []
        accepting = replace(request, accepted=_NOT_FOUND)
        validate = _validate_known(lambda body: values.append(read(body)))
        return Reply(request.name, self.http.send(accepting, validate), values)


def _validate_known(read: Callable[[bytes], object]) -> Validator:
    """Validate a response that may be a 404; only one of the Beacon API's form is the node's."""

    def validate(status: int, body: bytes) -> CdpError | None:
        def read_known(got: bytes) -> None:
            if status == 404:
                responses.require_beacon_error(got)
            read(got)

        return validate_by(read_known)(status, body)

    return validate


def _compact(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
