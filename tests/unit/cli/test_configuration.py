"""What the command line says about settings: masked values, wrong values (S-08, U-32)."""

from __future__ import annotations

import pytest

from cdp_assets.settings import Settings, publish_environment, variable_name
from tests.unit.cli.conftest import Cdp

CANARY = "canary-9f27c1"


def test_config_prints_every_setting_with_a_line_of_help(cdp: Cdp) -> None:
    lines = cdp("config").out.splitlines()
    for field, info in Settings.model_fields.items():
        (at,) = [n for n, line in enumerate(lines) if line.startswith(f"{variable_name(field)}=")]
        assert lines[at + 1] == f"    {info.description}"


def test_config_shows_effective_values(cdp: Cdp) -> None:
    publish_environment({"CDP_UI_PORT": "3999", "CDP_AS_OF": "2026-08-14T12:00:00Z"})
    lines = cdp("config").out.splitlines()
    assert "CDP_UI_PORT=3999" in lines
    assert "CDP_AS_OF=2026-08-14 12:00:00+00:00" in lines
    assert "CDP_AUTOMATION=off" in lines


@pytest.mark.parametrize(
    "variable",
    [
        "DATABASE_URL", "DMOB_DATABASE_URL", "CDP_DAGSTER_DATABASE_URL", "CDP_QUERY_DATABASE_URL",
        "CDP_SOLANA_RPC_URL", "CDP_JITO_KOBE_URL",
    ],
)  # fmt: skip
def test_config_masks_every_address_that_can_hold_a_secret(cdp: Cdp, variable: str) -> None:
    publish_environment({variable: f"postgresql://someone:{CANARY}@db.example.org/warehouse"})
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
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(
    cdp: Cdp, variable: str, value: str, allowed: str
) -> None:
    publish_environment({variable: value})
    answer = cdp("status")
    assert answer.code == 1
    assert variable in answer.err
    assert allowed in answer.err
    assert len(answer.err.splitlines()) == 1


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
