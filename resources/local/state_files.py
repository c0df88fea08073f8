"""Small files of a state folder: a reader finds the old content or the new one, never a part.

Scope: writing, reading and locking such files, with one message for each way that it fails; not
here: the content of a file (the module that owns it).
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from cdp_assets.errors import BadConfiguration

Record = TypeVar("Record")
UNFINISHED = ".*.new"  # left behind by a write whose process was killed


def make_folder(folder: Path, *, mode: int = 0o777) -> None:
    """Create a folder with its parents unless it exists.

    Raises:
        BadConfiguration: It cannot be created.
    """
    require_possible_folder(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=mode)
    except OSError as error:
        raise _not_writable(folder, error) from None


def require_possible_folder(folder: Path) -> None:
    """Refuse a path that is, or is inside, something other than a folder; create nothing.

    Raises:
        BadConfiguration: It is one.
    """
    existing = folder
    while not os.path.lexists(existing) and existing != existing.parent:
        existing = existing.parent
    if not existing.is_dir():
        raise _not_writable(folder, OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)))


def write_file(path: Path, content: str | bytes) -> None:
    """Replace a file's content at once and for good; only its owner may read it.

    The content goes to a temporary file, to the disk, and then takes the name: after a crash the
    file has the old or the new content.

    Raises:
        BadConfiguration: The folder or the disk does not allow it.
    """
    make_folder(path.parent)
    aside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise _not_writable(path, error) from None


def read_record(path: Path, kind: type[Record], *, hint: str) -> Record | None:
    """Return the JSON document of a file as its type; null when there is no such file.

    Args:
        path: The file.
        kind: A dataclass or a type that pydantic can check.
        hint: What to do about a file without a usable document.

    Raises:
        BadConfiguration: It may not be read, or is empty, torn or another document.
    """
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise BadConfiguration(
            f"the file cannot be read ({error.strerror})", key=str(path), hint=hint
        ) from None
    try:
        return TypeAdapter(kind).validate_json(content)
    except ValidationError as error:
        damage = f"the file is damaged: {_first_problem(error)}"
        message = damage if content.strip() else "the file is empty"
        raise BadConfiguration(message, key=str(path), hint=hint) from None


def write_record(path: Path, record: Record, kind: type[Record]) -> None:
    """Write a document that ``read_record`` returns.

    Raises:
        BadConfiguration: As ``write_file``.
    """
    write_file(path, TypeAdapter(kind).dump_json(record, indent=1).decode())


def require_unlocked(path: Path, *, refusal: str) -> None:
    """Refuse when another process holds a file's lock; create nothing.

    Raises:
        BadConfiguration: It does.
    """
    if path.exists():
        with locked(path, refusal=refusal):
            return


@contextmanager
def locked(path: Path, *, refusal: str | None = None) -> Iterator[None]:
    """Hold a file's lock, which is released when the process ends, however it ends.

    Args:
        path: The file; created when absent. It contains the pid of the last holder, for people.
        refusal: The message when another process holds it; null waits for that one instead.

    Raises:
        BadConfiguration: Another process holds it, or the file cannot be created.
    """
    make_folder(path.parent)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise _not_writable(path, error) from None
    with os.fdopen(descriptor, "r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (fcntl.LOCK_NB if refusal else 0))
        except BlockingIOError:
            holder = lock.read().strip() or "unknown"
            raise BadConfiguration(f"{refusal} (pid {holder})", key=str(path.parent)) from None
        lock.seek(0)
        lock.truncate()
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    where = ".".join(str(part) for part in problem["loc"])
    return f"{where}: {problem['msg']}" if where else problem["msg"]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _not_writable(path: Path, error: OSError) -> BadConfiguration:
    return BadConfiguration(
        f"the state folder cannot be written ({error.strerror})",
        key=str(path),
        hint="give its user the right to write it and free space, or set CDP_STATE_DIR",
    )
