"""Settings: the only module that reads the environment.

One table (``Settings``) names every variable, its default and one line of help; the reference page
and its test are generated from it. Wrong values and unknown variables are reported in one message.
Secrets are ``SecretStr`` and print as asterisks. Scope: parsing and defaults; not here: starting
servers, or the address of a running embedded server (``resources.postgres.database_urls``).
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)

from cdp_assets.errors import BadConfiguration

# Environment variable of our processes with the id of their start.
START_ID = "CDP_SERVICE_START_ID"
# The checkout, or the folder of packages that a wheel is installed in: both have the same layout.
PROJECT_ROOT = Path(__file__).resolve().parent.parent
_IS_CHECKOUT = (PROJECT_ROOT / "pyproject.toml").exists()
_UNPREFIXED = {"database_url", "dmob_database_url"}  # names that existing deployments use
# Names that existing deployments use besides ours; ours takes precedence.
OTHER_NAMES = {"log_level": "LOG_LEVEL", "query_port": "PORT"}
# Written by us for the libraries and processes that we start, and overwritten at each start.
_WRITTEN_BY_US = {
    "CDP_DAGSTER_STORAGE_URL",
    "CDP_DAGSTER_ARTIFACTS",
    "CDP_DBT_HOST",
    "CDP_DBT_PORT",
    "CDP_DBT_USER",
    "CDP_DBT_DATABASE",
    "CDP_DBT_ROLE",
    "CDP_DBT_THREADS",
    "CDP_SERVICE_START_ID",
}
# The query layer's own settings, which it checks itself, and those of the tests.
_CHECKED_ELSEWHERE = ("CDP_QUERY_", "CDP_TEST_")

_Text = TypeVar("_Text", str, SecretStr)


def _plain(value: str | SecretStr) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _is_address(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _postgres_address(value: SecretStr) -> SecretStr:
    """Return a database address in the spelling that every library understands."""
    text = _plain(value).strip()
    if not _is_address(text, ("postgresql", "postgres")) or len(urlsplit(text).path) < 2:
        raise ValueError("must be an address such as postgresql://user:password@host:5432/database")
    return SecretStr("postgresql" + text.removeprefix("postgresql").removeprefix("postgres"))


def _web_address(value: _Text) -> _Text:
    if not _is_address(_plain(value), ("http", "https")):
        raise ValueError("must be a web address such as https://host.example.org/path")
    return value


def _web_addresses(value: SecretStr) -> SecretStr:
    """Check a list of addresses that are separated by commas."""
    for text in _plain(value).split(","):
        if not _is_address(text.strip(), ("http", "https")):
            raise ValueError(
                "must be web addresses such as https://a.example.org,https://b.example.org"
            )
    return value


def _folder_or_web_address(value: str) -> str:
    return _web_address(value) if "://" in value else value


def _in_lower_case(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _as_switch(value: Any) -> Any:
    """Return ``on`` or ``off`` for what deployments write in their place."""
    known = {"true": "on", "1": "on", "yes": "on", "false": "off", "0": "off", "no": "off"}
    text = _in_lower_case(value)
    return known.get(text, text) if isinstance(text, str) else value


DatabaseUrl = Annotated[SecretStr, AfterValidator(_postgres_address)]
WebUrl = Annotated[str, AfterValidator(_web_address)]
FolderOrWebUrl = Annotated[str, AfterValidator(_folder_or_web_address)]
SecretWebUrl = Annotated[SecretStr, AfterValidator(_web_address)]
SecretWebUrls = Annotated[SecretStr, AfterValidator(_web_addresses)]


class Settings(BaseModel):
    """Every setting of the graph. The query layer has its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database_url: DatabaseUrl | None = Field(
        None, description="Warehouse (postgresql://…). Unset: the embedded Postgres 18 is used."
    )
    dmob_database_url: DatabaseUrl | None = Field(
        None, description="Source database of deals and allowances, read only."
    )
    dagster_database_url: DatabaseUrl | None = Field(
        None, description="Dagster's own storage. Unset: database `dagster` on the same server."
    )
    state_dir: Path = Field(
        (PROJECT_ROOT if _IS_CHECKOUT else Path.cwd()) / ".cdp",
        description="Folder of everything that `cdp` writes; for an installed wheel, `.cdp` in "
        "the working folder.",
    )
    environment: Literal["development", "production"] = Field(
        "development",
        description="Where this runs; in production only a proven identity approves, releases "
        "and pays.",
    )
    query_database_url: DatabaseUrl | None = Field(
        None,
        description="Warehouse with the role `api_ro`; needed with DATABASE_URL, else derived.",
    )
    audit_anchor_file: Path | None = Field(
        None,
        description="File outside of the database with the newest verified entry of the audit "
        "log; unset: `audit/anchor.json` in the state folder.",
    )
    audit_anchor_key: SecretStr | None = Field(
        None,
        min_length=16,
        description="Signs that file, 16 characters or more; unset: a random key beside it.",
    )
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], BeforeValidator(_in_lower_case)
    ] = Field("info", description="Minimum level of log lines, of runs and of every process.")
    owner: str | None = Field(
        None,
        pattern=r"^(team:[\w-]+|[^@\s]+@[^@\s]+)$",
        description="Owner of the tables, shown on every asset: an e-mail address or team:name; "
        "unset: a team per domain, such as team:filplus-data.",
    )
    docs_url: WebUrl | None = Field(
        None,
        description="Web address at which the folder docs is published, to which assets link; "
        "unset: they link to the file on this machine.",
    )
    automation: Literal["on", "off"] = Field(
        "off", description="Default state of every schedule and sensor."
    )
    as_of: datetime | None = Field(
        None, description="ISO instant, UTC, that pins `now`; unset: the present."
    )
    partitions_start: datetime = Field(
        datetime(2024, 2, 19, tzinfo=UTC),
        description="First hour, day and week of every time partition; a Monday 00:00 UTC.",
    )
    dual_approval: Annotated[Literal["on", "off"], BeforeValidator(_as_switch)] = Field(
        "on",
        description="Statements need two different people who approve them, unless their chain is "
        "configured otherwise; off: one person.",
    )
    lock_wait_seconds: int = Field(
        3600,
        ge=1,
        description="Longest wait of a run for another that writes the same table or lands from "
        "the same source; then it fails and may be launched again.",
    )
    dbt_execution: Literal["in_process", "cli"] = Field(
        "in_process", description="How dbt runs: warm in the run's process, or by its CLI."
    )
    dmob_ssh_host: str | None = Field(
        None, description="SSH server through which the source database is reached; unset: none."
    )
    dmob_ssh_port: int = Field(22, ge=1, le=65535, description="Port of that SSH server.")
    dmob_ssh_user: str | None = Field(None, description="User on that SSH server.")
    dmob_ssh_key: SecretStr | None = Field(
        None, description="Private key for it: its file, or its text (-----BEGIN …)."
    )
    dmob_ssh_known_hosts: Path | None = Field(
        None, description="File with that server's public key; unset: the user's known_hosts."
    )
    dmob_statement_timeout_seconds: int = Field(
        600, ge=1, description="Longest statement that the source database may run for us."
    )
    dmob_sweep_blocks: int = Field(
        16,
        ge=1,
        description="Blocks of 65,536 deal ids compared with the source per sync. A block costs "
        "0.06 s of CPU on either side; ids / 65,536 / 24 blocks are a cycle in 24 hourly syncs "
        "(16 up to 25 million ids, 96 up to 150 million).",
    )
    url_finder_api_url: WebUrl | None = Field(
        None, description="Base URL of the URL finder (retrievability of providers)."
    )
    url_finder_pairs_per_day: int = Field(
        5_000,
        ge=1,
        description="Pairs of client and provider that are requested from the URL finder on one "
        "day, one request each; those requested longest ago come first.",
    )
    github_api_url: WebUrl | None = Field(
        None, description="GitHub's REST API (https://api.github.com): registry and bookkeeping."
    )
    github_token: SecretStr | None = Field(
        None, description="Personal token for GitHub; without it or an app, 60 requests an hour."
    )
    github_app_id: str | None = Field(
        None,
        pattern=r"^[\w.-]+$",
        description="Id of a GitHub app that signs in instead; a token takes precedence.",
    )
    github_app_private_key: SecretStr | None = Field(
        None, description="Private key of that app: PEM text, line ends may be written as `\\n`."
    )
    github_app_private_key_file: Path | None = Field(
        None, description="File with that private key, instead of its text."
    )
    github_registry: str = Field(
        "filecoin-project/Allocator-Registry",
        pattern=r"^[\w.-]+/[\w.-]+$",
        description="Repository (owner/name) that holds the registry of allocators.",
    )
    github_requests_per_second: float = Field(
        13.0, gt=0, description="Requests per second to GitHub, whose second limit is 900 a minute."
    )
    edition5_source: FolderOrWebUrl | None = Field(
        None, description="Folder or web address of the fixed edition-5 data (four JSON files)."
    )
    scoring_rules_file: Path | None = Field(
        None,
        description="File of the rules of scores, checks and compliance; unset: the shipped one.",
    )
    lotus_rpc_url: SecretWebUrl | None = Field(
        None, description="Filecoin JSON-RPC (Lotus and `eth_call`), up to `/v1`; may hold a token."
    )
    cid_contact_url: WebUrl | None = Field(
        None, description="Base URL of the network indexer's list of publishers (cid.contact)."
    )
    ipinfo_url: WebUrl | None = Field(
        None, description="Base URL of the IP location service (ipinfo.io)."
    )
    ipinfo_token: SecretStr | None = Field(
        None, description="Token of the IP location service; without one few requests are allowed."
    )
    filscan_api_url: WebUrl | None = Field(
        None, description="Base URL of Filscan's API, without `/v1` (accounts of providers)."
    )
    filspark_api_url: WebUrl | None = Field(
        None,
        description="Base URL of FilSpark's statistics. Unset: its table stays NOT_OBSERVED.",
    )
    source_requests_per_second: float = Field(
        10.0, gt=0, description="Requests per second to each source of facts about providers."
    )
    ipni_blocks_per_run: int = Field(
        20_000,
        ge=1,
        description="Advertisements and entry blocks that one crawl of the IPNI chains may fetch.",
    )
    solana_rpc_url: SecretWebUrl | None = Field(
        None, description="Solana JSON-RPC endpoint; may hold a token in its path."
    )
    jito_kobe_url: SecretWebUrl | None = Field(
        None, description="Jito's service of MEV rewards and validators by epoch, up to `/api/v1`."
    )
    solana_beach_url: SecretWebUrl | None = Field(
        None, description="Solana Beach's API, up to `/v2`: block rewards, for comparison."
    )
    solana_beach_key: SecretStr | None = Field(None, description="Key of Solana Beach.")
    stakewiz_url: SecretWebUrl | None = Field(
        None, description="Stakewiz's API: rates and versions of the running epoch's validators."
    )
    trillium_url: SecretWebUrl | None = Field(
        None, description="Trillium's API: rewards of each validator by epoch, for comparison."
    )
    marinade_url: SecretWebUrl | None = Field(
        None, description="Marinade's validators API: totals of the network, for comparison."
    )
    beacon_api_url: SecretWebUrl | None = Field(
        None, description="Beacon API of an Ethereum consensus node; may hold a token."
    )
    beacon_api_key: SecretStr | None = Field(None, description="Bearer token of that node.")
    ethereum_rpc_url: SecretWebUrl | None = Field(
        None, description="JSON-RPC of an Ethereum execution node; may hold a token in its path."
    )
    mev_relay_urls: SecretWebUrls | None = Field(
        None, description="Data APIs of all MEV-Boost relays, separated by commas."
    )
    beaconchain_url: SecretWebUrl | None = Field(
        None, description="beaconcha.in's API: rewards of Ethereum validators, for comparison."
    )
    beaconchain_key: SecretStr | None = Field(None, description="Key of beaconcha.in.")
    fx_source: FolderOrWebUrl | None = Field(
        None,
        description="Prices of the chains' units: a file (CSV or JSON) or a web address; unset: "
        "P&L has no fiat columns.",
    )
    fx_currency: str = Field(
        "USD", pattern=r"^[A-Z]{3,5}$", description="Currency of the fiat columns of P&L."
    )
    http_tries: int = Field(6, ge=1, description="Tries per HTTP call before it fails.")
    http_backoff_seconds: float = Field(
        0.5, ge=0, description="Base of the full-jitter exponential back-off."
    )
    http_backoff_cap_seconds: float = Field(60.0, ge=0, description="Longest single back-off.")
    ui_port: int = Field(3000, ge=1, le=65535, description="Port of the Dagster UI on loopback.")
    code_port: int = Field(4000, ge=1, le=65535, description="Port of the code server.")
    query_port: int = Field(8000, ge=1, le=65535, description="Port of the query layer.")
    query_metrics_port: int = Field(
        8001, ge=1, le=65535, description="Port of the query layer's metrics."
    )
    simulator_port: int = Field(8010, ge=1, le=65535, description="Port of the simulator.")
    postgres_port: int = Field(
        0, ge=0, le=65535, description="Port of the embedded Postgres; 0 picks a free one once."
    )

    @field_validator("state_dir")
    @classmethod
    def _the_same_from_everywhere(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("as_of", "partitions_start")
    @classmethod
    def _in_utc(cls, value: datetime | None) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    @field_validator("partitions_start")
    @classmethod
    def _on_a_monday(cls, value: datetime) -> datetime:
        if value.weekday() != 0 or value.time() != datetime.min.time():
            raise ValueError("must be a Monday 00:00 UTC, such as 2024-02-19")
        if value < datetime(2024, 2, 19, tzinfo=UTC):
            raise ValueError("must not be before 2024-02-19, the programme's first week")
        return value


def variable_name(field: str) -> str:
    """Return the environment variable of a settings field."""
    return field.upper() if field in _UNPREFIXED else f"CDP_{field.upper()}"


# Addresses of the sources, by their fields: a refresh needs one of them.
_SOURCE_ADDRESSES = (
    "dmob_database_url",
    "url_finder_api_url",
    "github_api_url",
    "edition5_source",
    "lotus_rpc_url",
    "cid_contact_url",
    "ipinfo_url",
    "filscan_api_url",
    "filspark_api_url",
    "solana_rpc_url",
    "jito_kobe_url",
    "solana_beach_url",
    "stakewiz_url",
    "trillium_url",
    "marinade_url",
    "beacon_api_url",
    "ethereum_rpc_url",
    "mev_relay_urls",
    "beaconchain_url",
)


def require_source(settings: Settings) -> None:
    """Refuse a refresh without any source.

    Raises:
        BadConfiguration: No source has an address.
    """
    if all(getattr(settings, field) is None for field in _SOURCE_ADDRESSES):
        raise BadConfiguration(
            "no source configured",
            hint="set DMOB_DATABASE_URL and the addresses of docs/reference/settings.md, or use "
            "simulated ones with `cdp demo`; `--no-sync` builds tables from what was landed before",
        )


def parse_settings(environment: Mapping[str, str]) -> Settings:
    """Parse settings from a mapping of environment variables.

    An empty variable counts as unset.

    Raises:
        BadConfiguration: A value is wrong or a variable unknown; every one is named.
    """
    values = {
        field: text
        for field in Settings.model_fields
        if (text := environment.get(variable_name(field)) or environment.get(_other_name(field)))
    }
    problems = list(_unknown_variables(environment))
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        problems += [_complaint(environment, dict(problem)) for problem in error.errors()]
    if problems:
        raise BadConfiguration(
            f"settings are wrong: {'; '.join(problems)}",
            hint="set the named variables as docs/reference/settings.md says",
        )
    return settings


def _other_name(field: str) -> str:
    return OTHER_NAMES.get(field, "")


def _complaint(environment: Mapping[str, str], problem: Mapping[str, Any]) -> str:
    field = str(problem["loc"][0])
    ours = variable_name(field)
    name = ours if environment.get(ours) else _other_name(field)
    return f"{name}: {problem['msg'].removeprefix('Value error, ')}"


def _unknown_variables(environment: Mapping[str, str]) -> Iterator[str]:
    known = [variable_name(field) for field in Settings.model_fields]
    for name in sorted(environment):
        if not name.startswith("CDP_") or name in _WRITTEN_BY_US or name in known:
            continue
        if not name.startswith(_CHECKED_ELSEWHERE):
            nearest = difflib.get_close_matches(name, known, 1, 0)[0]
            yield f"{name} is unknown, the nearest is {nearest}"


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """Return the settings of this process, read once."""
    return parse_settings(os.environ)


def process_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a new process: this one's with more values."""
    return {**os.environ, **extra}


def adopt_environment(values: Mapping[str, str]) -> None:
    """Set variables that are not set: the shell's take precedence over a demo's."""
    publish_environment({k: v for k, v in values.items() if not os.environ.get(k)})


def publish_environment(values: Mapping[str, str]) -> None:
    """Set variables for libraries that read the environment themselves, and reload the settings.

    dbt's ``profiles.yml`` and ``dagster.yaml`` can only take connection values from variables.
    """
    os.environ.update(values)
    get_settings.cache_clear()
