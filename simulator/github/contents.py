"""GitHub's REST contents API over files in memory (compliance §2.2).

Scope: the protocol: listings, files, ETags, renamed and private repositories, the quota of a
credential; not here: which files exist (``registry_files``, ``archives``), the rights of an app's
sign-in (``app``), or faults.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from simulator.github.app import AppAccess
from simulator.server.clock import SimulatedClock

QUOTA_WITH_TOKEN = 5_000  # per hour
QUOTA_WITHOUT_TOKEN = 60
_WINDOW_SECONDS = 3_600
_LARGEST_CONTENT_BYTES = 1_048_576
_LONGEST_LISTING = 1_000

Files = Mapping[str, bytes]
Repositories = Mapping[str, Files]


class GitHub:
    """The service.

    Args:
        clock: Its hour is the quota's window, unless a test sets one.
        generate: Builds the repositories at the first request; null: there are none.
    """

    def __init__(
        self, clock: SimulatedClock, generate: Callable[[], Repositories] = lambda: {}
    ) -> None:
        self._clock = clock
        self._generate = generate
        self._repositories: dict[str, dict[str, bytes]] | None = None
        self._moved: dict[str, str] = {}
        self._left: int | None = None
        self._resets_at: int | None = None
        self.app: AppAccess | None = None

    def require_app(
        self, app_id: str, public_key: str, installations: Mapping[str, int]
    ) -> AppAccess:
        """Allow no reader but this app, by the token of the repository's installation.

        Args:
            app_id: The issuer of its statements.
            public_key: PEM that its statements are verified with.
            installations: Number of the installation by repository.
        """
        self.app = AppAccess(self._clock, app_id, public_key, installations)
        return self.app

    def serve(self, repositories: Repositories) -> None:
        """Replace all repositories: file content by path, by ``owner/name``."""
        self._repositories = {name: dict(files) for name, files in repositories.items()}

    def put(self, repository: str, path: str, content: bytes | None) -> None:
        """Write or (null) delete one file."""
        files = self._held().setdefault(repository, {})
        if content is None:
            files.pop(path, None)
        else:
            files[path] = content

    def remove(self, repository: str) -> None:
        """Delete a repository, or make it private: the responses are the same."""
        self._held().pop(repository, None)

    def move(self, repository: str, to: str) -> None:
        """Rename a repository; the old name redirects."""
        self._held()[to] = self._held().pop(repository)
        self._moved[repository] = to
        if self.app is not None:
            self.app.move(repository, to)

    def limit(self, left: int, resets_at: datetime) -> None:
        """Limit the requests left until an instant, for every credential."""
        self._left, self._resets_at = left, int(resets_at.timestamp())

    def forget(self) -> None:
        """Return to the generated repositories, a full quota and readers without an app."""
        self._repositories, self._left, self._resets_at = None, None, None
        self.app = None
        self._moved.clear()

    def routes(self) -> list[Route]:
        """Return the service's routes."""
        return [
            Route("/repos/{owner}/{name}", self._repository),
            Route("/repos/{owner}/{name}/installation", self._installation),
            Route("/app/installations/{id:int}/access_tokens", self._new_token, methods=["POST"]),
            Route("/repos/{owner}/{name}/contents/{path:path}", self._contents),
            Route("/repos/{owner}/{name}/git/trees/HEAD:{path:path}", self._tree),
        ]

    def _held(self) -> dict[str, dict[str, bytes]]:
        if self._repositories is None:
            self.serve(self._generate())
        assert self._repositories is not None
        return self._repositories

    def _installation(self, request: Request) -> Response:
        name = _name(request)
        if name in self._moved:
            return self._moved_to(request, self._moved[name], "/installation")
        if self.app is None:
            return self._respond(request, 404, _NOT_FOUND)
        return self._respond(request, *self.app.installation(_authorization(request), name))

    def _new_token(self, request: Request) -> Response:
        if self.app is None:
            return self._respond(request, 404, _NOT_FOUND)
        number = int(request.path_params["id"])
        return self._respond(request, *self.app.new_token(_authorization(request), number))

    def _refusal(self, request: Request) -> Response | None:
        """Refuse any other reader than the app, where one is required."""
        if self.app is None:
            return None
        name = _name(request)
        refused = self.app.refusal(_authorization(request), self._moved.get(name, name))
        return None if refused is None else self._respond(request, *refused)

    def _repository(self, request: Request) -> Response:
        name = _name(request)
        if (refused := self._refusal(request)) is not None:
            return refused
        if name in self._moved:
            return self._moved_to(request, self._moved[name], "")
        if name not in self._held():
            return self._respond(request, 404, _NOT_FOUND)
        return self._respond(request, 200, {"full_name": name, "private": False})

    def _contents(self, request: Request) -> Response:
        name, path = _name(request), request.path_params["path"].strip("/")
        if (refused := self._refusal(request)) is not None:
            return refused
        if name in self._moved:
            return self._moved_to(request, self._moved[name], f"/contents/{quote(path)}")
        files = self._held().get(name)
        if files is not None and path in files:
            return self._respond(request, 200, _file(name, path, files[path]))
        below = {p: c for p, c in (files or {}).items() if p.startswith(f"{path}/")}
        if not below:
            return self._respond(request, 404, _NOT_FOUND)
        return self._respond(request, 200, _listing(name, path, below))

    def _tree(self, request: Request) -> Response:
        name, path = _name(request), request.path_params["path"].strip("/")
        if (refused := self._refusal(request)) is not None:
            return refused
        files = self._held().get(name, {})
        below = {p: c for p, c in files.items() if p.startswith(f"{path}/")}
        if not below:
            return self._respond(request, 404, _NOT_FOUND)
        entries = [
            {"path": e["name"], "type": "blob" if e["type"] == "file" else "tree", "sha": e["sha"]}
            for e in _entries(name, path, below)
        ]
        return self._respond(request, 200, {"tree": entries, "truncated": False})

    def _moved_to(self, request: Request, name: str, rest: str) -> Response:
        root = str(request.url).split("/repos/")[0]
        refused, headers = self._spend(request)
        return refused or RedirectResponse(f"{root}/repos/{name}{rest}", 301, headers=headers)

    def _respond(self, request: Request, status: int, document: Any) -> Response:
        response = JSONResponse(document, status_code=status)
        seen = _authorization(request).encode() + bytes(response.body)  # GitHub's are per token
        etag = f'W/"{hashlib.sha256(seen).hexdigest()}"'
        if status == 200 and request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers={**self._quota(request), "etag": etag})
        refused, headers = self._spend(request)
        if refused is not None:
            return refused
        response.headers.update(headers if status != 200 else {**headers, "etag": etag})
        return response

    def _spend(self, request: Request) -> tuple[Response | None, dict[str, str]]:
        """Take one request from the quota; an unchanged response costs none."""
        if self._left == 0:
            sentence = {"message": "API rate limit exceeded"}
            return JSONResponse(sentence, 403, headers=self._quota(request)), {}
        if self._left is not None:
            self._left -= 1
        return None, self._quota(request)

    def _quota(self, request: Request) -> dict[str, str]:
        has_token = _authorization(request).startswith("Bearer ")
        limit = QUOTA_WITH_TOKEN if has_token else QUOTA_WITHOUT_TOKEN
        now = int(self._clock.now.astimezone(UTC).timestamp())
        reset = self._resets_at or now - now % _WINDOW_SECONDS + _WINDOW_SECONDS
        left = limit if self._left is None else self._left
        return {
            "x-ratelimit-limit": str(limit),
            "x-ratelimit-remaining": str(left),
            "x-ratelimit-used": str(max(0, limit - left)),
            "x-ratelimit-reset": str(reset),
            "x-ratelimit-resource": "core",
        }


_NOT_FOUND = {"message": "Not Found", "status": "404"}


def _authorization(request: Request) -> str:
    return request.headers.get("authorization", "")


def _name(request: Request) -> str:
    return f"{request.path_params['owner']}/{request.path_params['name']}"


def _listing(repository: str, folder: str, below: Files) -> list[dict[str, Any]]:
    return _entries(repository, folder, below)[:_LONGEST_LISTING]


def _entries(repository: str, folder: str, below: Files) -> list[dict[str, Any]]:
    names = {path[len(folder) + 1 :].split("/")[0] for path in below}
    paths = [f"{folder}/{name}" for name in sorted(names, key=str.encode)]
    return [_entry(repository, path, below.get(path)) for path in paths]


def _file(repository: str, path: str, content: bytes) -> dict[str, Any]:
    if len(content) > _LARGEST_CONTENT_BYTES:
        return {**_entry(repository, path, content), "content": "", "encoding": "none"}
    lines = base64.encodebytes(content).decode()
    return {**_entry(repository, path, content), "content": lines, "encoding": "base64"}


def _entry(repository: str, path: str, content: bytes | None) -> dict[str, Any]:
    is_file = content is not None
    body = content if content is not None else path.encode()
    kind = b"blob" if is_file else b"tree"
    sha = hashlib.sha1(kind + b" %d\0" % len(body) + body, usedforsecurity=False).hexdigest()
    return {
        "name": path.rsplit("/", 1)[-1],
        "path": path,
        "sha": sha,
        "size": len(body) if is_file else 0,
        "url": f"https://github.invalid/repos/{repository}/contents/{quote(path)}",
        "type": "file" if is_file else "dir",
    }
