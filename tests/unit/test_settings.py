"""Settings: all wrong values in one sentence, secrets masked, instants in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cdp_assets.errors import BadConfiguration
from cdp_assets.settings import Settings, parse_settings, variable_name


def test_every_wrong_value_is_named_with_what_is_allowed() -> None:
    wrong = {"CDP_AUTOMATION": "yes", "CDP_UI_PORT": "70000", "CDP_PARTITIONS_START": "2024-02-20"}
    with pytest.raises(BadConfiguration) as caught:
        parse_settings(wrong)
    text = str(caught.value)
    assert all(name in text for name in wrong)
    assert "'on' or 'off'" in text
    assert "65535" in text
    assert "Monday" in text


def test_an_empty_variable_counts_as_unset() -> None:
    assert parse_settings({"DATABASE_URL": "", "CDP_AS_OF": ""}) == Settings()


@pytest.mark.parametrize(
    "text", ["2024-03-15T12:00:00Z", "2024-03-15T12:00:00", "2024-03-15T13:00:00+01:00"]
)
def test_instants_are_utc(text: str) -> None:
    assert parse_settings({"CDP_AS_OF": text}).as_of == datetime(2024, 3, 15, 12, tzinfo=UTC)


def test_partitions_cannot_start_before_the_programme() -> None:
    with pytest.raises(BadConfiguration, match="2024-02-19"):
        parse_settings({"CDP_PARTITIONS_START": "2024-02-12"})


def test_secrets_do_not_print() -> None:
    settings = parse_settings(
        {"DATABASE_URL": "postgresql://u:canary@h/d", "CDP_SOLANA_RPC_URL": "https://h/canary"}
    )
    assert "canary" not in f"{settings!r} {settings} {settings.model_dump()}"


def test_only_the_two_old_names_lack_the_prefix() -> None:
    bare = {
        name for name in map(variable_name, Settings.model_fields) if not name.startswith("CDP_")
    }
    assert bare == {"DATABASE_URL", "DMOB_DATABASE_URL"}
