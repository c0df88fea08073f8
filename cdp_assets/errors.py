"""Exceptions that people read: what failed, for which key, why, and what to do.

    CdpError
    ├── PermanentFailure       never retried: the same call gives the same result
    │   ├── BadConfiguration   a setting, YAML file or machine is wrong
    │   ├── InvalidSourceResponse    a response must not be stored as a number
    │   └── MissingUpstream    rows that this one needs are absent or did not pass their checks
    └── TransientFailure       retried with back-off and jitter: time-outs, 429, 5xx, locks
        └── SourceUnavailable  the source did not respond within all tries

Scope: exception types and their wording; not here: which HTTP status raises which
(``resources.http.http_client``), or how often to retry (``resources.http.retry``).
"""

from __future__ import annotations

REQUEST_NOT_SENT = "no request was sent"  # begins the message of a call that was never sent


class CdpError(Exception):
    """Base of all errors raised on purpose.

    Args:
        message: What failed and why, in one sentence.
        key: The partition, file, entity or setting that it failed for.
        hint: What the reader can do about it.
    """

    def __init__(self, message: str, *, key: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.key = key
        self.hint = hint

    def __str__(self) -> str:
        where = f"{self.key}: " if self.key else ""
        return with_hint(f"{where}{self.message}", self.hint)


def with_hint(message: str, hint: str | None) -> str:
    """Return a message as a sentence, followed by what to do about it."""
    if not hint:
        return message
    end = "" if message.rstrip().endswith((".", "!", "?", ":")) else "."
    return f"{message.rstrip()}{end} Hint: {hint}"


class PermanentFailure(CdpError):
    """Trying again without a change gives the same failure."""


class BadConfiguration(PermanentFailure):
    """A setting, a YAML file or the machine does not allow the work."""


class InvalidSourceResponse(PermanentFailure):
    """A source responded, but not with something that may become a number."""


class MissingUpstream(PermanentFailure):
    """Rows that this partition is built from are absent, incomplete or failed their checks."""


class TransientFailure(CdpError):
    """The same call may succeed later.

    Args:
        retry_after_seconds: Wait that the source requested; null when it requested none.
    """

    def __init__(
        self,
        message: str,
        *,
        key: str | None = None,
        hint: str | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message, key=key, hint=hint)
        self.retry_after_seconds = retry_after_seconds


class SourceUnavailable(TransientFailure):
    """A source gave no usable response within all its tries."""
