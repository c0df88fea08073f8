"""Land the validators of a period (spec README, "Observations").

A node reports the present only, so its response is landed for the epoch of its own head, never for
a past one. A past epoch is derived from stored responses; where none was stored, from a source with
history; where there is no such source, the period stays NOT_OBSERVED. Scope: the two kinds of
observation; not here: joining them into identities (``identity_rules``).
"""

from __future__ import annotations

from cdp_assets.errors import MissingUpstream, TransientFailure
from cdp_assets.validators.storage.payload_store import Archive
from resources.sources.solana.jito_kobe import JitoKobe, KobeValidator
from resources.sources.solana.solana_responses import VoteAccount
from resources.sources.solana.solana_rpc import SolanaRpc

# The leader schedule of an epoch is drawn from the vote accounts as the previous epoch began, so an
# identity that was replaced one or two epochs ago may still lead slots.
LOOK_BACK_PERIODS = 2


def observe_present(rpc: SolanaRpc, archive: Archive, epoch: int) -> list[VoteAccount]:
    """Land the vote accounts of the running epoch; the response is stored first.

    The head is fetched before and after: a response that straddles an epoch's end belongs to
    neither epoch; it stays a part without a manifest, which is never normalised.

    Raises:
        MissingUpstream: The epoch has not begun, or is over and can no longer be observed.
        TransientFailure: The source failed, or the epoch ended meanwhile.
    """
    before = _epoch_of_head(rpc, archive)
    if before != epoch:
        raise MissingUpstream(
            f"the chain is in epoch {before}, so today's validators are not those of {epoch}",
            key=str(epoch),
            hint="materialize the partition of the running epoch",
        )
    reply = rpc.vote_accounts()
    archive.store(reply.responses)
    accounts = reply.value()
    if _epoch_of_head(rpc, archive) != before:
        raise TransientFailure("the epoch ended while its validators were fetched", key=str(epoch))
    archive.promote(reply.responses)
    return accounts


def _epoch_of_head(rpc: SolanaRpc, archive: Archive) -> int:
    head = rpc.epoch_info()
    archive.store(head.responses)
    return head.value().epoch


def observe_history(jito: JitoKobe, archive: Archive, epoch: int) -> list[KobeValidator]:
    """Land the validators of any epoch from a source with history; the response is stored first."""
    reply = jito.validators(epoch)
    archive.store(reply.responses, "answer")
    return reply.value()
