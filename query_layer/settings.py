"""Settings of the query layer: the only module of this package that reads the environment.

``SETTINGS`` is the table of name, default and help; the reference page and its test are built from
it. Scope: parsing and defaults; not here: limits that are a fixed part of the contract
(``query_layer.read.paging``).
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from query_layer.auth.roles import role_book

PREFIX = "CDP_QUERY_"
# One clock and one environment for every process of the product.
_SHARED = {"as_of": "CDP_AS_OF", "environment": "CDP_ENVIRONMENT"}
DEVELOPMENT_ISSUER = "cdp-development"  # of tokens that `cdp token` prints
OFF = "off"
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
# Further names of a setting, of which the first that is set counts: those that all processes of the
# product share, and those that existing deployments use.
OTHER_NAMES = {"log_level": ("CDP_LOG_LEVEL", "LOG_LEVEL"), "port": ("PORT",)}


class StartRefused(Exception):
    """The service must not start; the text is one sentence for the person who started it."""


def _in_lower_case(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


class Settings(BaseModel):
    """Every setting of the query layer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database_url: SecretStr = Field(
        description="Warehouse or a replica of it (postgresql://…), logging in as `api_ro`."
    )
    host: str = Field("127.0.0.1", description="Address to listen on; loopback unless proxied.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    metrics_port: int = Field(
        8001,
        ge=0,
        le=65535,
        description="Port of `/metrics`, on the same host; 0 picks a free one.",
    )
    metrics_allow: str = Field(
        "127.0.0.0/8,::1",
        description="Addresses or networks that may read `/metrics`, separated by commas.",
    )
    public_url: str = Field(
        "", description="Address that clients use, put before documentation links; empty: relative."
    )
    pool_min: int = Field(2, ge=0, description="Database connections always open.")
    pool_max: int = Field(8, ge=1, description="Most database connections at once.")
    pool_acquire_seconds: float = Field(
        2.0, gt=0, description="Longest wait for a connection, then POOL_EXHAUSTED."
    )
    statement_timeout_ms: int = Field(
        5_000, ge=1, description="Longest statement, set in every transaction."
    )
    lock_timeout_ms: int = Field(
        1_000, ge=1, description="Longest wait for a table lock, then ASSET_REBUILDING."
    )
    deadline_seconds: float = Field(
        10.0, gt=0, description="Longest request from first to last byte, then REQUEST_TIMEOUT."
    )
    max_in_flight: int = Field(
        200, ge=1, description="Requests served at once; more are refused with POOL_EXHAUSTED."
    )
    max_body_bytes: int = Field(
        64 * 1024, ge=0, description="Largest request body, then PAYLOAD_TOO_LARGE."
    )
    max_uri_bytes: int = Field(
        8 * 1024, ge=64, description="Longest path with query string, then URI_TOO_LONG."
    )
    version_poll_seconds: float = Field(
        1.0, gt=0, description="Pause between two polls of the data versions."
    )
    cache_bytes: int = Field(
        64 * 1024 * 1024, ge=0, description="Most bytes of cached responses; 0 caches none."
    )
    cache_entries: int = Field(100_000, ge=0, description="Most cached responses; 0 caches none.")
    cursor_secret: SecretStr | None = Field(
        None,
        description="Signs page cursors, 16 characters or more. Unset: a new one per start; "
        "set it where several processes serve.",
    )
    environment: Literal["development", "production"] = Field(
        "development",
        description="Where this runs; production takes no token of a shared secret.",
    )
    workers: int = Field(
        1,
        ge=1,
        description="Processes that serve side by side; each gets its share of the rate limits, "
        "unless these are stored in one place.",
    )
    anonymous: str = Field(
        OFF,
        description="`off`, or the scopes of callers without credential, separated by spaces "
        "(cdp:read, catalog, export).",
    )
    anonymous_per_minute: int = Field(
        30, ge=1, description="Requests per minute of an address without credential."
    )
    auth_database_url: SecretStr | None = Field(
        None,
        description="Warehouse with the role `cdp_auth`, which looks up users and keys; unset: no "
        "credential is accepted.",
    )
    audit_database_url: SecretStr | None = Field(
        None,
        description="Warehouse with the role `cdp_audit`, which writes the access log; unset: data "
        "of partners and validators is refused.",
    )
    token_jwks_url: str = Field(
        "",
        description="Key set (JWKS) of the identity provider, https; loopback may be http in "
        "development. Empty: its tokens are not accepted.",
    )
    token_issuer: str = Field("", description="Issuer (`iss`) of the identity provider's tokens.")
    token_audience: str = Field("cdp", description="Audience (`aud`) that tokens must name.")
    token_secret: SecretStr | None = Field(
        None,
        description="Development only: verifies tokens of `cdp token`, 32 characters or more.",
    )
    allow_developers: Literal["on", "off"] = Field(
        "off", description="Accept the role developer in production too."
    )
    cors_origins: str = Field(
        "",
        description="Origins whose pages may read, separated by commas; `*`: any, without "
        "credentials; empty: none.",
    )
    trusted_proxies: str = Field(
        "",
        description="Addresses or networks of proxies whose X-Forwarded-For and -Proto are "
        "believed, separated by commas; empty: none.",
    )
    rate_limit_store: SecretStr | None = Field(
        None,
        description="Redis that counts requests for all processes (redis://…); unset: each "
        "process counts its own.",
    )
    oidc_client_id: str = Field(
        "", description="Client of the sign-in with the identity provider; empty: no such sign-in."
    )
    oidc_client_secret: SecretStr | None = Field(
        None, description="Secret of that client; unset: a public client, with PKCE alone."
    )
    session_idle_seconds: int = Field(
        1_800, ge=60, description="A browser session ends after so long without a request."
    )
    export_deadline_seconds: float = Field(
        60.0, gt=0, description="Longest export from first to last byte."
    )
    export_statement_timeout_ms: int = Field(
        55_000, ge=1, description="Longest statement of an export."
    )
    allow_writing_role: Literal["on", "off"] = Field(
        "off", description="Development only: start although the database role may write."
    )
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], BeforeValidator(_in_lower_case)
    ] = Field("info", description="Lowest level of log lines.")
    as_of: datetime | None = Field(
        None, description="ISO instant, UTC, that pins the clock by which staleness is decided."
    )

    @field_validator("database_url", "auth_database_url", "audit_database_url")
    @classmethod
    def _is_postgres(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        if not _is_address(value.get_secret_value(), ("postgresql", "postgres")):
            raise ValueError(
                "must be an address such as postgresql://user:password@host:5432/database"
            )
        return value

    @field_validator("public_url")
    @classmethod
    def _is_web(cls, value: str) -> str:
        if value and not _is_address(value, ("http", "https")):
            raise ValueError("must be a web address such as https://host.example.org/path")
        return value

    @field_validator("cursor_secret")
    @classmethod
    def _is_long(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 16:
            raise ValueError("must have 16 characters or more")
        return value

    @field_validator("token_secret")
    @classmethod
    def _is_as_long_as_its_hash(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 32:
            raise ValueError("must have 32 characters or more")
        return value

    @field_validator("rate_limit_store")
    @classmethod
    def _is_redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _is_address(value.get_secret_value(), ("redis", "rediss")):
            raise ValueError("must be an address such as redis://127.0.0.1:6379/0")
        return value

    @field_validator("anonymous")
    @classmethod
    def _is_public(cls, value: str) -> str:
        public = role_book().public
        if value != OFF and (not value.split() or not public.issuperset(value.split())):
            raise ValueError(f"must be off, or some of: {', '.join(sorted(public))}")
        return value

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, value: str) -> str:
        for origin in _members(value):
            is_one = _is_address(origin, ("http", "https")) and origin.count("/") == 2
            if origin != "*" and not is_one:
                raise ValueError("must be `*`, or origins such as https://app.example.org")
        return value

    @field_validator("trusted_proxies", "metrics_allow")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        for text in _members(value):
            ip_network(text)
        return value

    @field_validator("as_of")
    @classmethod
    def _in_utc(cls, value: datetime) -> datetime:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    @model_validator(mode="after")
    def _ports_differ(self) -> Self:
        if self.port == self.metrics_port and self.port:
            raise ValueError("CDP_QUERY_PORT and CDP_QUERY_METRICS_PORT are the same")
        return self

    @model_validator(mode="after")
    def _pool_is_a_range(self) -> Self:
        if self.pool_min > self.pool_max:
            raise ValueError("CDP_QUERY_POOL_MIN is greater than CDP_QUERY_POOL_MAX")
        return self

    @model_validator(mode="after")
    def _sign_in_is_possible(self) -> Self:
        is_production = self.environment == "production"
        if self.token_secret is not None and is_production:
            raise ValueError("CDP_QUERY_TOKEN_SECRET is for development: unset it in production")
        if self.token_jwks_url:
            parts = urlsplit(self.token_jwks_url)
            is_local = parts.hostname in _LOOPBACK and not is_production
            if not (parts.scheme == "https" or (parts.scheme == "http" and is_local)):
                raise ValueError("CDP_QUERY_TOKEN_JWKS_URL must be https")
            if not self.token_issuer:
                raise ValueError("CDP_QUERY_TOKEN_JWKS_URL needs CDP_QUERY_TOKEN_ISSUER")
        if self.oidc_client_id and not self.token_jwks_url:
            raise ValueError("CDP_QUERY_OIDC_CLIENT_ID needs CDP_QUERY_TOKEN_JWKS_URL")
        accepts_tokens = self.token_jwks_url or self.token_secret is not None
        if accepts_tokens and self.auth_database_url is None:
            raise ValueError("tokens need CDP_QUERY_AUTH_DATABASE_URL, where their users are")
        return self

    @property
    def origins(self) -> frozenset[str]:
        """Origins whose pages may read."""
        return frozenset(_members(self.cors_origins))

    @property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Networks of proxies that are believed."""
        return tuple(ip_network(text) for text in _members(self.trusted_proxies))

    @property
    def metrics_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Networks that may read the metrics."""
        return tuple(ip_network(text) for text in _members(self.metrics_allow))

    @property
    def anonymous_scopes(self) -> frozenset[str] | None:
        """Scopes of callers without credential; null: they are refused."""
        return None if self.anonymous == OFF else frozenset(self.anonymous.split())


def _members(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _is_address(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


@dataclass(frozen=True)
class Setting:
    """One row of the settings table. ``default`` is null where the variable must be set."""

    name: str
    default: str | None
    help: str


def variable_name(field: str) -> str:
    """Return the environment variable of a settings field."""
    return _SHARED.get(field, PREFIX + field.upper())


def _setting(field: str) -> Setting:
    info = Settings.model_fields[field]
    default = "" if info.default is None else str(info.default)
    return Setting(
        variable_name(field), None if info.is_required() else default, info.description or ""
    )


SETTINGS: tuple[Setting, ...] = tuple(_setting(field) for field in Settings.model_fields)


def parse_settings(environment: Mapping[str, str]) -> Settings:
    """Parse settings from a mapping of environment variables; an empty one counts as unset.

    Raises:
        StartRefused: A variable is missing, wrong or unknown; all of them are named.
    """
    problems = list(_unknown_variables(environment))
    names = {field: _name_in_use(environment, field) for field in Settings.model_fields}
    values = {field: environment[name] for field, name in names.items() if environment.get(name)}
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        problems += [_sentence(names, dict(problem)) for problem in error.errors()]
    if problems:
        raise StartRefused(f"the settings are wrong: {'; '.join(problems)}")
    return settings


def _name_in_use(environment: Mapping[str, str], field: str) -> str:
    names = (variable_name(field), *OTHER_NAMES.get(field, ()))
    return next((name for name in names if environment.get(name)), names[0])


def read_settings() -> Settings:
    """Return the settings of this process's environment."""
    return parse_settings(os.environ)


def hand_down(variables: Mapping[str, str]) -> None:
    """Set environment variables for processes that this one starts."""
    os.environ.update(variables)


def describe(settings: Settings) -> str:
    """Return one line per variable with its effective value; secrets print as asterisks."""
    lines = (
        f"{variable_name(field)}={'' if value is None else value}" for field, value in settings
    )
    return "\n".join(lines)


def _unknown_variables(environment: Mapping[str, str]) -> list[str]:
    known = [setting.name for setting in SETTINGS]
    unknown = [name for name in environment if name.startswith(PREFIX) and name not in known]
    return [
        f"{name} is unknown, the nearest is {difflib.get_close_matches(name, known, 1, 0)[0]}"
        for name in sorted(unknown)
    ]


def _sentence(names: Mapping[str, str], problem: dict[str, object]) -> str:
    place = problem["loc"]
    assert isinstance(place, tuple)
    text = str(problem["msg"]).removeprefix("Value error, ")
    if not place:
        return text
    name = names[str(place[0])]
    if problem["type"] == "missing":
        return f"{name} is not set ({Settings.model_fields[str(place[0])].description})"
    return f"{name}: {text}"
