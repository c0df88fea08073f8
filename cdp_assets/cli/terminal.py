"""The output of the command line: lines, the seconds so far, every failure as a sentence.

Messages carry Markdown's backticks, because the UI shows them too; a terminal gets quotes. Scope:
writing; not here: commands (``cdp_assets.cli.app``), or the message of an error (where it is
raised).
"""

from __future__ import annotations

import sys
import time
import traceback

import psycopg
from psycopg import errors as database

from cdp_assets.errors import CdpError, with_hint
from cdp_assets.settings import get_settings

_REPORT = "report it: `LOG_LEVEL=debug` before the same command shows where it happened"
_EXPECTED_OF_DATABASES = (
    database.LockNotAvailable,
    database.QueryCanceled,
    database.DiskFull,
    database.InsufficientPrivilege,
    database.UndefinedTable,
    database.UndefinedColumn,
)
_began = time.monotonic()


def show(line: str, *, is_error: bool = False) -> None:
    """Write a line to standard output, or to standard error with the command's name."""
    text = line.replace("`", "'")
    if is_error:
        print(f"cdp: {text}", file=sys.stderr, flush=True)
    else:
        print(text, flush=True)


def say(line: str) -> None:
    """Write a line of progress with the seconds since the command began."""
    show(f"{time.monotonic() - _began:6.1f} s  {line}")


def show_failure(error: Exception) -> None:
    """Write an error as a sentence; at log level debug, the stack of a defect follows."""
    show(sentence_of(error), is_error=True)
    if not isinstance(error, CdpError) and _is_debugging():
        traceback.print_exception(error)


def sentence_of(error: Exception) -> str:
    """Return what failed, why, and what to do."""
    if isinstance(error, CdpError):
        return str(error)
    if isinstance(error, OSError) and error.filename is not None:
        return with_hint(
            f"{error.filename}: {error.strerror}",
            "`cdp doctor` looks at disk and rights; CDP_STATE_DIR names another state folder",
        )
    cause = str(error).strip().partition("\n")[0] or "no message"
    if isinstance(error, psycopg.OperationalError):
        return with_hint(f"the database does not respond ({cause})", "`cdp doctor` tries each one")
    return with_hint(f"{type(error).__name__}: {cause}", _hint(error))


def _hint(error: Exception) -> str:
    if isinstance(error, _EXPECTED_OF_DATABASES):
        # Imported here, because this imports Dagster, which takes a second.
        from cdp_assets.core.runs.run_failures import hint_for

        return hint_for(error)
    return f"this is a defect of ours; {_REPORT}"


def _is_debugging() -> bool:
    try:
        return get_settings().log_level == "debug"
    except CdpError:
        return False
