"""Sources of Filecoin Plus that are down, changed or wrong: what is refused, kept, told and mended.

Every case is a real run of the landing asset over real sockets. Between a run's own tries nothing
waits: the waits are those of the framework, not of the product.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import psycopg
import pytest

from bench.deal_tables import HOURLY
from cdp_assets.core.dagster_compat import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
)
from cdp_assets.core.ingestion.response_store import store_response
from cdp_assets.filplus.dmob.assets import dmob_sync
from cdp_assets.filplus.providers.url_finder.assets import ASSET_KEY, provider_retrievability
from cdp_assets.filplus.providers.url_finder.landing import SCHEMA, rows_of_day
from cdp_assets.settings import publish_environment
from resources.http.raw_response import RawResponse
from simulator.dmob.worked_example import NOW, URL_FINDER_RATES
from simulator.server.faults import FaultRule
from simulator.server.http_server import SimulatorServer
from tests.integration.filplus.pipeline import Pipeline

pytestmark = pytest.mark.integration

TODAY, TOMORROW = "2024-03-15", "2024-03-16"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST = datetime(2024, 2, 19, tzinfo=UTC)
DAILY = "provider_url_finder_retrievability_daily"
PROVIDERS = ("f0200", "f0201", "f0202")
NOWHERE = "postgresql://nobody@127.0.0.1:1/dmob"
TRIES_OF_A_RUN, TRIES_OF_A_CALL = 4, 2  # a run: the first and three more for what may pass


@pytest.fixture
def known(worked_example: Pipeline) -> Pipeline:
    """The worked example, landed; the settings name the source."""
    worked_example.at(NOW).sync()
    publish_environment({"DMOB_DATABASE_URL": worked_example.dmob})
    return worked_example


@pytest.fixture
def finder() -> Iterator[SimulatorServer]:
    """A URL finder that measured three providers; the settings name it, calls try twice."""
    with SimulatorServer(seed=1, as_of=NOW) as simulator:
        _measure(simulator, TODAY, 10)
        publish_environment({"CDP_URL_FINDER_API_URL": f"{simulator.url}/url-finder"})
        publish_environment(
            {"CDP_HTTP_BACKOFF_SECONDS": "0", "CDP_HTTP_TRIES": f"{TRIES_OF_A_CALL}"}
        )
        yield simulator


def test_a_source_that_is_down_changes_no_row_and_is_told_everywhere(known: Pipeline) -> None:
    assert _run(known, dmob_sync).success
    assert all(r.is_good for r in known.build(HOURLY, FIRST, NOW + HOUR))
    before = known.content()
    publish_environment({"DMOB_DATABASE_URL": NOWHERE})
    failure = _failure(_run(known, dmob_sync))
    assert "the source database does not respond" in failure["cause"]
    assert "landed rows stay as they are" in failure["hint"]
    assert known.content() == before
    assert _ask(
        known,
        "select distinct outcome, error_code, attempts from ops.runs "
        "where asset_key like 'raw_dmob/%%' and outcome <> 'SUCCESS'",
    ) == [("FAILED", "SourceUnavailable", TRIES_OF_A_RUN)]
    ((states, codes, words),) = _ask(known, _LANDING_STATUS)
    assert (states, codes) == (["MATERIALIZED"] * 8, ["SourceUnavailable"] * 8)
    assert all("does not respond" in message for message in words)
    ((ok, failures, message, succeeded),) = _health(known, "dmob")
    assert (ok, failures, succeeded) == (False, TRIES_OF_A_RUN, True)
    assert "does not respond" in message
    publish_environment({"DMOB_DATABASE_URL": known.dmob})
    assert _run(known, dmob_sync).success
    assert _ask(known, _LANDING_STATUS) == [(["MATERIALIZED"] * 8, None, None)]
    assert _health(known, "dmob") == [(True, 0, None, True)]
    assert known.content() == before


# What the source's owner did, its undoing, the relation and the word that the refusal names.
OTHER_SHAPES = (
    (
        'alter table verifier rename "dcSource" to "dc"',
        'alter table verifier rename "dc" to "dcSource"',
        "raw_dmob/verifier",
        "dcSource",
    ),
    (
        "alter table client_contract rename to other",
        "alter table other rename to client_contract",
        "raw_dmob/client_contract",
        "client_contract",
    ),
    (
        "refresh materialized view unique_providers with no data",
        "refresh materialized view unique_providers",
        "raw_dmob/unique_providers",
        "never filled",
    ),
)


def test_a_source_of_another_shape_is_refused_by_name_and_not_tried_again(known: Pipeline) -> None:
    before = known.content()
    with psycopg.connect(known.dmob, autocommit=True) as source:
        source.execute('update unified_verified_deal set "pieceSize" = 99')
        for change, undo, key, word in OTHER_SHAPES:
            source.execute(change)
            failure = _failure(_run(known, dmob_sync))
            source.execute(undo)
            assert (failure["key"], word in failure["cause"]) == (key, True)
            ((ok, _, message, _),) = _health(known, "dmob")
            assert (ok, word in message) == (False, True)
    assert known.content() == before  # the deals were read first; they went back with the rest
    assert _ask(
        known,
        "select outcome, error_code, attempts, count(*) from ops.runs "
        "where outcome <> 'SUCCESS' group by 1, 2, 3",
    ) == [("FAILED", "InvalidSourceResponse", 1, 3 * 8)]
    assert _run(known, dmob_sync).success
    assert known.content() != before


# What lasts: the fault, the class and words of the failure, requests of the run, statuses kept.
LASTING: list[tuple[FaultRule, str, str, int, list[int]]] = [
    (FaultRule("malformed"), "TransientFailure", "malformed JSON", 8, [200]),
    (FaultRule("truncated"), "TransientFailure", "broke off", 8, [200]),
    (
        FaultRule("partial"),
        "InvalidSourceResponse",
        "a partial response: 2 of 3 providers",
        2,
        [200],
    ),
    (FaultRule("status", status=503), "SourceUnavailable", "returned 503", 8, [503]),
    (
        FaultRule("status", status=429, retry_after=3_600),  # longer than a call waits
        "SourceUnavailable",
        "returned 429",
        TRIES_OF_A_RUN,
        [429],
    ),
    (FaultRule("status", status=403), "PermanentFailure", "returned 403", 1, [403]),
    (FaultRule("drop"), "SourceUnavailable", "no response", 8, []),
]


def test_a_fault_that_lasts_overwrites_no_good_row_and_its_answers_are_kept_raw(
    known: Pipeline, finder: SimulatorServer
) -> None:
    assert _run(known, provider_retrievability, TODAY).success
    before = _rates(known, TODAY)
    assert before == [(p, 10 + n) for n, p in enumerate(PROVIDERS)]
    _measure(finder, TODAY, 50)
    for rule, error, words, requests, statuses in LASTING:
        finder.world.journal.clear()
        finder.world.faults.rules[:] = [rule]
        _ask(known, "delete from raw_url_finder.responses where not is_complete")
        failure = _failure(_run(known, provider_retrievability, TODAY))
        assert words in failure["cause"], rule
        assert "the day's rows stay" in failure["hint"]
        assert finder.world.journal.paths.total() == requests, rule
        assert _rates(known, TODAY) == before
        ((state, code, message),) = _state(known, TODAY)
        assert (state, code) == ("MATERIALIZED", error)
        assert words in message
        assert _ask(
            known,
            "select distinct http_status from raw_url_finder.responses where not is_complete",
        ) == [(status,) for status in statuses], rule
    finder.world.faults.rules.clear()
    assert _run(known, provider_retrievability, TODAY).success
    assert _rates(known, TODAY) == [(p, 50 + n) for n, p in enumerate(PROVIDERS)]
    assert _state(known, TODAY) == [("MATERIALIZED", None, None)]
    assert _health(known, "url_finder") == [(True, 0, None, True)]


def test_a_day_that_never_succeeded_is_failed_and_mended_when_the_fault_ends(
    known: Pipeline, finder: SimulatorServer
) -> None:
    finder.world.faults.rules[:] = [FaultRule("status", status=503)]
    assert not _run(known, provider_retrievability, TODAY).success
    ((state, code, message),) = _state(known, TODAY)
    assert (state, code) == ("FAILED", "SourceUnavailable")
    assert message.startswith(f"{TODAY}: 1 of 1 request to the URL finder gave no usable response")
    assert "Hint: " in message
    ((ok, failures, message, succeeded),) = _health(known, "url_finder")
    assert (ok, failures, succeeded) == (False, TRIES_OF_A_RUN * TRIES_OF_A_CALL, False)
    assert "returned 503" in message
    finder.world.faults.rules.clear()
    assert _run(known, provider_retrievability, TODAY).success
    assert _state(known, TODAY) == [("MATERIALIZED", None, None)]
    assert len(_rates(known, TODAY)) == 3


def test_a_broken_answer_is_kept_as_far_as_it_came(
    known: Pipeline, finder: SimulatorServer
) -> None:
    assert _run(known, provider_retrievability, TODAY).success
    ((whole,),) = _ask(known, "select body from raw_url_finder.responses")
    passing = [FaultRule("truncated", times=1), FaultRule("malformed", times=1)]
    finder.world.faults.rules[:] = passing
    assert _run(known, provider_retrievability, TODAY).success  # by the run's second try
    kept = _ask(
        known,
        "select body from raw_url_finder.responses where not is_complete order by length(body)",
    )
    assert kept == [(whole[: len(whole) // 2],), (whole[:-1] + b",,",)]
    assert len(_rates(known, TODAY)) == 3


def test_faults_that_pass_are_survived_within_the_call(
    known: Pipeline, finder: SimulatorServer
) -> None:
    passing = [
        FaultRule("status", times=1, status=500),
        FaultRule("status", times=1, status=429, retry_after=0, message="slow down"),
        FaultRule("partial", times=1),
        FaultRule("drop", times=1),
    ]
    for number, rule in enumerate(passing):
        _measure(finder, TODAY, number)
        finder.world.journal.clear()
        finder.world.faults.rules[:] = [rule]
        assert _run(known, provider_retrievability, TODAY).success, rule
        assert (finder.world.journal.paths.total(), finder.world.journal.faults[rule.kind]) == (
            2,
            1,
        )
        assert _rates(known, TODAY) == [(p, number + n) for n, p in enumerate(PROVIDERS)]
    assert _ask(
        known,
        "select array_agg(http_status order by http_status), (select max(attempts) from ops.runs) "
        "from raw_url_finder.responses where not is_complete",
    ) == [([200, 429, 500], 1)]


def test_an_answer_that_was_first_refused_counts_once_it_is_accepted(known: Pipeline) -> None:
    body = b'{"providers": [{"provider_id": "f0200", "retrievability_percent": 40}]}'
    refused = RawResponse("bulk", 500, None, NOW, body, "a hash", is_complete=False)
    accepted = replace(refused, http_status=200, is_complete=True)
    with known.warehouse.connect(autocommit=True) as connection:
        for answer, is_observed in ((refused, False), (accepted, True), (refused, True)):
            store_response(connection, SCHEMA, NOW.date(), ["f0200"], answer)
            assert (rows_of_day(connection, NOW.date()) is not None) == is_observed
    assert _ask(known, "select http_status, is_complete from raw_url_finder.responses") == [
        (200, True)
    ]


def test_only_the_present_day_is_asked_and_past_days_are_what_was_kept(
    known: Pipeline, finder: SimulatorServer
) -> None:
    known.keep_rates([(day.date(), provider, rate) for day, provider, rate in URL_FINDER_RATES])
    assert _run(known, provider_retrievability, "2024-03-11", "2024-03-14").success
    assert finder.world.journal.paths.total() == 0
    assert _run(known, provider_retrievability, TODAY).success
    assert finder.world.journal.paths == {"POST /url-finder/providers/bulk": 1}
    assert _rates(known, "2024-03-12") == [("f0200", 40), ("f0201", 80)]
    _ask(known, "delete from raw_url_finder.provider_retrievability")
    assert _run(known, provider_retrievability, "2024-03-12").success
    assert finder.world.journal.paths.total() == 1
    assert _rates(known, "2024-03-12") == [("f0200", 40), ("f0201", 80)]
    results = known.build((DAILY,), datetime(2024, 3, 11, tzinfo=UTC), NOW)
    assert all(r.is_good for r in results)
    states = ["NOT_OBSERVED", "MATERIALIZED", "NOT_OBSERVED", "NOT_OBSERVED"]
    for asset in (ASSET_KEY, f"filplus/{DAILY}"):
        assert _ask(
            known,
            "select array_agg(state order by partition_key) from ops.asset_partition_status "
            "where asset_key = %s and partition_key < %s",
            asset,
            TODAY,
        ) == [(states,)]


def test_a_day_that_only_ever_failed_is_not_observed_once_it_is_past(
    known: Pipeline, finder: SimulatorServer
) -> None:
    finder.world.faults.rules[:] = [FaultRule("partial")]
    assert not _run(known, provider_retrievability, TODAY).success
    finder.world.faults.rules.clear()
    finder.world.clock.set(NOW + DAY)
    _measure(finder, TOMORROW, 70)
    known.at(NOW + DAY)
    assert _run(known, provider_retrievability, TODAY, TOMORROW).success
    assert _state(known, TODAY) == [("NOT_OBSERVED", None, None)]
    assert _rates(known, TODAY) == []  # a partial response is evidence, not an observation
    assert _rates(known, TOMORROW) == [(p, 70 + n) for n, p in enumerate(PROVIDERS)]


_LANDING_STATUS = """
select array_agg(state), array_agg(error_code) filter (where error_code is not null),
    array_agg(error_message) filter (where error_message is not null)
from ops.asset_partition_status where asset_key like 'raw_dmob/%%'
"""
_RATES = """
select provider, retrievability_percent from raw_url_finder.provider_retrievability
where day = %s order by 1
"""
_STATE = """
select state, error_code, error_message from ops.asset_partition_status
where asset_key = %s and partition_key = %s
"""
_HEALTH = """
select ok, consecutive_failures, error_message, last_success_at is not null
from ops.source_health where source = %s
"""


def _run(
    pipeline: Pipeline, asset: dg.AssetsDefinition, first: str = "", last: str = ""
) -> dg.ExecuteInProcessResult:
    """Run a landing asset, for a range of days when one is given."""
    start, end = ASSET_PARTITION_RANGE_START_TAG, ASSET_PARTITION_RANGE_END_TAG
    tags = {start: first, end: last or first} if first else {}
    resources = {"warehouse": pipeline.warehouse}
    return dg.materialize([asset], resources=resources, tags=tags, raise_on_error=False)


def _failure(result: dg.ExecuteInProcessResult) -> dict[str, str]:
    """Return what the failed run shows to people: cause, key and what to do."""
    (failed,) = [event for event in result.all_events if event.is_step_failure]
    data = failed.step_failure_data.user_failure_data
    assert data is not None
    return {name: str(value.value) for name, value in data.metadata.items()}


def _measure(simulator: SimulatorServer, day: str, lowest: int) -> None:
    """Let the three providers have the percentages ``lowest`` and the next two on a day."""
    rates = [{"provider": p, "date": day, "percent": lowest + n} for n, p in enumerate(PROVIDERS)]
    simulator.world.url_finder.fix(rates, only=True)


def _ask(pipeline: Pipeline, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    with pipeline.warehouse.connect() as connection:
        answer = connection.execute(query, parameters)
        return answer.fetchall() if answer.description else []


def _rates(pipeline: Pipeline, day: str) -> list[tuple[Any, ...]]:
    return _ask(pipeline, _RATES, day)


def _state(pipeline: Pipeline, day: str) -> list[tuple[Any, ...]]:
    return _ask(pipeline, _STATE, ASSET_KEY, day)


def _health(pipeline: Pipeline, source: str) -> list[tuple[Any, ...]]:
    return _ask(pipeline, _HEALTH, source)
