"""The registry from a GitHub that errs: nothing is lost, everything is said (issue B)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cdp_assets.clock import wall_clock
from cdp_assets.errors import (
    BadConfiguration,
    InvalidSourceResponse,
    PermanentFailure,
    TransientFailure,
)
from cdp_assets.settings import publish_environment
from simulator.github.archives import REGISTRY
from simulator.server.faults import FaultRule
from tests.integration.filplus.registry.conftest import AS_OF, TOKEN, Registries

TABLE = "allocator_registry"
IDS = "select allocator_id from filplus.allocator_registry order by 1"


def entry(number: int, **changed: Any) -> bytes:
    document = {"allocator_id": f"f0{number}", "address": f"f1{number}", "application": {}}
    return json.dumps({**document, **changed}).encode()


def names(*numbers: int) -> list[tuple[str]]:
    return [(f"f0{number}",) for number in numbers]


@pytest.fixture
def three(registries: Registries) -> Registries:
    """Three allocators, landed once."""
    registries.github.serve({REGISTRY: {f"Allocators/rec{n}.json": entry(n) for n in (1, 2, 3)}})
    registries.land()
    registries.journal.clear()
    return registries


def put(registries: Registries, name: str, content: bytes | None) -> None:
    registries.github.put(REGISTRY, f"Allocators/{name}", content)


def fault(registries: Registries, kind: Any, path: str, **given: Any) -> None:
    registries.simulator.world.faults.rules.append(FaultRule(kind, path=path, **given))


@pytest.mark.parametrize("written", ["f0007", "0xfafac9c3f6db3bac712e4f04a52000819112426e"])
def test_an_allocator_is_found_by_its_ethereum_address_in_the_source(
    three: Registries, written: str
) -> None:
    three.write_verifiers([("f07", "f2seven")])
    three.rows(
        "update raw_dmob.verifier set address_eth = '0xFAFAC9c3f6db3bac712e4f04a52000819112426e' "
        "where address_id = 'f07' returning 1"
    )
    put(three, "rec7.json", entry(7, allocator_id=written, address="f2seven"))
    three.land()
    assert three.rows(IDS) == names(1, 2, 3, 7)
    ((where, reason, effect),) = three.issues(TABLE)
    assert (where, effect) == ("Allocators/rec7.json", "recorded")
    assert reason == ("id_is_address" if written.startswith("0x") else "id_in_another_form")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b'[{"allocator_id": "f04"}]', "not_an_object", id="an array"),
        pytest.param(b'{"allocator_id": "f04"', "not_json", id="cut JSON"),
        pytest.param(b'{"allocator_id": null}', "no_allocator_id", id="a null id of nobody"),
        pytest.param(b'{"allocator_id": "f04"}', "no_address", id="no address"),
        pytest.param(b'{"allocator_id": "f04\\u0000"}', "unusable_text", id="a NUL"),
        pytest.param(entry(1), "duplicate_id", id="an id of another file"),
        pytest.param(entry(4, address="f11"), "duplicate_address", id="an address of another"),
        pytest.param(b"x" * 1_100_000, "not_read", id="larger than GitHub sends"),
    ],
)
def test_a_file_that_makes_no_row_is_listed_and_the_others_are_stored(
    three: Registries, content: bytes, reason: str
) -> None:
    put(three, "rec9.json", content)
    put(three, "rec5.json", entry(5))
    three.land()
    assert three.rows(IDS) == names(1, 2, 3, 5)
    assert three.issues(TABLE) == {("Allocators/rec9.json", reason, "skipped")}


def test_a_file_with_a_space_in_its_name_makes_its_row(three: Registries) -> None:
    put(three, "rec 4 %41.json", entry(4))
    three.land()
    path = "select json_path from filplus.allocator_registry where allocator_id = 'f04'"
    assert three.rows(path) == [("Allocators/rec 4 %41.json",)]


def test_a_null_id_and_an_amount_as_text_are_no_obstacle(three: Registries) -> None:
    three.write_verifiers([("f04", "f14")])
    amounts = ("2.5", "five", "1e999999")
    audits = [{"outcome": "PENDING", "datacap_amount": amount} for amount in amounts]
    put(three, "rec4.json", entry(4, allocator_id=None, audits=audits))
    three.land()
    assert three.rows(
        "select entry ->> 'datacap_amount_pib' "
        "from filplus.allocator_registry, jsonb_array_elements(audits) entry "
        "where allocator_id = 'f04'"
    ) == [("2.5",), (None,), (None,)]
    assert three.issues(TABLE) == {("Allocators/rec4.json", "unreadable_amount", "recorded")}


def test_times_and_outcomes_that_are_dropped_are_noted_with_their_values(three: Registries) -> None:
    outcomes = ("GRANTED", "", "DENIED", "GRANTED")
    audits = [{"outcome": outcome, "ended": "2025-08-12T01:00:00.000Z"} for outcome in outcomes]
    audits[0]["ended"] = "2025-08-212T01:00:00.000Z"
    put(three, "rec4.json", entry(4, audits=audits))
    three.land()
    assert three.rows(
        "select entry ->> 'outcome', entry ->> 'ended' is null "
        "from filplus.allocator_registry, jsonb_array_elements(audits) entry "
        "where allocator_id = 'f04'"
    ) == [("notAudited", True), ("unknown", False), ("unknown", False), ("invalid", False)]
    assert dict(three.rows("select reason, detail from ops.registry_issues")) == {
        "unreadable_time": "audits[0].ended is '2025-08-212T01:00:00.000Z', not a time",
        "unlisted_outcome": "audits[1].outcome is '', not an outcome of the list; "
        "audits[2].outcome is 'DENIED', not an outcome of the list; "
        "audits[3].outcome is 'GRANTED', which only a first audit has",
    }


def test_a_file_that_became_bad_keeps_its_row_until_it_is_good_again(three: Registries) -> None:
    put(three, "rec2.json", b"[]")
    three.land()
    assert three.rows(IDS) == names(1, 2, 3)
    assert three.issues(TABLE) == {("Allocators/rec2.json", "not_an_object", "kept_previous")}
    put(three, "rec2.json", entry(2, metapathway_type="MDMA"))
    three.land()
    assert three.issues(TABLE) == set()
    kind = "select metapathway_type from filplus.allocator_registry where allocator_id = 'f02'"
    assert three.rows(kind) == [("MDMA",)]


@pytest.mark.parametrize("kind", ["status", "truncated", "malformed"])
def test_one_file_that_always_fails_stops_no_file_after_it(
    registries: Registries, kind: str
) -> None:
    publish_environment({"CDP_HTTP_TRIES": "6"})
    documents = {f"Allocators/rec{n:02}.json": entry(n) for n in range(1, 31)}
    registries.github.serve({REGISTRY: documents})
    fault(registries, kind, "rec03.json")
    for _ in range(2):
        registries.land()
        assert set(registries.rows(IDS)) == set(names(*range(1, 31))) - {("f03",)}
        assert registries.issues(TABLE) == {("Allocators/rec03.json", "not_read", "skipped")}


def test_files_that_failed_are_asked_for_after_all_others(three: Registries) -> None:
    fault(three, "status", "rec0.json")
    put(three, "rec0.json", entry(10))
    three.land()
    for number in (4, 5):
        put(three, f"rec{number}.json", entry(number))
    three.journal.clear()
    three.land()
    asked = [path.rsplit("/", 1)[-1] for path in three.journal.paths if "rec" in path]
    assert asked == ["rec4.json", "rec5.json", "rec0.json"]


@pytest.mark.parametrize("kind", ["status", "drop", "truncated", "malformed"])
def test_a_file_that_fails_on_the_way_keeps_its_row_and_is_tried_again(
    three: Registries, kind: str
) -> None:
    put(three, "rec2.json", entry(2, metapathway_type="AMA"))
    put(three, "rec4.json", entry(4))
    fault(three, kind, "rec2.json", times=2)
    three.land()
    assert three.rows(IDS) == names(1, 2, 3, 4)
    assert three.issues(TABLE) == {("Allocators/rec2.json", "not_read", "kept_previous")}
    three.land()
    assert three.issues(TABLE) == set()
    kinds = "select metapathway_type from filplus.allocator_registry where allocator_id = 'f02'"
    assert three.rows(kinds) == [("AMA",)]


@pytest.mark.parametrize("kind", ["status", "drop", "truncated", "malformed"])
def test_a_listing_that_fails_overwrites_nothing(three: Registries, kind: str) -> None:
    put(three, "rec4.json", entry(4))
    fault(three, kind, "/contents/Allocators", times=2)
    with pytest.raises(TransientFailure):
        three.land()
    assert three.rows(IDS) == names(1, 2, 3)


def test_a_folder_that_became_empty_or_vanished_overwrites_nothing(three: Registries) -> None:
    three.github.serve({REGISTRY: {"Allocators/README.md": b""}})
    with pytest.raises(InvalidSourceResponse, match="none of 0 files"):
        three.land()
    three.github.serve({REGISTRY: {"README.md": b""}})
    with pytest.raises(BadConfiguration, match="no folder Allocators"):
        three.land()
    three.github.remove(REGISTRY)
    with pytest.raises(BadConfiguration, match="no folder Allocators"):
        three.land()
    assert three.rows(IDS) == names(1, 2, 3)


def test_a_deleted_file_takes_its_row_along(three: Registries) -> None:
    put(three, "rec2.json", None)
    three.land()
    assert three.rows(IDS) == names(1, 3)


def test_only_what_changed_is_asked_for(three: Registries) -> None:
    put(three, "rec2.json", entry(2, status="x"))
    three.land()
    folder = f"GET /github/repos/{REGISTRY}/contents/Allocators"
    assert three.journal.paths == {folder: 1, f"{folder}/rec2.json": 1}


def test_a_content_that_came_back_is_the_newest_again(three: Registries) -> None:
    put(three, "rec2.json", entry(2, status="other"))
    three.land()
    put(three, "rec2.json", entry(2))
    three.land()
    status = "select status from filplus.allocator_registry where allocator_id = 'f02'"
    assert three.rows(status) == [(None,)]


def test_an_unchanged_registry_keeps_its_version_and_moves_its_clock(three: Registries) -> None:
    later = AS_OF + timedelta(hours=1)
    publish_environment({"CDP_AS_OF": later.isoformat()})
    three.land()
    state = "select version, as_of, row_count from ops.asset_partition_status"
    assert three.rows(state) == [(1, later, 3)]
    put(three, "rec1.json", entry(1, status="changed"))
    three.land()
    assert three.rows("select version from ops.asset_version") == [(2,)]


def test_an_issue_keeps_the_clock_of_the_run_that_met_it_first(three: Registries) -> None:
    put(three, "rec9.json", b"[]")
    three.land()
    publish_environment({"CDP_AS_OF": (AS_OF + timedelta(days=1)).isoformat()})
    three.land()
    assert three.rows("select since from ops.registry_issues") == [(AS_OF,)]


def test_a_moved_repository_is_read_where_it_went(three: Registries) -> None:
    three.github.move(REGISTRY, "new-owner/Registry")
    three.github.put("new-owner/Registry", "Allocators/rec4.json", entry(4))
    three.land()
    assert three.rows(IDS) == names(1, 2, 3, 4)


def test_quota_and_its_reset_reach_the_health_of_the_source(three: Registries) -> None:
    reset = (wall_clock() + timedelta(hours=2)).replace(microsecond=0)
    three.github.limit(4_000, reset)
    put(three, "rec4.json", entry(4))
    three.land()
    health = "select ok, quota_left, quota_resets_at from ops.source_health where source = 'github'"
    assert three.rows(health) == [(True, 3_998, reset.astimezone(UTC))]


def test_a_used_up_quota_loses_nothing_and_says_until_when(three: Registries) -> None:
    three.github.limit(1, wall_clock() + timedelta(hours=1))
    put(three, "rec4.json", entry(4))
    put(three, "rec5.json", entry(5))
    three.land()  # the listing takes the last request
    assert three.rows(IDS) == names(1, 2, 3)
    assert {reason for _, reason, _ in three.issues(TABLE)} == {"not_read"}
    (detail,) = three.rows("select distinct detail from ops.registry_issues")
    assert "used up until" in detail[0]
    three.github.limit(5_000, wall_clock() + timedelta(hours=1))
    three.land()
    assert three.rows(IDS) == names(1, 2, 3, 4, 5)


def test_every_answer_is_kept_as_received_and_no_credential_with_it(three: Registries) -> None:
    fault(three, "status", "/contents/Allocators/rec4.json", times=1)
    put(three, "rec4.json", entry(4))
    three.land()
    kept = three.rows(
        "select kind, http_status, is_complete, count(*) from raw_github.responses "
        "group by 1, 2, 3 order by 1, 2"
    )
    assert kept == [("file", 200, True, 4), ("file", 503, False, 1), ("listing", 200, True, 2)]
    assert three.rows(
        "select count(*) from raw_github.responses a where a::text like %s", f"%{TOKEN}%"
    ) == [(0,)]


def test_without_a_named_github_the_landing_says_which_setting_it_needs(three: Registries) -> None:
    publish_environment({"CDP_GITHUB_API_URL": ""})
    with pytest.raises(BadConfiguration, match="CDP_GITHUB_API_URL: no GitHub is named"):
        three.land()


def test_a_refused_credential_is_final_and_shows_no_token(three: Registries) -> None:
    fault(three, "status", "/contents/Allocators", status=401, message=f"bad {TOKEN}")
    with pytest.raises(PermanentFailure, match="returned 401") as caught:
        three.land()
    assert TOKEN not in str(caught.value)


def test_the_clock_of_an_answer_is_the_run_s(three: Registries) -> None:
    assert three.rows("select distinct fetched_at from raw_github.responses") == [
        (datetime(2026, 3, 2, 12, tzinfo=UTC),)
    ]
