"""Settings: read once, every bad value named, no secret shown."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from query_layer.ops import clock
from query_layer.settings import SETTINGS, StartRefused, describe, parse_settings, read_settings

URL = "postgresql://api_ro:planted-secret@127.0.0.1/warehouse"


def test_only_the_address_of_the_database_must_be_set() -> None:
    settings = parse_settings({"CDP_QUERY_DATABASE_URL": URL})
    assert (settings.host, settings.port, settings.pool_min, settings.pool_max) == (
        "127.0.0.1",
        8000,
        2,
        8,
    )
    assert [setting.name for setting in SETTINGS if setting.default is None] == [
        "CDP_QUERY_DATABASE_URL"
    ]


def test_an_empty_variable_counts_as_unset() -> None:
    settings = parse_settings({"CDP_QUERY_DATABASE_URL": URL, "CDP_QUERY_PORT": ""})
    assert settings.port == 8000


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        pytest.param(
            {"CDP_QUERY_DATABASE_URL": ""},
            "CDP_QUERY_DATABASE_URL is not set (Warehouse or a replica",
            id="missing",
        ),
        pytest.param(
            {"CDP_QUERY_DATABASE_URL": "mysql://planted-secret"},
            "CDP_QUERY_DATABASE_URL: must be an address such as postgresql://user:password@host",
            id="another database",
        ),
        pytest.param(
            {"CDP_QUERY_PROT": "1"},
            "CDP_QUERY_PROT is unknown, the nearest is CDP_QUERY_PORT",
            id="unknown",
        ),
        pytest.param({"CDP_QUERY_PORT": "http"}, "CDP_QUERY_PORT: Input should be", id="no port"),
        pytest.param({"CDP_QUERY_POOL_MAX": "0"}, "CDP_QUERY_POOL_MAX: Input", id="empty pool"),
        pytest.param(
            {"CDP_QUERY_POOL_MIN": "9"},
            "CDP_QUERY_POOL_MIN is greater than CDP_QUERY_POOL_MAX",
            id="pool turned round",
        ),
        pytest.param(
            {"CDP_QUERY_CURSOR_SECRET": "planted"},
            "CDP_QUERY_CURSOR_SECRET: must have 16 characters or more",
            id="short secret",
        ),
        pytest.param(
            {"CDP_QUERY_DATABASE_URL": "postgresql://db:planted/warehouse"},
            "CDP_QUERY_DATABASE_URL: must be an address",
            id="port is no number",
        ),
        pytest.param(
            {"CDP_QUERY_PUBLIC_URL": "stats.example.org"},
            "CDP_QUERY_PUBLIC_URL: must be a web address",
            id="no address of the web",
        ),
        pytest.param({"PORT": "http"}, "PORT: Input should be", id="no port, by its other name"),
        pytest.param({"LOG_LEVEL": "loud"}, "LOG_LEVEL: Input should be", id="no level"),
        pytest.param({"CDP_AS_OF": "yesterday"}, "CDP_AS_OF: Input should be", id="no instant"),
        pytest.param(
            {"CDP_QUERY_ALLOW_WRITING_ROLE": "yes"},
            "CDP_QUERY_ALLOW_WRITING_ROLE: Input should be 'on' or 'off'",
            id="switch",
        ),
    ],
)
def test_a_bad_variable_is_named_without_its_secret(
    variables: dict[str, str], sentence: str
) -> None:
    with pytest.raises(StartRefused) as caught:
        parse_settings({"CDP_QUERY_DATABASE_URL": URL} | variables)
    assert sentence in str(caught.value)
    assert "planted" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_all_bad_variables_are_named_at_once() -> None:
    with pytest.raises(StartRefused, match="DATABASE_URL is not set.*CDP_QUERY_PORT: "):
        parse_settings({"CDP_QUERY_PORT": "x"})


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDP_QUERY_DATABASE_URL", URL)
    monkeypatch.setenv("CDP_QUERY_PORT", "8123")
    assert read_settings().port == 8123


def test_effective_values_are_listed_with_secrets_masked() -> None:
    text = describe(
        parse_settings(
            {"CDP_QUERY_DATABASE_URL": URL, "CDP_QUERY_CURSOR_SECRET": "planted-cursor-secret"}
        )
    )
    assert "CDP_QUERY_PORT=8000" in text
    assert "CDP_QUERY_DATABASE_URL=**********" in text
    assert "CDP_AS_OF=\n" in f"{text}\n"
    assert "planted" not in text


@pytest.mark.parametrize(
    "text", ["2026-11-08T12:00:00", "2026-11-08T12:00:00Z", "2026-11-08T13:00:00+01:00"]
)
def test_the_pinned_clock_is_utc(text: str) -> None:
    settings = parse_settings({"CDP_QUERY_DATABASE_URL": URL, "CDP_AS_OF": text})
    assert clock.now(settings) == datetime(2026, 11, 8, 12, tzinfo=UTC)


def test_without_a_pin_the_clock_is_the_present() -> None:
    settings = parse_settings({"CDP_QUERY_DATABASE_URL": URL})
    before = datetime.now(UTC)
    assert before <= clock.now(settings) <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("variables", "port", "level"),
    [
        ({"PORT": "8100", "LOG_LEVEL": "WARNING"}, 8100, "warning"),
        ({"PORT": "8100", "CDP_QUERY_PORT": "8200"}, 8200, "info"),
        ({"LOG_LEVEL": "debug", "CDP_LOG_LEVEL": "error"}, 8000, "error"),
        ({"CDP_LOG_LEVEL": "error", "CDP_QUERY_LOG_LEVEL": "info"}, 8000, "info"),
    ],
)
def test_names_of_existing_deployments_count_where_ours_are_not_set(
    variables: dict[str, str], port: int, level: str
) -> None:
    settings = parse_settings({"CDP_QUERY_DATABASE_URL": URL} | variables)
    assert (settings.port, settings.log_level) == (port, level)
