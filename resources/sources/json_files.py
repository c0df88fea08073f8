"""Named JSON files that never change, from a folder or below a web address.

Scope: reading them as bytes; not here: their content.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from cdp_assets.errors import BadConfiguration
from resources.http.http_client import HttpClient, Request

_NOT_FOUND = 404


@dataclass(frozen=True)
class Folder:
    """Files in a folder of this machine."""

    path: Path

    def read(self, name: str) -> bytes | None:
        """Return a file's content; null when there is no such file.

        Raises:
            BadConfiguration: It is not a folder, or the file cannot be read.
        """
        if not self.path.is_dir():
            raise BadConfiguration("is no folder", key=str(self.path), hint="correct the setting")
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BadConfiguration(
                f"{name} cannot be read ({type(error).__name__})",
                key=str(self.path),
                hint="let the user that runs this read it",
            ) from None


@dataclass(frozen=True)
class WebFolder:
    """Files below a web address."""

    http: HttpClient

    def read(self, name: str) -> bytes | None:
        """Return a file's content; null when it is not found.

        Raises:
            CdpError: No usable response.
        """
        call = Request(name=name, path=f"/{quote(name)}", accepted=frozenset({_NOT_FOUND}))
        outcome = self.http.send(call, lambda status, body: None)
        response = outcome.usable()
        return None if response.http_status == _NOT_FOUND else response.body
