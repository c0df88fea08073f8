"""A Postgres 18 of our own, for a machine that has none (stack §2).

The server binaries come from a wheel; starting, stopping and finding them is our code, because the
wheel's own starter opens no TCP port and stops with the Python process. Scope: start, stop and
removal of one server on loopback; not here: which server the product uses
(``resources.postgres.database_urls``), roles or tables (``resources.postgres.migrator``).
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import shutil
import signal
import time
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from cdp_assets.errors import BadConfiguration, TransientFailure
from resources.local.ports import free_port, require_free_ports
from resources.local.state_files import locked, make_folder, read_record, write_record
from resources.postgres.postgres_binaries import (
    copy_binaries,
    give_to_server_user,
    run_as_server_user,
    usable_by_unprivileged,
    wheel_binaries,
)
from resources.postgres.postgres_process import (
    forget_dead_server,
    has_died,
    server_process,
    wait_until_gone,
)

_START_SECONDS = 120
_STOP_SECONDS = 60
_ORPHAN_SECONDS = 15  # backends of a killed server notice it within milliseconds, or after a COPY
_LOG = "server.log"  # in the data folder; created by the first start
_STARTING = ("starting up", "recovery", "not yet accepting", "refused")
_PORT_HINT = "end that program, or set CDP_POSTGRES_PORT to a free port"
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
        password = self.password if user == "postgres" else self.password_of(user)
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def password_of(self, role: str) -> str:
        """Return the password of a role of ours; all but ``api_ro``'s follow from the server's."""
        if role == "api_ro":
            return self.api_ro_password
        return hmac.new(self.password.encode(), role.encode(), hashlib.sha256).hexdigest()


class EmbeddedPostgres:
    """Start, stop and find the one server of a state folder.

    Args:
        state_dir: The folder of the server; its address is stored there in ``postgres.json``.
        port: Loopback port for a new server; 0 picks a free one and stores it.
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
        """Return the server of this folder, running or not; null when none was ever created.

        Raises:
            BadConfiguration: Its file cannot be read or is damaged.
        """
        return read_record(
            self._record,
            EmbeddedServer,
            hint="restore it, it holds the port and the passwords of the data; without it "
            "`cdp clean --confirm yes` deletes the data",
        )

    def needed_port(self) -> int | None:
        """Return the port that a start will take; null when it runs, or will pick a free one.

        Raises:
            BadConfiguration: As ``find``.
        """
        server = self.find()
        if self.is_running():
            return None
        return self._wanted_port or (server.port if server else 0) or None

    def process(self) -> psutil.Process | None:
        """Return the server's own process; null when it is gone, whatever its pid file says."""
        server = self._known()
        return server_process(Path(server.data), server.dsn("postgres")) if server else None

    def is_running(self) -> bool:
        """Return whether the server's own process is alive."""
        return self.process() is not None

    def died_after(self) -> float | None:
        """Return the last sign of life (Unix seconds) of a server that ended without being stopped.

        Null when it runs, was stopped, or was never created.
        """
        server = self._known()
        if server is None or not has_died(Path(server.data)) or self.is_running():
            return None
        log = _log_of(server)
        return (log if log.exists() else Path(server.data)).stat().st_mtime

    def start(self) -> EmbeddedServer:
        """Return the running server of this folder, creating and starting it when necessary.

        Raises:
            BadConfiguration: The port is taken, or the unprivileged user cannot be used.
            TransientFailure: The server did not come up; its log file is named.
        """
        with locked(self._state_dir / "postgres.lock"):
            server = self.find() or self._create()
            if self.is_running():
                _wait_until_ready(server)
                return server
            server = self._on_the_wanted_port(server)
            self._launch(server)
            return server

    def stop(self) -> None:
        """Stop the server; does nothing when it is not running.

        Raises:
            TransientFailure: It did not end in time.
        """
        process = self.process()
        if process is None:
            return
        process.send_signal(signal.SIGINT)  # "fast": sessions are ended, the log is complete
        end = time.monotonic() + _STOP_SECONDS
        while self.is_running():
            if time.monotonic() > end:
                raise TransientFailure(
                    f"the embedded Postgres did not end within {_STOP_SECONDS} s",
                    key=f"pid {process.pid}",
                    hint="read its server.log, then try again",
                )
            time.sleep(0.05)

    def remove(self) -> None:
        """Stop the server and delete its data and its copy of the binaries."""
        server = self._known()
        if server is None:
            return
        self.stop()
        shutil.rmtree(Path(server.data).parent, ignore_errors=True)
        self._record.unlink(missing_ok=True)

    def _known(self) -> EmbeddedServer | None:
        """Return the server also where its file is damaged, then without port and passwords.

        Ending a server and deleting its data needs only the folder.
        """
        try:
            return self.find()
        except BadConfiguration:
            homes = (self._state_dir.resolve() / "postgres", self._outside())
            found = [home / "data" for home in homes if (home / "data").is_dir()]
            return EmbeddedServer("", str(found[0]), 0, "", "") if found else None

    def _on_the_wanted_port(self, server: EmbeddedServer) -> EmbeddedServer:
        if self._wanted_port in (0, server.port):
            return server
        moved = replace(server, port=self._wanted_port)
        require_free_ports({"Postgres": moved.port}, hint=_PORT_HINT)
        write_record(self._record, moved, EmbeddedServer)
        return moved

    def _launch(self, server: EmbeddedServer) -> None:
        data = Path(server.data)
        if writing := wait_until_gone(data, seconds=_ORPHAN_SECONDS):
            pids = ", ".join(str(process.pid) for process in writing)
            raise TransientFailure(
                f"processes of a server that was killed still use its data (pid {pids})",
                key=server.data,
                hint="wait until they end, or end them, then try again",
            )
        require_free_ports({"Postgres": server.port}, hint=_PORT_HINT)
        forget_dead_server(data)
        started = run_as_server_user(
            str(Path(server.binaries) / "pg_ctl"),
            "-D",
            server.data,
            "-w",
            "-t",
            "120",
            "-l",
            str(_log_of(server)),
            "-o",
            f"-p {server.port}",
            "start",
            check=False,
        )
        if started.returncode != 0:
            raise TransientFailure(
                "the embedded Postgres did not start",
                key=server.data,
                hint=f"read {_log_of(server)}; `cdp doctor` checks port and disk",
            )

    def _create(self) -> EmbeddedServer:
        home = self._choose_home()
        self._refuse_to_replace(home / "data")
        binaries = wheel_binaries()
        if os.geteuid() == 0 and not usable_by_unprivileged(binaries / "initdb"):
            binaries = copy_binaries(binaries, home)
        data = home / "data"
        server = EmbeddedServer(
            binaries=str(binaries),
            data=str(data),
            port=self._wanted_port or free_port(),
            password=secrets.token_urlsafe(24),
            api_ro_password=secrets.token_urlsafe(24),
        )
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir(mode=0o700)
        password_file = home / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(server.password)
        give_to_server_user(data, password_file)
        run_as_server_user(
            str(binaries / "initdb"),
            "-D",
            str(data),
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--locale=C",
            "--auth=scram-sha-256",
            f"--pwfile={password_file}",
            "--set",
            f"scram_iterations={_SCRAM_ITERATIONS}",
        )
        password_file.unlink()
        configuration = data / "cdp.conf"
        configuration.write_text(
            _CONFIGURATION.format(shared_buffers_mib=self._shared_buffers_mib)
            + f"port = {server.port}\n"
        )
        with (data / "postgresql.conf").open("a") as main:
            main.write("include 'cdp.conf'\n")
        give_to_server_user(configuration)
        write_record(self._record, server, EmbeddedServer)
        return server

    def _refuse_to_replace(self, data: Path) -> None:
        """Refuse to create a server where one ran already: its data would be gone."""
        if (data / _LOG).exists():
            raise BadConfiguration(
                f"the file is missing, and {data} contains the data of its server",
                key=str(self._record),
                hint="restore it, it holds the port and the passwords; without it "
                "`cdp clean --confirm yes` deletes the data",
            )

    def _choose_home(self) -> Path:
        inside = self._state_dir.resolve() / "postgres"
        make_folder(inside)
        inside.chmod(0o755)
        if os.geteuid() != 0 or usable_by_unprivileged(inside):
            return inside
        inside.rmdir()
        outside = self._outside()
        make_folder(outside)
        return outside

    def _outside(self) -> Path:
        name = hashlib.sha256(str(self._state_dir.resolve()).encode()).hexdigest()[:12]
        return OUTSIDE_ROOT / name


def create_database(dsn: str, name: str, *, template: str | None = None) -> None:
    """Create a database on the server of ``dsn`` unless it exists.

    Args:
        dsn: Any database of the server, with a user that may create databases.
        name: The new database.
        template: Database to copy; without open connections.
    """
    with psycopg.connect(dsn, autocommit=True) as connection:
        found = connection.execute("select 1 from pg_database where datname = %s", [name])
        if found.fetchone() is None:
            statement = sql.SQL("create database {}").format(sql.Identifier(name))
            if template:
                # Copying files costs a fraction of logging every block of the template.
                statement += sql.SQL(" template {} strategy file_copy").format(
                    sql.Identifier(template)
                )
            connection.execute(statement)


def _log_of(server: EmbeddedServer) -> Path:
    return Path(server.data) / _LOG


def _wait_until_ready(server: EmbeddedServer) -> None:
    """Wait out a server's recovery, which takes a while after it was killed."""
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            psycopg.connect(server.dsn("postgres"), connect_timeout=10).close()
            return
        except psycopg.OperationalError as error:
            is_starting = any(text in str(error) for text in _STARTING)
            if not is_starting or time.monotonic() > end:
                raise TransientFailure(
                    f"the embedded Postgres runs and does not respond ({_one_line(error)})",
                    key=f"port {server.port}",
                    hint=f"read {_log_of(server)}",
                ) from None
        time.sleep(0.2)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _quarter_of_memory_mib() -> int:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(128, min(2 * _MIB_PER_GIB, total // 4 // 1024**2))
