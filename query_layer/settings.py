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

PREFIX = "CDP_QUERY_"
_SHARED = {"as_of": "CDP_AS_OF"}  # one clock for every process of the product
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
    allow_writing_role: Literal["on", "off"] = Field(
        "off", description="Development only: start although the database role may write."
    )
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], BeforeValidator(_in_lower_case)
    ] = Field("info", description="Lowest level of log lines.")
    as_of: datetime | None = Field(
        None, description="ISO instant, UTC, that pins the clock by which staleness is decided."
    )

    @field_validator("database_url")
    @classmethod
    def _is_postgres(cls, value: SecretStr) -> SecretStr:
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

    @field_validator("as_of")
    @classmethod
    def _in_utc(cls, value: datetime) -> datetime:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    @model_validator(mode="after")
    def _pool_is_a_range(self) -> Self:
        if self.pool_min > self.pool_max:
            raise ValueError("CDP_QUERY_POOL_MIN is greater than CDP_QUERY_POOL_MAX")
        return self


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
