"""How our errors reach people who read a run in the UI: cause, key and hint, not only a stack."""

from __future__ import annotations

import dagster as dg

from cdp_assets.errors import CdpError, TransientFailure

# Sources only: waits 5, 10, 20 s and up to as much again at random.
SOURCE_RETRIES = dg.RetryPolicy(
    max_retries=3, delay=5, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS
)


def as_dagster_failure(error: CdpError) -> dg.Failure:
    """Return the failure that a run shows; only a transient one may be tried again."""
    metadata: dict[str, dg.MetadataValue] = {"cause": dg.MetadataValue.text(error.message)}
    if error.key:
        metadata["key"] = dg.MetadataValue.text(error.key)
    if error.hint:
        metadata["what to do"] = dg.MetadataValue.text(error.hint)
    return dg.Failure(
        description=str(error),
        metadata=metadata,
        allow_retries=isinstance(error, TransientFailure),
    )
