"""The identity provider's public keys: a JWKS, fetched over https and remembered for ten minutes.

Scope: fetching and choosing a key; not here: verifying a token with it
(``query_layer.auth.tokens``).
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import jwt

from query_layer.errors import ApiError, Code
from query_layer.ops.logs import describe_exception, log_event

CACHE_SECONDS = 600.0
RETRY_SECONDS = 60.0  # between two fetches: a token with an unknown key id must not cause many
_STALE_SECONDS = 3600.0  # so long keys are used while the issuer does not respond
_FETCH_SECONDS = 5.0
_MAX_BYTES = 1_000_000
# The only kind and curve of key that an algorithm works with: a token must not choose another.
_FORMS: Mapping[str, tuple[str, frozenset[str | None]]] = {
    "RS256": ("RSA", frozenset((None,))),
    "ES256": ("EC", frozenset(("P-256",))),
    "EdDSA": ("OKP", frozenset(("Ed25519", "Ed448"))),
}
ALGORITHMS = tuple(_FORMS)


class KeySet:
    """The keys of one issuer.

    Args:
        url: Of the JWKS.
        http: Client, without redirects.
        monotonic: Clock.
    """

    def __init__(
        self,
        url: str,
        http: httpx.AsyncClient,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._http = http
        self._monotonic = monotonic
        self._keys: dict[str | None, Mapping[str, Any]] = {}
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._lock = asyncio.Lock()

    async def key(self, kid: str | None, algorithm: str) -> Any:
        """Return the public key of a key id that fits an algorithm.

        Raises:
            ApiError: TOKEN_INVALID: there is none, or it is for another algorithm;
                DATABASE_UNAVAILABLE: no keys are known and the issuer does not respond.
        """
        if self._age(self._fetched_at) > CACHE_SECONDS or kid not in self._keys:
            await self._refresh()
        if self._age(self._fetched_at) > _STALE_SECONDS:
            raise ApiError(
                Code.DATABASE_UNAVAILABLE,
                "The keys of the identity provider cannot be fetched; try again in a moment.",
            )
        return _public_key(self._keys.get(kid), algorithm)

    async def _refresh(self) -> None:
        """Fetch the keys unless that was tried within a minute; where it fails, old ones stay."""
        async with self._lock:
            if self._age(self._tried_at) < RETRY_SECONDS:
                return
            self._tried_at = self._monotonic()
            try:
                self._keys = await self._fetch()
            except (httpx.HTTPError, ValueError) as error:
                log_event(logging.ERROR, "auth.keys_unknown", **describe_exception(error))
            else:
                self._fetched_at = self._monotonic()

    async def _fetch(self) -> dict[str | None, Mapping[str, Any]]:
        response = await self._http.get(self._url, timeout=_FETCH_SECONDS)
        response.raise_for_status()
        if response.is_redirect or len(response.content) > _MAX_BYTES:
            raise ValueError("no key set")
        content = json.loads(response.content)
        keys = content.get("keys") if isinstance(content, dict) else None
        if not isinstance(keys, list):
            raise ValueError("no key set")
        return {
            key.get("kid"): key
            for key in keys
            if isinstance(key, dict) and key.get("use", "sig") == "sig"
        }

    def _age(self, since: float | None) -> float:
        return float("inf") if since is None else self._monotonic() - since


def _public_key(key: Mapping[str, Any] | None, algorithm: str) -> Any:
    kind, curves = _FORMS[algorithm]
    if (
        key is None
        or key.get("kty") != kind
        or key.get("crv") not in curves
        or key.get("alg", algorithm) != algorithm
    ):
        raise ApiError(Code.TOKEN_INVALID, "The token is not signed with a key of the issuer.")
    try:
        return jwt.PyJWK(dict(key), algorithm=algorithm).key
    except jwt.PyJWTError:
        raise ApiError(
            Code.TOKEN_INVALID, "The token is not signed with a key of the issuer."
        ) from None
