"""SSH servers for tests: a stand-in for ``ssh`` itself, and the system's sshd where it exists.

Belongs here: starting and ending them on loopback. Does not: what is tested with them.
"""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
HAS_REAL = SSHD is not None and shutil.which("ssh") is not None
KINDS = ("stand-in", *(("sshd",) if HAS_REAL else ()))

_STAND_IN = """#!{python} -S
import os, select, socket, sys
arguments = sys.argv[1:]
with open({log!r}, "a") as log:
    log.write(" ".join(arguments) + "\\n")
mode = open({mode!r}).read()
if mode != "forward":
    print(mode, file=sys.stderr)
    sys.exit(255)
local, _, target = arguments[arguments.index("-L") + 1].partition(":")
port, _, target = target.partition(":")
host, _, there = target.rpartition(":")
listener = socket.create_server((local, int(port)))
pairs = {{}}
while True:
    for ready in select.select([listener, *pairs], [], [])[0]:
        if ready is listener:
            near, far = listener.accept()[0], socket.create_connection((host, int(there)))
            pairs[near], pairs[far] = far, near
            continue
        if ready not in pairs:
            continue
        other = pairs[ready]
        data = b""
        try:
            data = ready.recv(65536)
            if data:
                other.sendall(data)
        except OSError:
            data = b""
        if not data:
            for one in (ready, other):
                pairs.pop(one, None)
                one.close()
"""


@dataclass
class Server:
    """A running SSH server and how it is reached.

    Attributes:
        variables: Settings that name it.
        bin: Folder that must come first on PATH; null for the real ssh.
    """

    variables: dict[str, str]
    bin: Path | None = None
    _mode: Path | None = None
    _log: Path | None = None

    def answer(self, mode: str) -> None:
        """Let the stand-in forward, or end with these words."""
        assert self._mode is not None
        self._mode.write_text(mode)

    def calls(self) -> list[str]:
        """Return the arguments of every call of the stand-in."""
        assert self._log is not None
        return self._log.read_text().splitlines() if self._log.exists() else []


def stand_in(folder: Path) -> Server:
    """Return an ``ssh`` that forwards by itself, without a server."""
    program, mode, log = folder / "bin/ssh", folder / "mode", folder / "calls"
    program.parent.mkdir()
    text = _STAND_IN.format(python=sys.executable, log=str(log), mode=str(mode))
    program.write_text(text)
    program.chmod(0o755)
    server = Server(
        {"CDP_DMOB_SSH_HOST": "jump.invalid", "CDP_DMOB_SSH_USER": "reader"},
        program.parent,
        mode,
        log,
    )
    server.answer("forward")
    return server


@contextmanager
def real(folder: Path) -> Iterator[Server]:
    """Run the system's sshd for this user on a free loopback port."""
    assert SSHD is not None
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # it refuses to start without, as root
    for name in ("host", "user"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True
        )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "authorized").write_text((folder / "user.pub").read_text())
    public = (folder / "host.pub").read_text().split()
    (folder / "known").write_text(f"[127.0.0.1]:{port} {public[0]} {public[1]}\n")
    (folder / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nUsePAM no\n"
        f"AuthorizedKeysFile {folder}/authorized\nPidFile none\nStrictModes no\n"
        "PasswordAuthentication no\nPermitRootLogin yes\nAllowTcpForwarding yes\n"
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [SSHD, "-D", "-e", "-f", str(folder / "config")], stdout=log, stderr=log
        )
    try:
        yield Server(
            {
                "CDP_DMOB_SSH_HOST": "127.0.0.1",
                "CDP_DMOB_SSH_PORT": str(port),
                "CDP_DMOB_SSH_USER": getpass.getuser(),
                "CDP_DMOB_SSH_KEY": str(folder / "user"),
                "CDP_DMOB_SSH_KNOWN_HOSTS": str(folder / "known"),
            }
        )
    finally:
        process.terminate()
        process.wait()
