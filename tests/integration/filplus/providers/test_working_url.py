"""Working addresses of clients at providers: a budget a day, kept answers, failures of one pair."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from cdp_assets.core.ingestion.client_factory import PAUSES
from cdp_assets.filplus.providers.url_finder.landing import rows_of_day
from cdp_assets.filplus.providers.url_finder.working_url_assets import client_working_url
from cdp_assets.filplus.providers.url_finder.working_url_landing import (
    ASSET_KEY,
    REFUSALS_IN_A_ROW,
    Pair,
    fetch,
    pairs_to_fetch,
)
from cdp_assets.settings import publish_environment
from resources.http.circuit_breaker import CONSECUTIVE_FAILURES, CircuitBreaker
from resources.http.http_client import HttpClient
from resources.http.retry import RetryPolicy
from simulator.server.faults import FaultRule
from tests.integration.filplus.providers.conftest import (
    NOW,
    TODAY,
    TOMORROW,
    Station,
    checks_of,
    failure_of,
)

pytestmark = pytest.mark.integration
CLIENTS = [f"f0{2_000_000 + 3 * n}" for n in range(1, 7)]
PROVIDERS = [f"f0{1_000_000 + 11 * n}" for n in range(1, 11)]
PAIRS = [(client, provider) for client in CLIENTS for provider in PROVIDERS]
STATE = "select state, row_count from ops.asset_partition_status where partition_key = %s"
WITHIN_A_WEEK = "pair_responses_recent"


def set_pairs(station: Station, pairs: Sequence[tuple[str, str]]) -> None:
    station.rows("delete from filplus.client_provider_distribution")
    with station.warehouse.connect() as connection:
        connection.cursor().executemany(
            "insert into filplus.client_provider_distribution values (%s, %s, 1, 1, 1)", pairs
        )


@pytest.fixture
def known(station: Station) -> Station:
    """Sixty pairs and a budget that all of them fit into."""
    set_pairs(station, PAIRS)
    return station


def stored(station: Station, day: str = TODAY) -> dict[tuple[str, str], tuple[Any, ...]]:
    rows = station.rows(
        "select client, provider, working_url, retrievability_percent "
        "from raw_url_finder.client_working_url where day = %s",
        day,
    )
    return {row[:2]: row[2:] for row in rows}


def content(station: Station) -> list[tuple[Any, ...]]:
    return station.rows("select t::text from raw_url_finder.client_working_url t order by 1")


def failed(station: Station) -> dict[str, str]:
    return dict(
        station.rows(
            "select entity, reason from ops.failed_entities where asset_key = %s", ASSET_KEY
        )
    )


def requests(station: Station) -> int:
    return station.simulator.world.journal.paths.total()


def test_every_pair_has_what_the_service_says_of_it(known: Station) -> None:
    result = known.run(client_working_url, TODAY)
    assert result.success
    assert checks_of(result)[WITHIN_A_WEEK][0]
    assert requests(known) == len(PAIRS)
    finder, rows = known.simulator.world.url_finder, stored(known)
    assert set(rows) == set(PAIRS)
    for (client, provider), (url, percent) in rows.items():
        entry = finder.entry(provider, client) or {}
        said = entry.get("retrievability_percent")
        assert url == entry.get("working_url")
        assert (None if percent is None else float(percent)) == said
    assert any(url for url, _ in rows.values())
    kept = known.rows("select count(*) from raw_url_finder.responses where is_complete")
    assert kept == [(len(PAIRS),)]


def test_a_pair_that_is_unknown_or_without_an_address_has_a_row_with_null(known: Station) -> None:
    finder = known.simulator.world.url_finder
    there = {"provider": PROVIDERS[0], "date": TODAY, "percent": 40.5}
    untested = {"provider": PROVIDERS[1], "date": TODAY, "percent": None}
    finder.fix([there, untested], only=True)
    assert known.run(client_working_url, TODAY).success
    rows = stored(known)
    assert rows[CLIENTS[0], PROVIDERS[0]][0] == f"http://{PROVIDERS[0]}.provider.example/piece"
    assert {rows[CLIENTS[0], provider] for provider in PROVIDERS[1:]} == {(None, None)}
    statuses = known.rows(
        "select http_status, count(*) from raw_url_finder.responses group by 1 order by 1"
    )
    assert statuses == [(200, 12), (404, 48)]
    assert failed(known) == {}


def test_a_pair_is_asked_once_a_day_and_a_past_day_is_what_was_kept(known: Station) -> None:
    assert known.run(client_working_url, TODAY).success
    before = content(known)
    known.simulator.world.journal.clear()
    assert known.run(client_working_url, TODAY).success
    assert requests(known) == 0
    assert content(known) == before
    known.at(NOW + timedelta(days=3))
    known.rows("delete from raw_url_finder.client_working_url")
    assert known.run(client_working_url, "2026-03-01", TOMORROW).success
    assert requests(known) == 0
    assert content(known) == before
    states = [known.rows(STATE, day) for day in ("2026-03-01", TODAY, TOMORROW)]
    assert states == [[("NOT_OBSERVED", 0)], [("MATERIALIZED", len(PAIRS))], [("NOT_OBSERVED", 0)]]


def test_answers_about_pairs_are_no_observations_of_providers(known: Station) -> None:
    assert known.run(client_working_url, TODAY).success
    with known.warehouse.connect() as connection:
        assert rows_of_day(connection, NOW.date()) is None


def test_a_pair_whose_call_fails_is_listed_and_asked_again(known: Station) -> None:
    client, provider = PAIRS[7]
    rule = FaultRule("status", path=f"/providers/{provider}/clients/{client}", status=503)
    known.simulator.world.faults.rules[:] = [rule]
    result = known.run(client_working_url, TODAY)
    assert result.success
    assert set(stored(known)) == set(PAIRS) - {PAIRS[7]}
    assert failed(known) == {f"{provider}/{client}": "returned 503"}
    checks = checks_of(result)
    assert not checks["pair_responses_complete"][0]
    assert not checks[WITHIN_A_WEEK][0]
    assert checks[WITHIN_A_WEEK][1].startswith("1 row breaks the rule. ")
    known.simulator.world.faults.rules.clear()
    known.simulator.world.journal.clear()
    assert known.run(client_working_url, TODAY).success
    assert requests(known) == 1
    assert set(stored(known)) == set(PAIRS)
    assert failed(known) == {}


def test_the_budget_goes_round_those_asked_longest_ago_first(known: Station) -> None:
    publish_environment({"CDP_URL_FINDER_PAIRS_PER_DAY": "40"})
    result = known.run(client_working_url, TODAY)
    assert result.success
    assert checks_of(result)[WITHIN_A_WEEK][1].startswith("20 rows break the rule. ")
    (made,) = result.asset_materializations_for_node("client_working_url")
    assert made.metadata["pairs_requested"].value == 40
    assert made.metadata["pairs_skipped"].value == 20
    assert set(stored(known)) == set(PAIRS[:40])
    assert known.run(client_working_url, TODAY).success
    assert requests(known) == 40  # the day's budget is used up
    known.at(NOW + timedelta(days=1))
    assert known.run(client_working_url, TOMORROW).success
    assert set(stored(known, TOMORROW)) == {*PAIRS[40:], *PAIRS[:20]}
    known.at(NOW + timedelta(days=7))
    result = known.run(client_working_url, "2026-03-09")
    assert set(stored(known, "2026-03-09")) == set(PAIRS[:40])  # asked on the first day; by id
    assert checks_of(result)[WITHIN_A_WEEK][0]
    known.at(NOW + timedelta(days=14, hours=-11))
    set_pairs(known, PAIRS[:41])
    publish_environment({"CDP_URL_FINDER_PAIRS_PER_DAY": "1"})
    result = known.run(client_working_url, "2026-03-16")
    assert set(stored(known, "2026-03-16")) == {PAIRS[40]}
    assert checks_of(result)[WITHIN_A_WEEK][1].startswith("40 rows break the rule. ")


def test_pairs_that_always_fail_take_a_tenth_of_the_budget_and_come_last(known: Station) -> None:
    broken = [f"{provider}/{client}" for client, provider in PAIRS[:20]]
    for number, entity in enumerate(broken):
        known.rows(
            "insert into ops.failed_entities values (%s, %s, 'returned 503', 3, %s, %s)",
            ASSET_KEY,
            entity,
            NOW,
            NOW - timedelta(days=number),
        )
    with known.warehouse.connect() as connection:
        chosen = pairs_to_fetch(connection, NOW.date(), 30)
        everything = pairs_to_fetch(connection, NOW.date(), 100)
    assert [tuple(pair) for pair in chosen[:27]] == PAIRS[20:47]
    assert [tuple(pair) for pair in chosen[27:]] == [PAIRS[19], PAIRS[18], PAIRS[17]]
    assert {tuple(pair) for pair in everything} == set(PAIRS)


def test_a_service_that_refuses_everything_changes_nothing(known: Station) -> None:
    assert known.run(client_working_url, TODAY).success
    before = content(known)
    known.at(NOW + timedelta(days=1))
    known.simulator.world.journal.clear()
    known.simulator.world.faults.rules[:] = [FaultRule("status", status=403)]
    assert "returned 403" in failure_of(known.run(client_working_url, TOMORROW))["cause"]
    assert requests(known) == REFUSALS_IN_A_ROW
    assert content(known) == before


def test_a_service_that_moved_away_hides_no_address(known: Station) -> None:
    assert known.run(client_working_url, TODAY).success
    before = content(known)
    known.at(NOW + timedelta(days=1))
    publish_environment({"CDP_URL_FINDER_API_URL": f"{known.simulator.url}/moved"})
    known.simulator.world.faults.rules[:] = [
        FaultRule("status", status=404, path="/moved", message="no endpoint")
    ]
    assert "returned 404" in failure_of(known.run(client_working_url, TOMORROW))["cause"]
    assert content(known) == before


class Outage:
    """A finder behind a breaker whose minute passes by being slept through."""

    def __init__(self, station: Station) -> None:
        self.slept: list[float] = []
        self._now = 0.0
        self.http = HttpClient(
            "url_finder",
            f"{station.simulator.url}/url-finder",
            policy=RetryPolicy(tries=1, sleep=self._sleep),
            breaker=CircuitBreaker("url_finder", monotonic=lambda: self._now),
            pauses=PAUSES,
        )

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._now += seconds


@pytest.mark.parametrize(
    ("times", "pauses", "tried"),
    [(CONSECUTIVE_FAILURES + 1, 2, len(PAIRS)), (None, PAUSES, 10 + CONSECUTIVE_FAILURES + PAUSES)],
    ids=["an outage that ends", "one that lasts"],
)
def test_an_outage_is_waited_out_for_a_while(
    known: Station, times: int | None, pauses: int, tried: int
) -> None:
    known.simulator.world.faults.rules[:] = [
        FaultRule("status", path="/clients/", after=10, times=times)
    ]
    outage = Outage(known)
    pairs = [Pair(*pair) for pair in PAIRS]
    with psycopg.connect(known.warehouse.url, autocommit=True) as connection, outage.http:
        asked = fetch(connection, outage.http, NOW.date(), pairs)
    assert outage.slept == [60.0] * pauses
    assert len(asked.tried) == tried
    assert len(asked.failed) == (times or CONSECUTIVE_FAILURES + PAUSES)


def test_without_pairs_nobody_is_asked(station: Station) -> None:
    publish_environment({"CDP_URL_FINDER_API_URL": ""})
    assert station.run(client_working_url, TODAY).success
    assert station.rows(STATE, TODAY) == [("MATERIALIZED", 0)]
