"""Recorded repositories from a folder of archives, for the simulated GitHub.

Scope: reading ``<owner>__<repository>.tar.gz`` and registry archives; not here: the protocol
(``contents``), or generated repositories (``registry_files``).
"""

from __future__ import annotations

import tarfile
from pathlib import Path

REGISTRY = "filecoin-project/Allocator-Registry"


def read_archive(path: Path) -> dict[str, bytes]:
    """Return the files of one archive by their path in the repository.

    Raises:
        ValueError: A path that leads out of the repository.
    """
    found: dict[str, bytes] = {}
    with tarfile.open(path, "r:gz") as archive:
        for member in archive:
            if not member.isfile():
                continue
            name = member.name.removeprefix("./")
            if name.startswith("/") or ".." in name.split("/"):
                raise ValueError(f"{path.name}: {name!r} leads out of the repository")
            content = archive.extractfile(member)
            assert content is not None
            found[name] = content.read()
    return found


def read_archives(folder: Path, registry_day: str) -> dict[str, dict[str, bytes]]:
    """Return the recorded repositories by ``owner/name``.

    Args:
        folder: Holds ``registry/`` and ``bookkeeping/``.
        registry_day: Which state of the registry, ``YYYY-MM-DD``.
    """
    repositories = {
        path.name.removesuffix(".tar.gz").replace("__", "/", 1): read_archive(path)
        for path in sorted((folder / "bookkeeping").glob("*__*.tar.gz"))
    }
    registry = folder / "registry" / f"allocator_registry_{registry_day}.tar.gz"
    return {**repositories, REGISTRY: read_archive(registry)}
