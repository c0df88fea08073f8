"""Where the source database is: named directly, or behind an SSH server.

Scope: from settings to an address; not here: the tunnel (``resources.postgres.ssh_tunnel``), or
what is read (``sync``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cdp_assets.core.ingestion.client_factory import retry_policy
from cdp_assets.errors import BadConfiguration
from cdp_assets.settings import Settings
from resources.http.source_health_recorder import SourceHealthRecorder
from resources.postgres.database_reach import measure_connection
from resources.postgres.ops_status import SourceHealth
from resources.postgres.ssh_tunnel import SshServer, SshTunnel
from resources.postgres.warehouse import Warehouse

TUNNEL = "dmob_ssh"  # its row in ops.source_health


@contextmanager
def dmob_address(settings: Settings, warehouse: Warehouse) -> Iterator[str]:
    """Yield the address of the source database, through a tunnel where one is configured.

    Raises:
        BadConfiguration: No source database is named, or the SSH server refused us.
        SourceUnavailable: The tunnel could not be opened.
    """
    if settings.dmob_database_url is None:
        raise BadConfiguration(
            "no source database is named",
            key="DMOB_DATABASE_URL",
            hint="set it, or run `make demo` for a simulated one",
        )
    dsn = settings.dmob_database_url.get_secret_value()
    if settings.dmob_ssh_host is None:
        yield dsn
        return
    with (
        SourceHealthRecorder(warehouse) as sink,
        _tunnel(settings, dsn, settings.http_tries, sink) as tunnel,
    ):
        yield tunnel.address()


def measure_source(settings: Settings) -> float:
    """Return the seconds in which the source database responds, through its tunnel if there is one.

    Raises:
        BadConfiguration: The SSH server refused us.
        TransientFailure: No response; the variable, host and port are named.
    """
    assert settings.dmob_database_url is not None
    dsn = settings.dmob_database_url.get_secret_value()
    if settings.dmob_ssh_host is None:
        return measure_connection(dsn, "DMOB_DATABASE_URL")
    with _tunnel(settings, dsn, 1, lambda _: None) as tunnel:
        return measure_connection(tunnel.address(), "DMOB_DATABASE_URL")


def _tunnel(
    settings: Settings, dsn: str, tries: int, report: Callable[[SourceHealth], None]
) -> SshTunnel:
    assert settings.dmob_ssh_host is not None
    server = SshServer(
        host=settings.dmob_ssh_host,
        port=settings.dmob_ssh_port,
        user=settings.dmob_ssh_user,
        key=settings.dmob_ssh_key,
        known_hosts=settings.dmob_ssh_known_hosts,
    )
    policy = retry_policy(settings, tries)
    return SshTunnel(server, dsn, TUNNEL, policy=policy, report=report)
