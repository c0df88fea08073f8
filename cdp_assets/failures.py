"""How errors reach people who read a run in the UI: cause, key and hint, not only a stack.

Only what may pass by itself is tried again: a transient failure, or a database that broke off. A
defect of ours fails the step at once; trying it three times more would only hide it for a minute.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg
import psycopg
from dagster._core.events import DagsterEvent
from psycopg import errors as database

from cdp_assets.errors import CdpError, TransientFailure

# Sources only: waits 5, 10, 20 s and up to as much again at random.
SOURCE_RETRIES = dg.RetryPolicy(
    max_retries=3, delay=5, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS
)


# What to do by kind of error; the first that fits counts, so the special stand before the general.
_HINTS: tuple[tuple[type[BaseException], str], ...] = (
    (database.LockNotAvailable, "another run holds the table; launch this one when that has ended"),
    (database.QueryCanceled, "a statement took too long; launch a shorter range of partitions"),
    (database.DiskFull, "the disk of the database is full; free space, then launch it again"),
    (database.InsufficientPrivilege, "a right is missing; `cdp migrate` grants what is needed"),
    (database.UndefinedTable, "the database is older than the code; run `cdp migrate`"),
    (database.UndefinedColumn, "the database is older than the code; run `cdp migrate`"),
    (psycopg.IntegrityError, "rows break a rule of the table, nothing was written; look at the key "
     "in the message, in the source and in the table"),
    (psycopg.OperationalError, "the database broke off or does not answer; the step is tried "
     "again where it may be, `cdp status` shows the server"),
    (TransientFailure, "it may pass by itself and is tried again; `cdp status` shows the source"),
    (CdpError, "remove the cause, then launch the run again; tables keep the rows they had"),
    (MemoryError, "launch a shorter range of partitions, or give the process more memory"),
    (OSError, "look at disk and rights of the state folder; `cdp doctor` checks both"),
    (Exception, "a defect of ours: report it with the id of this run; tables keep the rows they "
     "had"),
)  # fmt: skip


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
            f"{type(error).__name__}: {error} What to do: {hint_for(error)}",
            metadata=_labels(f"{type(error).__name__}: {error}", None, hint_for(error)),
            allow_retries=isinstance(error, psycopg.OperationalError),
        ) from error


def as_dagster_failure(error: CdpError) -> dg.Failure:
    """Return the failure that a run shows; only a transient one may be tried again."""
    return dg.Failure(
        description=str(error),
        metadata=_labels(error.message, error.key, error.hint or hint_for(error)),
        allow_retries=isinstance(error, TransientFailure),
    )


def cause_of(event: DagsterEvent) -> str:
    """Return in words why a run or a step failed, from the event that says that it did."""
    if event.is_job_failure:
        data = event.job_failure_data
        if data.first_step_failure_event is not None:
            return cause_of(data.first_step_failure_event)
        return (data.error.message if data.error else event.message or "").strip()
    failure = event.step_failure_data
    if failure.user_failure_data is not None and failure.user_failure_data.description:
        return failure.user_failure_data.description
    if failure.error is None:
        return event.message or ""
    return (failure.error.cause or failure.error).message.strip()


def hint_for(error: BaseException) -> str:
    """Return what to do about an error that does not say it itself."""
    return next(hint for kind, hint in _HINTS if isinstance(error, kind))


def _labels(cause: str, key: str | None, hint: str) -> dict[str, dg.MetadataValue[Any]]:
    texts = {"cause": cause, "key": key, "what to do": hint}
    return {label: dg.MetadataValue.text(text) for label, text in texts.items() if text}
