"""How a run in the UI shows errors: cause, key and hint, not only a stack.

Only errors that may pass are retried: transient failures and lost database connections. A defect of
ours fails the step at once; three retries would only hide it for a minute.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg
import psycopg
from psycopg import errors as database

from cdp_assets.core.dagster_compat import SerializableErrorInfo
from cdp_assets.errors import CdpError, TransientFailure, with_hint


class FailureRetries(dg.RetryPolicy):
    """Tries a step again after a failure, and never after a signal.

    The framework counts Ctrl-C, SIGTERM and "Terminate" as a failure of a step that may be retried
    (dagster-io/dagster#15026), and the run continues.
    """

    def calculate_delay(self, attempt_num: int) -> float:
        """Return the seconds to wait; called while the error of the attempt is handled."""
        cause = sys.exception()
        if cause is not None and not isinstance(cause, Exception):
            raise cause
        return super().calculate_delay(attempt_num)


# Sources only: waits 5, 10, 20 s and up to as much again at random.
SOURCE_RETRIES = FailureRetries(
    max_retries=3, delay=5, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS
)


# The hint by kind of error; the first that fits is used, so the special precede the general.
_HINTS: tuple[tuple[type[BaseException], str], ...] = (
    (database.LockNotAvailable, "another run holds the table; launch this one when that has ended"),
    (database.QueryCanceled, "a statement took too long; launch a shorter range of partitions"),
    (database.DiskFull, "the disk of the database is full; free space, then launch it again"),
    (database.InsufficientPrivilege, "a right is missing; `cdp migrate` grants what is needed"),
    (database.UndefinedTable, "the database is older than the code; run `cdp migrate`"),
    (database.UndefinedColumn, "the database is older than the code; run `cdp migrate`"),
    (
        psycopg.IntegrityError,
        "rows break a rule of the table, nothing was written; look at the key "
        "in the message, in the source and in the table",
    ),
    (
        psycopg.OperationalError,
        "the connection to the database broke or cannot be opened; the step is retried "
        "where that is allowed, `cdp status` shows the server",
    ),
    (TransientFailure, "it may pass and is retried; `cdp status` shows the source"),
    (CdpError, "remove the cause, then launch the run again; the tables are unchanged"),
    (MemoryError, "launch a shorter range of partitions, or give the process more memory"),
    (OSError, "look at disk and rights of the state folder; `cdp doctor` checks both"),
    (
        Exception,
        "a defect of ours: report it with the id of this run; the tables are unchanged",
    ),
)


@contextmanager
def as_dagster_failures() -> Iterator[None]:
    """Turn every error inside into the failure that a run shows.

    The failure replaces the error instead of naming it as its cause, which would repeat the
    message; it has the error's stack and causes.
    """
    try:
        yield
    except dg.Failure:
        raise
    except CdpError as error:
        failure = as_dagster_failure(error)
        raise failure.with_traceback(error.__traceback__) from _beneath(error)
    except Exception as error:
        failure = dg.Failure(
            with_hint(f"{type(error).__name__}: {error}", hint_for(error)),
            metadata=_labels(f"{type(error).__name__}: {error}", None, hint_for(error)),
            allow_retries=isinstance(error, psycopg.OperationalError),
        )
        raise failure.with_traceback(error.__traceback__) from _beneath(error)


def _beneath(error: BaseException) -> BaseException | None:
    """Return the error that caused another, unless that is suppressed."""
    if error.__cause__ is not None or error.__suppress_context__:
        return error.__cause__
    return error.__context__


def as_dagster_failure(error: CdpError) -> dg.Failure:
    """Return the failure that a run shows; only a transient one may be tried again."""
    return dg.Failure(
        description=str(error),
        metadata=_labels(error.message, error.key, error.hint or hint_for(error)),
        allow_retries=isinstance(error, TransientFailure),
    )


def cause_of(event: dg.DagsterEvent) -> str:
    """Return in words why a run or a step failed, from the event of the failure."""
    if event.is_job_failure:
        data = event.job_failure_data
        if data.first_step_failure_event is not None:
            return cause_of(data.first_step_failure_event)
        return _cause(data.error) if data.error else (event.message or "").strip()
    failure = event.step_failure_data
    if failure.user_failure_data is not None and failure.user_failure_data.description:
        return failure.user_failure_data.description
    if failure.error is None:
        return event.message or ""
    return _cause(failure.error)


def cause_of_run(result: dg.JobExecutionResult) -> str:
    """Return in words why a run failed: the cause of its first step that did."""
    for event in result.all_events:
        if event.is_step_failure:
            return cause_of(event)
        if event.is_job_failure:
            return f"the run failed outside its steps: {cause_of(event)}"
    return "the run ended early and names no cause; see the run's log"


def _cause(error: SerializableErrorInfo) -> str:
    """Return the message of an error, or of the error that the framework wrapped."""
    is_wrapped = error.cause is not None and (error.cls_name or "").startswith("Dagster")
    return (error.cause if error.cause and is_wrapped else error).message.strip()


def hint_for(error: BaseException) -> str:
    """Return the hint for an error that has none of its own."""
    return next(hint for kind, hint in _HINTS if isinstance(error, kind))


def _labels(cause: str, key: str | None, hint: str) -> dict[str, dg.MetadataValue[Any]]:
    texts = {"cause": cause, "key": key, "hint": hint}
    return {label: dg.MetadataValue.text(text) for label, text in texts.items() if text}
