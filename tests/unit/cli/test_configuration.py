"""What the command line says about settings: masked values, wrong values (S-08, U-32)."""

from __future__ import annotations

from pathlib import Path

import pytest

from cdp_assets.errors import BadConfiguration
from cdp_assets.settings import Settings, parse_settings, publish_environment, variable_name
from cdp_assets.validators.chains import chain_registry
from tests.unit.cli.conftest import Cdp

CANARY = "canary-9f27c1"


def test_config_prints_every_setting_with_a_line_of_help(cdp: Cdp) -> None:
    lines = cdp("config").out.splitlines()
    for field, info in Settings.model_fields.items():
        (at,) = [n for n, line in enumerate(lines) if line.startswith(f"{variable_name(field)}=")]
        assert lines[at + 1] == f"    {info.description}".replace("`", "'")


def test_config_shows_effective_values(cdp: Cdp) -> None:
    publish_environment({"CDP_UI_PORT": "3999", "CDP_AS_OF": "2026-08-14T12:00:00Z"})
    lines = cdp("config").out.splitlines()
    assert "CDP_UI_PORT=3999" in lines
    assert "CDP_AS_OF=2026-08-14 12:00:00+00:00" in lines
    assert "CDP_AUTOMATION=off" in lines


@pytest.mark.parametrize(
    "variable",
    [
        "DATABASE_URL",
        "DMOB_DATABASE_URL",
        "CDP_DAGSTER_DATABASE_URL",
        "CDP_QUERY_DATABASE_URL",
        "CDP_SOLANA_RPC_URL",
        "CDP_JITO_KOBE_URL",
    ],
)
def test_config_masks_every_address_that_can_hold_a_secret(cdp: Cdp, variable: str) -> None:
    scheme = "postgresql" if variable.endswith("DATABASE_URL") else "https"
    publish_environment({variable: f"{scheme}://someone:{CANARY}@db.example.org/warehouse"})
    answer = cdp("config")
    assert f"{variable}=**********" in answer.out
    assert CANARY not in answer.out + answer.err


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("CDP_AUTOMATION", "maybe", "'on' or 'off'"),
        ("CDP_ENVIRONMENT", "staging", "'development' or 'production'"),
        ("CDP_DBT_EXECUTION", "shell", "'in_process' or 'cli'"),
        ("CDP_AS_OF", "yesterday", "valid datetime"),
        ("CDP_PARTITIONS_START", "2026-07-07", "a Monday 00:00 UTC"),
        ("CDP_UI_PORT", "70000", "less than or equal to 65535"),
        ("CDP_HTTP_TRIES", "0", "greater than or equal to 1"),
        ("LOG_LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
        ("DATABASE_URL", f"db:{CANARY}", "postgresql://user:password@host:5432/database"),
        ("DMOB_DATABASE_URL", "postgresql://reader:x@dmob.internal", "host:5432/database"),
        ("CDP_DAGSTER_DATABASE_URL", "postgresql://u:p@db:port/d", "host:5432/database"),
        ("CDP_SOLANA_RPC_URL", f"api.example.org/{CANARY}", "https://host.example.org/path"),
        ("CDP_GITHUB_API_URL", "ftp://api.github.com", "https://host.example.org/path"),
        ("CDP_QUERY_PUBLIC_URL", "stats", "https://host.example.org/path"),
        ("CDP_QUERY_POOL_MAX", "none", "valid integer"),
        ("CDP_SATE_DIR", "/srv/cdp", "unknown, the nearest is CDP_STATE_DIR"),
        ("CDP_AUTOMATON", "on", "unknown, the nearest is CDP_AUTOMATION"),
        ("CDP_QUERY_PROT", "1", "unknown, the nearest is CDP_QUERY_PORT"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(
    cdp: Cdp, state: Path, variable: str, value: str, allowed: str
) -> None:
    publish_environment({variable: value})
    for command in ("status", "config", "up", "doctor"):
        answer = cdp(command)
        assert answer.code == 1
        assert variable in answer.err
        assert allowed in answer.err
        assert CANARY not in answer.err
        assert len(answer.err.splitlines()) == 1
    assert not state.exists()


def test_all_wrong_settings_are_named_at_once(cdp: Cdp) -> None:
    publish_environment({"CDP_AUTOMATION": "maybe", "CDP_CODE_PORT": "-1"})
    answer = cdp("config")
    assert answer.code == 1
    assert "CDP_AUTOMATION" in answer.err
    assert "CDP_CODE_PORT" in answer.err


def test_a_wrong_secret_is_not_repeated_in_the_complaint(cdp: Cdp) -> None:
    publish_environment({"CDP_UI_PORT": CANARY, "DATABASE_URL": f"postgresql://u:{CANARY}@h/d"})
    answer = cdp("config")
    assert answer.code == 1
    assert CANARY not in answer.err


def test_names_of_existing_deployments_count_where_ours_are_not_set() -> None:
    theirs = parse_settings({"LOG_LEVEL": "WARNING", "PORT": "8100"})
    assert (theirs.log_level, theirs.query_port) == ("warning", 8100)
    both = {"LOG_LEVEL": "error", "CDP_LOG_LEVEL": "debug", "PORT": "1", "CDP_QUERY_PORT": "8200"}
    ours = parse_settings(both)
    assert (ours.log_level, ours.query_port) == ("debug", 8200)
    with pytest.raises(BadConfiguration, match=r": PORT: Input should be a valid integer"):
        parse_settings({"PORT": "eighty"})


def test_an_address_is_spelt_so_that_every_library_understands_it() -> None:
    found = parse_settings({"DATABASE_URL": "postgres://u:p@db:5432/warehouse"})
    assert found.database_url is not None
    assert found.database_url.get_secret_value() == "postgresql://u:p@db:5432/warehouse"


def test_a_state_folder_is_the_same_from_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    here = parse_settings({"CDP_STATE_DIR": "state"}).state_dir
    monkeypatch.chdir("/")
    assert here.is_absolute()
    assert parse_settings({"CDP_STATE_DIR": "~/cdp"}).state_dir == Path.home() / "cdp"


def test_config_checks_the_configuration_files(cdp: Cdp, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = cdp("config")
    assert answer.code == 0
    assert "chains.yaml, providers.yaml: 2 chains, 11 providers" in answer.out
    assert "scoring_rules.yaml: " in answer.out

    def is_wrong() -> None:
        raise BadConfiguration("chains.yaml:7:chains.0.native_decimals: should be at least 0")

    monkeypatch.setattr(chain_registry, "load_registry", is_wrong)
    answer = cdp("config")
    assert answer.code == 1
    assert "chains.yaml:7:chains.0.native_decimals" in answer.err
    assert "scoring_rules.yaml: " in answer.out


def test_the_version_is_that_of_the_package(cdp: Cdp) -> None:
    answer = cdp("--version")
    assert answer.code == 0
    assert answer.out == "cdp 0.1.0\n"
