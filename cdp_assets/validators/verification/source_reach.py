"""Whether the sources of the chains respond: one cheap request each (`cdp doctor --sources`).

Scope: sending the probe of each configured address; not here: what a probe is
(``chains.adapters``), how its result is printed (``cdp_assets.cli``).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from cdp_assets.errors import CdpError
from cdp_assets.validators.chains.adapter import Clients
from cdp_assets.validators.chains.chain_registry import Provider, Registry
from cdp_assets.validators.ingestion.sources import ChainSources
from resources.http.http_client import HttpClient
from resources.postgres.warehouse import Warehouse


@dataclass(frozen=True)
class Reach:
    """How one address of a provider responded.

    Attributes:
        provider: The provider, with the number or name of the address where it has several.
        chain_id: Its chain.
        milliseconds: Until the response; null: not requested, no address is set.
        cause: Why it is not usable; null: it is.
    """

    provider: str
    chain_id: str
    milliseconds: int | None
    cause: str | None

    @property
    def is_good(self) -> bool:
        """Return whether nothing is wrong; a source without address is skipped."""
        return self.milliseconds is None or self.cause is None

    def line(self) -> str:
        """Return the line of the command."""
        if self.milliseconds is None:
            return f"{self.chain_id} {self.provider}: skipped, {self.cause}"
        after = f"{self.chain_id} {self.provider}: {self.milliseconds:,} ms"
        return after if self.cause is None else f"{after}, {self.cause}"


def probe_sources(
    registry: Registry, sources: ChainSources, warehouse: Warehouse
) -> Iterator[Reach]:
    """Send the cheapest request to each configured address, once, and yield the results.

    Args:
        registry: Of chains and providers.
        sources: Opens the clients.
        warehouse: Where the health of the sources is recorded.
    """
    for provider in registry.providers:
        if not sources.is_configured(provider):
            why = f"{provider.address_variable} is not set"
            yield Reach(provider.name, provider.chain_id, None, why)
            continue
        with sources.open(provider, warehouse, tries=1) as adapter:
            yield from _probe(provider, adapter.clients)


def _probe(provider: Provider, clients: Clients) -> Iterator[Reach]:
    probes = provider.adapter_class.probes
    for number, client in enumerate(clients.each, 1):
        name = provider.name if len(clients.each) == 1 else f"{provider.name} {number}"
        if "" in probes:
            yield _sent(provider, name, client, "")
    for further, client in clients.further.items():
        if further in probes:
            yield _sent(provider, f"{provider.name} {further}", client, further)


def _sent(provider: Provider, name: str, client: HttpClient, key: str) -> Reach:
    began = time.monotonic()
    failure: CdpError | None = client.send(provider.adapter_class.probes[key]).failure
    milliseconds = round((time.monotonic() - began) * 1000)
    return Reach(name, provider.chain_id, milliseconds, str(failure) if failure else None)
