"""Adapters of a chain's providers, opened for a run with addresses from the settings.

Scope: joining ``providers.yaml`` (rate, batch size) with settings (address, number of tries); not
here: protocols (``chains.adapters``). No address or credential is part of the resource's
configuration, so none is shown in the UI.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import dagster as dg
from pydantic import PrivateAttr, SecretStr

from cdp_assets.core.ingestion.client_factory import recorded_client
from cdp_assets.errors import BadConfiguration
from cdp_assets.settings import Settings, get_settings, variable_name
from cdp_assets.validators.chains.adapter import Adapter, Clients
from cdp_assets.validators.chains.chain_registry import Provider
from resources.http.circuit_breaker import CircuitBreaker
from resources.http.http_client import HttpClient
from resources.http.token_bucket import TokenBucket
from resources.postgres.warehouse import Warehouse


class ChainSources(dg.ConfigurableResource[None]):
    """Opens adapters of the providers in the registry.

    Breakers and buckets live as long as the run, so its steps share one rate and one state.

    Attributes:
        tries: Requests per call at most; 0 takes ``CDP_HTTP_TRIES``.
    """

    tries: int = 0

    _breakers: dict[tuple[str, str], CircuitBreaker] = PrivateAttr(default_factory=dict)
    _buckets: dict[tuple[str, str], TokenBucket] = PrivateAttr(default_factory=dict)
    _mentioned: set[str] = PrivateAttr(default_factory=set)
    _memory: dict[str, dict[str, object]] = PrivateAttr(default_factory=dict)

    def is_first_mention(self, provider: Provider) -> bool:
        """Return whether a provider without an address was not mentioned in this run yet."""
        is_first = provider.name not in self._mentioned
        self._mentioned.add(provider.name)
        return is_first

    def is_configured(self, provider: Provider) -> bool:
        """Return whether every address of the provider is set."""
        settings = get_settings()
        variables = [provider.address_variable, *provider.further_addresses.values()]
        return all(_secret(settings, variable) is not None for variable in variables)

    @contextmanager
    def open(
        self, provider: Provider, warehouse: Warehouse, *, tries: int = 0
    ) -> Iterator[Adapter]:
        """Open the adapter of a provider with its clients.

        Args:
            provider: The provider.
            warehouse: Where its health is recorded.
            tries: Requests per call at most; 0 takes those of the resource.

        Raises:
            BadConfiguration: One of its addresses is not set.
        """
        settings = get_settings()
        with ExitStack() as opened:

            def client(address: SecretStr, key_variable: str | None) -> HttpClient:
                key = _secret(settings, key_variable)
                headers = None if key is None else provider.adapter_class.headers(key)
                return opened.enter_context(
                    self._http(provider, warehouse, address, headers, tries)
                )

            each = [
                client(one, provider.key_variable)
                for one in _addresses(settings, provider.address_variable, provider)
            ]
            further = {
                name: client(
                    _addresses(settings, variable, provider)[0], provider.further_keys.get(name)
                )
                for name, variable in provider.further_addresses.items()
            }
            memory = self._memory.setdefault(provider.name, {})
            yield provider.adapter_class(Clients(tuple(each), further, provider.batch_size, memory))

    @contextmanager
    def _http(
        self,
        provider: Provider,
        warehouse: Warehouse,
        address: SecretStr,
        headers: dict[str, SecretStr] | None,
        tries: int,
    ) -> Iterator[HttpClient]:
        secret = address.get_secret_value()
        with recorded_client(
            warehouse,
            provider.name,
            address,
            headers=headers,
            tries=tries or self.tries or None,
            bucket=self._buckets.setdefault((provider.name, secret), _bucket(provider)),
            breaker=self._breakers.setdefault(
                (provider.name, secret), CircuitBreaker(provider.name)
            ),
            respects_quota=False,  # the registry has the provider's own rate
            provider_version=provider.adapter_class.version,
        ) as http:
            yield http


def _bucket(provider: Provider) -> TokenBucket:
    return TokenBucket(provider.requests_per_10_seconds / 10, provider.burst)


def _addresses(settings: Settings, variable: str, provider: Provider) -> list[SecretStr]:
    secret = _secret(settings, variable)
    if secret is None:
        raise BadConfiguration(
            f"the provider {provider.name} of {provider.chain_id} has no address",
            key=variable,
            hint="set the variable, or run `make demo` for a simulated one",
        )
    given = secret.get_secret_value().split(",")
    return [SecretStr(address.strip()) for address in given if address.strip()]


def _secret(settings: Settings, variable: str | None) -> SecretStr | None:
    """Return the setting that the registry names; null when it is unset or no such one exists."""
    for field in Settings.model_fields:
        if variable_name(field) == variable:
            value = getattr(settings, field)
            return value if isinstance(value, SecretStr | None) else SecretStr(str(value))
    return None
