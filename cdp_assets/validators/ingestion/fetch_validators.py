"""Land which validators there were in a period (spec README, "Observations").

A node answers for the present only, so its answer is landed for the epoch of its own head and never
for a past one. A past epoch is re-derived from stored answers; where none was stored, a source with
history is asked; where there is none, the period stays NOT_OBSERVED. Belongs here: that decision.
Does not: joining observations into identities (``identity_rules``).
"""

from __future__ import annotations

from cdp_assets.errors import MissingUpstream, TransientFailure
from cdp_assets.validators.storage.payload_store import Archive
from resources.sources.jito_kobe import JitoKobe
from resources.sources.solana_responses import VoteAccount
from resources.sources.solana_rpc import SolanaRpc

# The leader schedule of an epoch is drawn from the vote accounts as the previous epoch began, so an
# identity that was given up one or two epochs ago may still lead slots.
LOOK_BACK_PERIODS = 2


def observe_present(rpc: SolanaRpc, archive: Archive, epoch: int) -> list[VoteAccount]:
    """Land the vote accounts of the running epoch; the answer is stored first.

    The head is asked before and after: an answer that straddles an epoch's end belongs to none and
    stays a mere part, which nobody normalises.

    Raises:
        MissingUpstream: The epoch has not begun, or is over: its present cannot be asked any more.
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
    archive.store(reply.answers)
    accounts = reply.value()
    if _epoch_of_head(rpc, archive) != before:
        raise TransientFailure("the epoch ended while its validators were asked", key=str(epoch))
    archive.promote(reply.answers)
    return accounts


def _epoch_of_head(rpc: SolanaRpc, archive: Archive) -> int:
    head = rpc.epoch_info()
    archive.store(head.answers)
    return head.value().epoch


def observe_history(jito: JitoKobe, archive: Archive, epoch: int) -> list[VoteAccount]:
    """Land the validators of any epoch from a source with history; the answer is stored first."""
    reply = jito.validators(epoch)
    archive.store(reply.answers, "answer")
    return reply.value()
