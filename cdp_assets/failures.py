"""How errors reach people who read a run in the UI: cause, key and hint, not only a stack.

Only what may pass by itself is tried again: a transient failure, or a database that broke off. A
defect of ours fails the step at once; trying it three times more would only hide it for a minute.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import psycopg

from cdp_assets.errors import CdpError, TransientFailure

# Sources only: waits 5, 10, 20 s and up to as much again at random.
SOURCE_RETRIES = dg.RetryPolicy(
    max_retries=3, delay=5, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS
)


@contextmanager
def explained() -> Iterator[None]:
    """Turn every error inside into the failure that a run shows."""
    try:
        yield
    except dg.Failure:
        raise
    except CdpError as error:
        raise as_dagster_failure(error) from error
    except Exception as error:
        raise dg.Failure(
            f"{type(error).__name__}: {error}",
            allow_retries=isinstance(error, psycopg.OperationalError),
        ) from error


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
