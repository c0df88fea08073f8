"""GitHub's REST contents API: listings of directories and the files in them (compliance §2.2).

The API cuts a listing at 1,000 entries; then the tree behind it is fetched. Scope: the requests,
and reading the responses; not here: the meaning of a file (registry and bookkeeping rules), or
storing responses (``cdp_assets.filplus.registry.github_landing``).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from cdp_assets.errors import CdpError, InvalidSourceResponse, PermanentFailure
from resources.codecs.exact_json import NotJson, parse_exact
from resources.http.http_client import HttpClient, Request, RequestResult
from resources.http.response_validation import Validator, require_json, validate_by
from resources.sources.github_api import HEADERS, NOT_FOUND
from resources.sources.github_app import GitHubApp

LONGEST_LISTING = 1_000  # entries; the API drops the others silently
_UNCHANGED = 304


@dataclass(frozen=True)
class ListedFile:
    """One file of a listing. ``sha`` is Git's name of the content, so equal means unchanged."""

    name: str
    path: str
    sha: str


@dataclass(frozen=True)
class FileContent:
    """One file as received."""

    sha: str
    body: bytes


class GitHubContents:
    """Client of one GitHub. A missing file or repository is a valid response, not a failure.

    Args:
        http: The client, with a personal token or without any.
        app: Has the token of each repository; null without an app.
    """

    def __init__(self, http: HttpClient, app: GitHubApp | None = None) -> None:
        self._http = http
        self._app = app

    def list_directory(self, repository: str, path: str, etag: str | None = None) -> RequestResult:
        """Fetch a directory; status 304 when it is still what ``etag`` named, 404 when absent."""
        conditional = {"if-none-match": etag} if etag else {}
        return self._request(
            f"listing:{repository}/{path}",
            repository,
            path,
            _read_entries,
            headers=conditional,
            accepted=frozenset({NOT_FOUND, _UNCHANGED}),
        )

    def list_tree(self, repository: str, path: str) -> RequestResult:
        """Fetch a directory as Git has it, with up to 100,000 entries."""
        call = Request(
            name=f"tree:{repository}/{path}",
            path=f"/repos/{quote(repository)}/git/trees/HEAD:{quote(path)}",
            headers=HEADERS,
        )
        return self._send(repository, call, validate_by(_read_tree))

    def read_file(self, repository: str, path: str) -> RequestResult:
        """Fetch one file; status 404 when it is absent."""
        return self._request(f"file:{repository}/{path}", repository, path, _read_content)

    def find_repository(self, repository: str) -> RequestResult:
        """Fetch a repository's description; status 404 when it is gone or private."""
        call = Request(
            name=f"repository:{repository}",
            path=f"/repos/{quote(repository)}",
            accepted=frozenset({NOT_FOUND}),
            headers=HEADERS,
        )
        return self._send(repository, call, require_json)

    def _request(
        self,
        name: str,
        repository: str,
        path: str,
        read: Callable[[bytes], object],
        *,
        headers: dict[str, str] | None = None,
        accepted: frozenset[int] = frozenset({NOT_FOUND}),
    ) -> RequestResult:
        def validate(status: int, body: bytes) -> CdpError | None:
            if status == _UNCHANGED:
                return None
            return (require_json if status == NOT_FOUND else validate_by(read))(status, body)

        call = Request(
            name=name,
            path=f"/repos/{quote(repository)}/contents/{quote(path)}",
            accepted=accepted,
            headers=HEADERS | (headers or {}),
        )
        return self._send(repository, call, validate)

    def _send(self, repository: str, call: Request, validate: Validator) -> RequestResult:
        if self._app is None:
            return self._http.send(call, validate)
        return self._app.send(repository, call, validate)


def read_listing(body: bytes) -> list[ListedFile]:
    """Read a directory's files, in ascending order of their names' bytes.

    Raises:
        InvalidSourceResponse: An entry without name, path or content name.
        PermanentFailure: The path is a file.
    """
    return _files(_read_entries(body))


def read_tree(body: bytes, path: str) -> tuple[list[ListedFile], bool]:
    """Read a directory's files as Git has it, and whether the list is complete.

    Raises:
        InvalidSourceResponse: No tree, or an entry without path or content name.
    """
    entries, is_complete = _read_tree(body)
    files = [
        {"type": "file", "name": one["path"], "path": f"{path}/{one['path']}", "sha": one["sha"]}
        for one in entries
        if one.get("type") == "blob"
    ]
    return _files(files), is_complete


def is_cut(body: bytes) -> bool:
    """Return whether a listing may be cut: it has as many entries as one page can."""
    return len(_read_entries(body)) >= LONGEST_LISTING


def read_file(body: bytes) -> FileContent:
    """Read a file's content.

    Raises:
        InvalidSourceResponse: The content is not what its Git name says, so it was cut or mixed up.
        PermanentFailure: The response holds no content: the path is a directory, or the file is
            larger than the 1 MB that the API sends.
    """
    return _read_content(body)


def blob_sha(content: bytes) -> str:
    """Return Git's name of a content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _read_entries(body: bytes) -> list[dict[str, Any]]:
    document = _document(body)
    if not isinstance(document, list):
        raise PermanentFailure("is a file, not a directory", hint="correct the path")
    _files(document)
    return document


def _read_tree(body: bytes) -> tuple[list[dict[str, Any]], bool]:
    document = _document(body)
    entries = document.get("tree") if isinstance(document, dict) else None
    if not isinstance(entries, list) or not all(
        isinstance(one, dict) and isinstance(one.get("path"), str) and one.get("sha")
        for one in entries
    ):
        raise InvalidSourceResponse("the response is no tree of entries with path and sha")
    return entries, document.get("truncated") is not True


def _files(entries: list[dict[str, Any]]) -> list[ListedFile]:
    found = []
    for entry in entries:
        if not isinstance(entry, dict):
            raise InvalidSourceResponse("the listing holds an entry that is no object")
        if entry.get("type") != "file":
            continue
        texts = [entry.get(name) for name in ("name", "path", "sha")]
        if not all(isinstance(text, str) and text for text in texts):
            raise InvalidSourceResponse("the listing holds a file without name, path or sha")
        found.append(ListedFile(*(str(text) for text in texts)))
    return sorted(found, key=lambda file: file.name.encode("utf-8", "surrogatepass"))


def _read_content(body: bytes) -> FileContent:
    document = _document(body)
    if not isinstance(document, dict) or document.get("type") != "file":
        raise PermanentFailure("is no file", hint="see the repository")
    encoding, content, sha = (document.get(name) for name in ("encoding", "content", "sha"))
    if encoding != "base64":
        raise PermanentFailure(
            f"the response holds no content (encoding {str(encoding)[:20]!r})",
            hint="the API sends files up to 1 MB; such a file cannot be an application",
        )
    try:
        decoded = base64.b64decode(str(content).replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidSourceResponse("the content is not base64") from None
    if blob_sha(decoded) != sha:
        raise InvalidSourceResponse("the content is not what its sha says")
    return FileContent(str(sha), decoded)


def _document(body: bytes) -> Any:
    try:
        return parse_exact(body)
    except NotJson as error:
        raise InvalidSourceResponse(f"malformed JSON ({error})") from None
