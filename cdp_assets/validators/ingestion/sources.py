"""Clients of a chain's providers, opened for a run with addresses from the settings.

Scope: joining ``providers.yaml`` (rate, batch size) with settings (address, number of tries); not
here: protocols (``resources``). No address or credential is part of the resource's configuration,
so none is shown in the UI.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
from pydantic import PrivateAttr, SecretStr

from cdp_assets.core.ingestion.client_factory import recorded_client
from cdp_assets.errors import BadConfiguration
from cdp_assets.settings import Settings, get_settings, variable_name
from cdp_assets.validators.chains.chain_registry import Provider
from resources.http.circuit_breaker import CircuitBreaker
from resources.http.http_client import HttpClient
from resources.http.token_bucket import TokenBucket
from resources.postgres.warehouse import Warehouse
from resources.sources.jito_kobe import API_VERSION, JitoKobe
from resources.sources.solana_rpc import PROTOCOL, SolanaRpc


class ChainSources(dg.ConfigurableResource[None]):
    """Opens clients of the providers in the registry.

    Breakers and buckets live as long as the run, so its steps share one rate and one state.

    Attributes:
        tries: Requests per call at most; 0 takes ``CDP_HTTP_TRIES``.
    """

    tries: int = 0

    _breakers: dict[str, CircuitBreaker] = PrivateAttr(default_factory=dict)
    _buckets: dict[tuple[str, str], TokenBucket] = PrivateAttr(default_factory=dict)

    def is_configured(self, provider: Provider) -> bool:
        """Return whether the provider's address is set."""
        return _address(get_settings(), provider) is not None

    @contextmanager
    def solana_rpc(
        self, provider: Provider, warehouse: Warehouse, *, tries: int = 0
    ) -> Iterator[SolanaRpc]:
        """Open the client of a Solana node.

        Args:
            provider: The node.
            warehouse: Where its health is recorded.
            tries: Requests per call at most; 0 takes those of the resource.

        Raises:
            BadConfiguration: Its address is not set.
        """
        with self._http(provider, warehouse, PROTOCOL, tries) as http:
            yield SolanaRpc(http, batch_size=provider.batch_size)

    @contextmanager
    def jito_kobe(self, provider: Provider, warehouse: Warehouse) -> Iterator[JitoKobe]:
        """Open the client of a kobe service.

        Raises:
            BadConfiguration: Its address is not set.
        """
        with self._http(provider, warehouse, API_VERSION) as http:
            yield JitoKobe(http)

    @contextmanager
    def _http(
        self, provider: Provider, warehouse: Warehouse, version: str, tries: int = 0
    ) -> Iterator[HttpClient]:
        settings = get_settings()
        address = _address(settings, provider)
        if address is None:
            raise BadConfiguration(
                f"the provider {provider.name} of {provider.chain_id} has no address",
                key=provider.address_variable,
                hint="set the variable, or run `make demo` for a simulated one",
            )
        secret = address.get_secret_value()
        with (
            recorded_client(
                warehouse,
                provider.name,
                address,
                tries=tries or self.tries or None,
                bucket=self._buckets.setdefault((provider.name, secret), _bucket(provider)),
                breaker=self._breakers.setdefault(provider.name, CircuitBreaker(provider.name)),
                respects_quota=False,  # the registry has the provider's own rate
                provider_version=version,
            ) as http,
        ):
            yield http


def _bucket(provider: Provider) -> TokenBucket:
    return TokenBucket(provider.requests_per_10_seconds / 10, provider.burst)


def _address(settings: Settings, provider: Provider) -> SecretStr | None:
    """Return the setting that the registry names; null when it is unset or no such one exists."""
    for field in Settings.model_fields:
        if variable_name(field) == provider.address_variable:
            value = getattr(settings, field)
            return value if isinstance(value, SecretStr | None) else SecretStr(str(value))
    return None
