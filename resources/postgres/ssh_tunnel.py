"""A database behind an SSH server: the system's ``ssh`` forwards a loopback port to it.

The host's key is always verified. Scope: starting, watching and ending the forwarding process, and
the address that leads through it; not here: the database's own connection, or where the settings
come from (``cdp_assets.filplus.dmob.source``).
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pydantic import SecretStr

from cdp_assets import clock
from cdp_assets.errors import BadConfiguration, CdpError, SourceUnavailable
from resources.http.retry import RetryPolicy
from resources.local.ports import free_port
from resources.postgres.ops_status import SourceHealth

START_SECONDS = 30.0
_KEEP_ALIVE_SECONDS = 15  # after three without a response ssh ends, so that a dead line is detected
_LOOPBACK = "127.0.0.1"
_POSTGRES_PORT = "5432"
_KEY_BEGINS = "-----BEGIN"
_WORDS_OF_REFUSAL = (
    "Permission denied",
    "Host key verification failed",
    "REMOTE HOST IDENTIFICATION HAS CHANGED",
    "Load key",
    "UNPROTECTED PRIVATE KEY",
    "Bad configuration option",
    "no such identity",
)


@dataclass(frozen=True)
class SshServer:
    """The server between us and the database.

    Attributes:
        key: The private key's file, or its text; null: ssh chooses.
        known_hosts: File with the server's public key; null takes the user's own.
    """

    host: str
    port: int
    user: str | None
    key: SecretStr | None
    known_hosts: Path | None


@dataclass
class SshTunnel:
    """Forwarding to one database, as a context manager; a broken line is opened anew.

    Attributes:
        server: Through which server.
        dsn: The database's address as that server sees it.
        source: Name of the health row.
        policy: Tries and waits of opening the line.
        report: Called with the line's health whenever it is opened, cannot be, or broke.
    """

    server: SshServer
    dsn: str
    source: str
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    report: Callable[[SourceHealth], None] = lambda _: None
    _process: subprocess.Popen[bytes] | None = None
    _port: int = 0
    _folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> SshTunnel:
        self._folder = tempfile.TemporaryDirectory(prefix="cdp-ssh-")
        try:
            self.address()
        except BaseException:
            self._folder.cleanup()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None and self._process.poll() is not None:
            self._report_health(None, SourceUnavailable(f"the line broke ({self._last_words()})"))
        self._end()
        if self._folder is not None:
            self._folder.cleanup()

    def address(self) -> str:
        """Return the database's address through the line, which is opened anew if it broke.

        Raises:
            BadConfiguration: ssh is absent, refused us, or does not know the server's key.
            SourceUnavailable: The line could not be opened within all tries.
        """
        target = _target(self.dsn)
        if self._process is None or self._process.poll() is not None:
            started = time.monotonic()
            try:
                self.policy.run(lambda: self._open(target))
            except CdpError as failure:
                self._report_health(None, failure)
                raise
            self._report_health(time.monotonic() - started, None)
        return make_conninfo(self.dsn, hostaddr=_LOOPBACK, port=str(self._port))

    def _open(self, target: str) -> None:
        self._end()
        self._port = free_port()
        with self._log().open("wb") as log:
            self._process = subprocess.Popen(
                self._command(target), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        deadline = time.monotonic() + START_SECONDS
        while not _is_open(self._port):
            if self._process.poll() is not None:
                raise self._refusal()
            if time.monotonic() > deadline:
                self._end()
                raise self._unavailable(f"did not forward within {START_SECONDS:.0f} s")
            time.sleep(0.05)
        if self._process.poll() is not None:  # another program listens on that port
            raise self._refusal()

    def _command(self, target: str) -> list[str]:
        program = shutil.which("ssh")
        if program is None:
            raise BadConfiguration("ssh is not installed", key="ssh", hint="install its client")
        options = {
            "BatchMode": "yes",
            "ExitOnForwardFailure": "yes",
            "StrictHostKeyChecking": "yes",
            "ConnectTimeout": "10",
            "ServerAliveInterval": str(_KEEP_ALIVE_SECONDS),
            "ServerAliveCountMax": "3",
        }
        if self.server.known_hosts is not None:
            options["UserKnownHostsFile"] = str(self.server.known_hosts)
        command = [program, "-N", "-T", "-p", str(self.server.port)]
        if self.server.key is not None:
            options["IdentitiesOnly"] = "yes"
            command += ["-i", str(self._key_file(self.server.key.get_secret_value()))]
        if self.server.user is not None:
            command += ["-l", self.server.user]
        for name, value in options.items():
            command += ["-o", f"{name}={value}"]
        return [*command, "-L", f"{_LOOPBACK}:{self._port}:{target}", "--", self.server.host]

    def _key_file(self, key: str) -> Path:
        r"""Return the key's file; a key given as text is written where only we can read it.

        Its line ends may be written as ``\n``. A text that is neither a file nor a key may be a
        secret in another form, so it is not passed to ssh, whose command line all users can see.

        Raises:
            BadConfiguration: It is neither.
        """
        lines = _lines(key)
        if not lines[0].startswith(_KEY_BEGINS):
            named = _existing(key.strip())
            if named is not None:
                return named
            raise BadConfiguration(
                "it is neither a key's text nor the path of a file (not shown: it may be the key)",
                key="CDP_DMOB_SSH_KEY",
                hint="name the private key's file, or give its text from its -----BEGIN line on",
            )
        assert self._folder is not None
        path = Path(self._folder.name) / "key"
        path.touch(mode=0o600)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def _refusal(self) -> CdpError:
        said = self._last_words()
        if any(words in said for words in _WORDS_OF_REFUSAL):
            return BadConfiguration(
                f"ssh to {self.server.host} was refused ({said})",
                key=self.source,
                hint="check user, key and the server's entry in the known hosts",
            )
        return self._unavailable(f"ended ({said})")

    def _unavailable(self, what: str) -> SourceUnavailable:
        return SourceUnavailable(
            f"ssh to {self.server.host} {what}",
            key=self.source,
            hint="check that the server is up and may forward to the database",
        )

    def _log(self) -> Path:
        assert self._folder is not None
        return Path(self._folder.name) / "ssh.log"

    def _last_words(self) -> str:
        said = self._log().read_text(encoding="utf-8", errors="replace")
        key = self.server.key.get_secret_value() if self.server.key is not None else ""
        if (lines := _lines(key))[0].startswith(_KEY_BEGINS):
            for line in lines[1:-1]:
                said = said.replace(line, "***") if line else said
        lines = said.splitlines()
        return "; ".join(line.strip() for line in lines[-3:] if line.strip())[:300] or "no word"

    def _end(self) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _report_health(self, seconds: float | None, failure: CdpError | None) -> None:
        self.report(
            SourceHealth(
                source=self.source,
                ok=failure is None,
                latency_seconds=None if seconds is None else round(seconds, 3),
                checked_at=clock.wall_clock(),
                error_message=str(failure) if failure else None,
            )
        )


def _lines(key: str) -> list[str]:
    r"""Return the lines of a key, which a one-line variable writes with ``\n`` between them."""
    return [line.strip() for line in key.replace("\\n", "\n").strip().split("\n")]


def _existing(text: str) -> Path | None:
    try:
        path = Path(text).expanduser()
        return path if path.exists() else None
    except (OSError, ValueError, RuntimeError):  # too long, with a NUL, or of a user unknown
        return None


def _target(dsn: str) -> str:
    """Return ``host:port`` of the database as the SSH server reaches it."""
    parts = conninfo_to_dict(dsn)
    host = str(parts.get("hostaddr") or parts.get("host") or "")
    port = str(parts.get("port") or _POSTGRES_PORT)
    if not host or "," in host or host.startswith("/"):
        raise BadConfiguration(
            "the database behind an SSH server needs one host name or address",
            key="DMOB_DATABASE_URL",
            hint="name the host as the SSH server sees it; localhost is that server itself",
        )
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((_LOOPBACK, port)) == 0
