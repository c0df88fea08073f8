"""Landing of GitHub: every response is stored first, then a directory is read from what is stored.

A listing names the content of each file, so a file is fetched only when its content is new. Scope:
storing responses and finding them again; not here: the protocol
(``resources.sources.github_contents``), what files mean, or Dagster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import psycopg

from cdp_assets.core.ingestion.response_store import ResponseTable
from cdp_assets.core.ingestion.source_issues import Issue, previously_failed_locations
from cdp_assets.errors import CdpError
from resources.http.raw_response import RawResponse
from resources.sources.github_contents import (
    FileContent,
    GitHubContents,
    ListedFile,
    is_cut,
    read_file,
    read_listing,
    read_tree,
)

_Kind = Literal["listing", "tree", "file", "repository"]


@dataclass
class Directory:
    """One directory as GitHub has it now.

    Attributes:
        files: The wanted files that are listed, in ascending order of their names' bytes.
        state: ``listed``; ``absent`` when the repository has no such directory; ``gone`` when the
            repository itself cannot be seen.
        is_complete: The listing names every file; false when it may be truncated.
        issues: Files that could not be fetched, by their path.
    """

    repository: str
    path: str
    files: list[ListedFile]
    state: Literal["listed", "absent", "gone"] = "listed"
    is_complete: bool = True
    issues: dict[str, Issue] = field(default_factory=dict)

    def location(self, path: str) -> str:
        """Return how people find a file."""
        return f"{self.repository}/{path}"


def fetch_directory(
    connection: psycopg.Connection,
    github: GitHubContents,
    repository: str,
    path: str,
    is_wanted: Callable[[str], bool],
) -> Directory:
    """Fetch a directory and its wanted files whose content is not stored yet.

    Responses are committed one by one: they stay stored even when the run then fails. A file that
    cannot be fetched is an issue of the directory; the others are still fetched.

    Args:
        connection: In autocommit mode.
        github: The client.
        repository: ``owner/name``.
        path: The directory.
        is_wanted: Decides by a file's name whether it is fetched.

    Raises:
        CdpError: The listing got no usable response; nothing that is stored was changed.
    """
    known = _newest_listing(connection, repository, path)
    outcome = github.list_directory(repository, path, known.etag if known else None)
    changed = [one for one in outcome.responses if one.http_status != 304]
    _store(connection, "listing", repository, path, changed)
    response = outcome.usable()
    if response.http_status == 404:
        return Directory(repository, path, [], _why_absent(connection, github, repository))
    if response.http_status == 304 and known is not None:
        _confirm(connection, known, response)
    body = known.body if response.http_status == 304 and known else response.body
    listed, is_complete = read_listing(body), True
    if is_cut(body):
        listed, is_complete = _list_tree(connection, github, repository, path, listed)
    files = [file for file in listed if is_wanted(file.name)]
    directory = Directory(repository, path, files, is_complete=is_complete)
    stored = _stored_contents(connection, repository)
    wanted = {file.path: file for file in files if (file.path, file.sha) not in stored}
    previously_failed = previously_failed_locations(connection)
    for file in sorted(
        wanted.values(), key=lambda f: directory.location(f.path) in previously_failed
    ):
        _fetch_file(connection, github, directory, file)
    return directory


def contents(connection: psycopg.Connection, directory: Directory) -> dict[str, FileContent]:
    """Return the stored content of each listed file: the listed one, else the newest received.

    A file of which nothing usable was ever received is absent.
    """
    rows = connection.execute(
        """
        select distinct on (a.path) a.path, a.body
        from raw_github.responses a
        join unnest(%s::text[], %s::text[]) as listed (path, sha) on listed.path = a.path
        where a.repository = %s and a.kind = 'file' and a.is_complete and a.blob_sha is not null
        order by a.path, (a.blob_sha = listed.sha) desc, a.seen_number desc
        """,
        [[f.path for f in directory.files], [f.sha for f in directory.files], directory.repository],
    )
    return {path: read_file(bytes(body)) for path, body in rows}


def older_contents(
    connection: psycopg.Connection, repository: str, path: str, sha: str
) -> Iterator[FileContent]:
    """Yield the other contents that a file once had, the newest first."""
    rows = connection.execute(
        """
        select body from raw_github.responses
        where repository = %s and path = %s and kind = 'file' and is_complete
            and blob_sha is not null and blob_sha <> %s
        order by seen_number desc
        """,
        [repository, path, sha],
    )
    for (body,) in rows:
        yield read_file(bytes(body))


def _list_tree(
    connection: psycopg.Connection,
    github: GitHubContents,
    repository: str,
    path: str,
    listed: list[ListedFile],
) -> tuple[list[ListedFile], bool]:
    """Return the files of a directory whose listing may be truncated, and whether these are all."""
    outcome = github.list_tree(repository, path)
    _store(connection, "tree", repository, path, outcome.responses)
    if outcome.failure is not None:
        return listed, False
    return read_tree(outcome.usable().body, path)


def _fetch_file(
    connection: psycopg.Connection, github: GitHubContents, directory: Directory, file: ListedFile
) -> None:
    outcome = github.read_file(directory.repository, file.path)
    _store(connection, "file", directory.repository, file.path, outcome.responses)
    failure: CdpError | None = outcome.failure
    location = directory.location(file.path)
    if failure is not None:
        detail = f"it could not be read: {failure.message}"
        directory.issues[file.path] = Issue(location, "not_read", "skipped", detail)
    elif outcome.usable().http_status == 404:
        detail = "it was listed, but is gone"
        directory.issues[file.path] = Issue(location, "gone", "skipped", detail)


def _why_absent(
    connection: psycopg.Connection, github: GitHubContents, repository: str
) -> Literal["absent", "gone"]:
    """Return whether the repository lacks the directory, or cannot be seen at all."""
    outcome = github.find_repository(repository)
    _store(connection, "repository", repository, "", outcome.responses)
    return "gone" if outcome.usable().http_status == 404 else "absent"


@dataclass(frozen=True)
class _KnownListing:
    response_id: int
    etag: str
    body: bytes


def _newest_listing(
    connection: psycopg.Connection, repository: str, path: str
) -> _KnownListing | None:
    """Return the newest listing that may be named in a conditional request."""
    row = connection.execute(
        """
        select response_id, http_status, etag, body from raw_github.responses
        where repository = %s and path = %s and kind = 'listing' and is_complete
        order by seen_number desc limit 1
        """,
        [repository, path],
    ).fetchone()
    if row is None or row[1] != 200 or row[2] is None:
        return None
    return _KnownListing(row[0], row[2], bytes(row[3]))


def _stored_contents(connection: psycopg.Connection, repository: str) -> set[tuple[str, str]]:
    rows = connection.execute(
        "select path, blob_sha from raw_github.responses "
        "where repository = %s and kind = 'file' and is_complete and blob_sha is not null",
        [repository],
    )
    return {(path, sha) for path, sha in rows}


_RESPONSES = ResponseTable(
    name=("raw_github", "responses"),
    id_column="response_id",
    once_per=("request_fingerprint", "response_hash"),
    # Received again, it is the newest again; a complete one is never replaced by a failure.
    received_again="""
        http_status = excluded.http_status, is_complete = excluded.is_complete,
        etag = excluded.etag, blob_sha = excluded.blob_sha, body = excluded.body,
        fetched_at = greatest(s.fetched_at, excluded.fetched_at),
        seen_number = nextval('raw_github.seen')
        where excluded.is_complete or not s.is_complete
    """,
    columns={
        name: name
        for name in (
            "request_fingerprint",
            "http_status",
            "is_complete",
            "etag",
            "fetched_at",
            "response_hash",
            "body",
        )
    },
)


def _store(
    connection: psycopg.Connection,
    kind: _Kind,
    repository: str,
    path: str,
    responses: Sequence[RawResponse],
) -> None:
    """Store responses once per request and content."""
    for response in responses:
        is_file = kind == "file" and response.is_complete and response.http_status == 200
        own = {
            "kind": kind,
            "repository": repository,
            "path": path,
            "blob_sha": read_file(response.body).sha if is_file else None,
        }
        _RESPONSES.store(connection, response, own)


def _confirm(connection: psycopg.Connection, known: _KnownListing, response: RawResponse) -> None:
    connection.execute(
        "update raw_github.responses set seen_number = nextval('raw_github.seen'), "
        "fetched_at = greatest(fetched_at, %s) where response_id = %s",
        [response.fetched_at, known.response_id],
    )
