"""Where the source database is: named directly, or behind an SSH server.

Belongs here: from settings to an address. Does not: the tunnel (``resources.ssh_tunnel``), or what
is read (``dmob_sync``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cdp_assets.errors import BadConfiguration
from cdp_assets.settings import Settings
from resources.health_sink import HealthSink
from resources.retry import RetryPolicy
from resources.ssh_tunnel import SshServer, SshTunnel
from resources.warehouse import Warehouse

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
            "no source database is named", key="DMOB_DATABASE_URL",
            hint="set it, or run `make demo` for a simulated one",
        )  # fmt: skip
    dsn = settings.dmob_database_url.get_secret_value()
    if settings.dmob_ssh_host is None:
        yield dsn
        return
    server = SshServer(
        host=settings.dmob_ssh_host,
        port=settings.dmob_ssh_port,
        user=settings.dmob_ssh_user,
        key=settings.dmob_ssh_key,
        known_hosts=settings.dmob_ssh_known_hosts,
    )
    policy = RetryPolicy(
        tries=settings.http_tries,
        backoff_seconds=settings.http_backoff_seconds,
        backoff_cap_seconds=settings.http_backoff_cap_seconds,
    )
    with (
        HealthSink(warehouse) as sink,
        SshTunnel(server, dsn, TUNNEL, policy=policy, report=sink) as tunnel,
    ):
        yield tunnel.address()
