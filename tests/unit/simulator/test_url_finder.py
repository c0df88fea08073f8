"""What the URL finder knows of a provider on a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from simulator.providers.url_finder import UrlFinder
from simulator.server.clock import SimulatedClock

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PROVIDERS = [f"f0{1_000_000 + 11 * number}" for number in range(400)]


def _finder(seed: int = 1, now: datetime = NOON) -> tuple[UrlFinder, SimulatedClock]:
    clock = SimulatedClock(now)
    return UrlFinder(seed, clock), clock


def test_a_day_has_one_answer_whatever_the_hour() -> None:
    finder, clock = _finder()
    noon = [finder.entry(provider, None) for provider in PROVIDERS]
    clock.set(NOON + timedelta(hours=11))
    assert [finder.entry(provider, None) for provider in PROVIDERS] == noon


def test_another_day_moves_some_figures_and_the_first_day_comes_back() -> None:
    finder, clock = _finder()
    first = [finder.entry(provider, None) for provider in PROVIDERS]
    clock.set(NOON + timedelta(days=1))
    assert [finder.entry(provider, None) for provider in PROVIDERS] != first
    clock.set(NOON)
    assert [finder.entry(provider, None) for provider in PROVIDERS] == first


def test_some_providers_are_unknown_some_untested_and_the_rest_in_range() -> None:
    finder, _ = _finder()
    entries = [finder.entry(provider, None) for provider in PROVIDERS]
    known = [entry for entry in entries if entry is not None]
    percents = [entry["retrievability_percent"] for entry in known]
    tested = [percent for percent in percents if percent is not None]
    assert 0 < entries.count(None) < 40
    assert 0 < percents.count(None) < 80
    assert all(0 <= percent <= 100 for percent in tested)
    assert sum(percent < 1 for percent in tested) > 40
    assert sum(percent > 80 for percent in tested) > 80


def test_an_untested_provider_says_why_and_has_no_url() -> None:
    finder, _ = _finder()
    for provider in PROVIDERS:
        entry = finder.entry(provider, None)
        if entry is not None and entry["retrievability_percent"] is None:
            assert entry["working_url"] is None
            assert entry["error_code"] == entry["diagnostics"]["result_code"] != "Success"


def test_fixed_rates_win_and_may_be_the_only_ones() -> None:
    finder, clock = _finder()
    finder.fix(
        [
            {"provider": "f0200", "date": "2026-03-02", "percent": 40},
            {"provider": "f0201", "date": "2026-03-02T00:00:00Z", "percent": None},
        ],
        only=True,
    )
    fixed = finder.entry("f0200", None)
    untested = finder.entry("f0201", None)
    assert fixed is not None
    assert fixed["retrievability_percent"] == 40
    assert untested is not None
    assert untested["retrievability_percent"] is None
    assert finder.entry(PROVIDERS[0], None) is None
    clock.set(NOON + timedelta(days=1))
    assert finder.entry("f0200", None) is None
    finder.forget()
    assert any(finder.entry(provider, None) for provider in PROVIDERS)


def test_a_rate_without_its_day_is_refused() -> None:
    finder, _ = _finder()
    with pytest.raises(ValueError, match="provider, date and percent"):
        finder.fix([{"provider": "f0200", "percent": 40}], only=False)
