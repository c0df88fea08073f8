"""Applications from repositories that err, vanish and come back (compliance §2.4, issue B)."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from cdp_assets.errors import TransientFailure
from cdp_assets.settings import publish_environment
from simulator.github.archives import REGISTRY
from simulator.server.faults import FaultRule
from tests.integration.filplus.registry.conftest import AS_OF, Registries

TABLE = "allocator_client_bookkeeping"
KEYS = "select allocator_id, client_id from filplus.allocator_client_bookkeeping order by 1, 2"
NOW = AS_OF.replace(tzinfo=None)


def allocator(number: int, bookkeeping: object, *outcomes: str) -> bytes:
    audits = [{"outcome": outcome} for outcome in outcomes]
    application = {"allocation_bookkeeping": bookkeeping}
    document = {"allocator_id": f"f0{number}", "address": f"f2{number}", "audits": audits}
    return json.dumps({**document, "application": application}).encode()


def application(client: int | None, total: object = "5PiB", single: object = "1PiB") -> bytes:
    address = None if client is None else f"f1{client}"
    datacap = {"Total Requested Amount": total, "Single Size Dataset": single}
    return json.dumps({"ID": address, "Datacap": datacap}).encode()


@pytest.fixture
def two(registries: Registries) -> Registries:
    """Two allocators with a repository each, clients 100 to 109 known, landed once."""
    registries.github.serve(
        {
            REGISTRY: {
                "Allocators/a.json": allocator(1, "https://github.com/o/one", "GRANTED"),
                "Allocators/b.json": allocator(2, "https://github.com/o/two/issues", "GRANTED"),
            },
            "o/one": {"applications/x.json": application(100)},
            "o/two": {"applications/y.json": application(101), "README.md": b"#"},
        }
    )
    registries.write_clients([(f"f0{number}", f"f1{number}") for number in range(100, 110)])
    registries.land()
    registries.land_bookkeeping()
    registries.journal.clear()
    return registries


def fault(registries: Registries, path: str, **given: Any) -> None:
    registries.simulator.world.faults.rules.append(FaultRule("status", path=path, **given))


def absent(registries: Registries) -> dict[str, datetime | None]:
    return dict(registries.rows(f"select client_id, absent_since from filplus.{TABLE}"))


def test_each_client_is_found_by_its_address_and_each_repository_by_its_spelling(
    two: Registries,
) -> None:
    assert two.rows(KEYS) == [("f01", "f0100"), ("f02", "f0101")]
    assert two.rows(f"select client_address, json_path from filplus.{TABLE} order by 1") == [
        ("f1100", "applications/x.json"),
        ("f1101", "applications/y.json"),
    ]


ROBUST, ETHEREUM = (
    "f410f7l5mtq7w3m52y4joj4ckkiaaqgireqton3l6joy",
    "0xfafac9c3f6db3bac712e4f04a52000819112426e",
)


@pytest.mark.parametrize("written", ["f0110", "f000110", ETHEREUM, ROBUST])
def test_a_client_is_found_by_every_form_of_its_address(two: Registries, written: str) -> None:
    """As in a real application whose ID is the actor id f03416756."""
    two.write_clients([("f0110", ROBUST)])
    content = json.dumps({"ID": written}).encode()
    two.github.put("o/two", "applications/y.json", content)
    two.land_bookkeeping()
    assert ("f02", "f0110") in two.rows(KEYS)
    assert two.issues(TABLE) == set()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(application(None), "no_client", id="no client"),
        pytest.param(b"{}", "no_client", id="an empty object"),
        pytest.param(application(999), "unknown_client", id="a client of nobody"),
        pytest.param(b"[1]", "not_an_object", id="an array"),
        pytest.param(b"{", "not_json", id="cut JSON"),
        pytest.param(b'{"ID": "f1102", "x": "\\u0000"}', "unusable_text", id="a NUL"),
    ],
)
def test_an_application_that_makes_no_row_is_listed_and_the_others_are_stored(
    two: Registries, content: bytes, reason: str
) -> None:
    two.github.put("o/one", "applications/bad file.json", content)
    two.github.put("o/one", "applications/good.json", application(103))
    two.land_bookkeeping()
    assert two.rows(KEYS) == [("f01", "f0100"), ("f01", "f0103"), ("f02", "f0101")]
    assert two.issues(TABLE) == {("applications/bad file.json", reason, "skipped")}


@pytest.mark.parametrize(
    ("written", "size"),
    [("500TiB", 500 * 2**40), ("1.5 PiB", 3 * 2**49), ("", None), (None, None)],
)
def test_a_size_in_free_text_is_whole_bytes(
    two: Registries, written: object, size: int | None
) -> None:
    two.github.put("o/one", "applications/x.json", application(100, total=written))
    two.land_bookkeeping()
    query = f"select total_requested_amount_bytes from filplus.{TABLE} where client_id = 'f0100'"
    assert two.rows(query) == [(size,)]
    assert two.issues(TABLE) == set()


@pytest.mark.parametrize("written", ["-1.5 PiB", "a lot", "5", 5])
def test_a_size_that_is_none_leaves_the_row_and_is_noted(two: Registries, written: object) -> None:
    two.github.put("o/one", "applications/x.json", application(100, single=written))
    two.land_bookkeeping()
    query = f"select expected_size_of_single_dataset_bytes from filplus.{TABLE} order by client_id"
    assert two.rows(query) == [(None,), (2**50,)]
    assert two.issues(TABLE) == {
        ("applications/x.json", "unreadable_size", "recorded"),
    }


def test_a_client_that_becomes_known_gets_its_row_without_another_request(two: Registries) -> None:
    two.github.put("o/one", "applications/z.json", application(555))
    two.land_bookkeeping()
    two.write_clients([("f0555", "f1555")])
    two.journal.clear()
    two.land_bookkeeping()
    assert ("f01", "f0555") in two.rows(KEYS)
    assert two.journal.paths.total() == 2  # the two listings
    assert two.issues(TABLE) == set()


def test_a_vanished_file_keeps_its_row_and_says_since_when(two: Registries) -> None:
    two.github.put("o/one", "applications/w.json", application(104))
    two.land_bookkeeping()
    two.github.put("o/one", "applications/x.json", None)
    two.land_bookkeeping()
    publish_environment({"CDP_AS_OF": (AS_OF + timedelta(days=3)).isoformat()})
    two.land_bookkeeping()
    assert absent(two) == {"f0100": NOW, "f0101": None, "f0104": None}
    two.github.put("o/one", "applications/x.json", application(100))
    two.land_bookkeeping()
    assert absent(two)["f0100"] is None


def test_a_repository_without_the_folder_and_one_that_is_gone_are_told_apart(
    two: Registries,
) -> None:
    two.github.put("o/one", "applications/x.json", None)
    two.github.put("o/one", "README.md", b"#")
    two.github.remove("o/two")
    two.land_bookkeeping()
    found = two.rows("select location, reason from ops.registry_issues where reason <> 'recorded'")
    assert sorted(found) == [("o/one", "no_applications"), ("o/two", "repository_gone")]
    assert absent(two) == {"f0100": NOW, "f0101": NOW}


def test_a_repository_that_fails_keeps_its_rows_and_the_other_is_stored(two: Registries) -> None:
    two.github.put("o/two", "applications/v.json", application(105))
    two.github.put("o/one", "applications/x.json", None)
    fault(two, "/repos/o/one", times=2)
    two.land_bookkeeping()
    assert absent(two) == {"f0100": None, "f0101": None, "f0105": None}
    assert two.rows("select location, reason, effect from ops.registry_issues") == [
        ("o/one", "not_read", "kept_previous"),
    ]
    two.land_bookkeeping()
    assert absent(two)["f0100"] == NOW


def test_when_no_repository_answers_the_landing_fails_and_overwrites_nothing(
    two: Registries,
) -> None:
    two.github.put("o/one", "applications/x.json", None)
    fault(two, "/repos/o/")
    with pytest.raises(TransientFailure, match="no bookkeeping could be read, of 2 repositories"):
        two.land_bookkeeping()
    assert absent(two) == {"f0100": None, "f0101": None}


def test_a_file_that_fails_is_not_taken_for_vanished(two: Registries) -> None:
    two.github.put("o/one", "applications/x.json", application(100, total="6PiB"))
    two.github.put("o/one", "applications/u.json", application(106))
    fault(two, "/applications/", times=4)
    two.land_bookkeeping()
    assert absent(two) == {"f0100": None, "f0101": None}
    assert two.issues(TABLE) == {
        ("applications/u.json", "not_read", "skipped"),
        ("applications/x.json", "not_read", "kept_previous"),
    }
    two.land_bookkeeping()
    assert absent(two) == {"f0100": None, "f0101": None, "f0106": None}


def test_allocators_that_share_a_repository_each_have_its_clients(two: Registries) -> None:
    shared = allocator(3, "https://github.com/o/one/")
    two.github.put(REGISTRY, "Allocators/c.json", shared)
    two.land()
    two.journal.clear()
    two.land_bookkeeping()
    assert two.rows(KEYS) == [("f01", "f0100"), ("f02", "f0101"), ("f03", "f0100")]
    assert two.journal.paths["GET /github/repos/o/one/contents/applications"] == 1


def test_of_two_files_of_one_client_the_later_counts(two: Registries) -> None:
    two.github.put("o/one", "applications/zz.json", application(100, total="7PiB"))
    two.land_bookkeeping()
    assert two.issues(TABLE) == {("applications/x.json", "duplicate_client", "skipped")}
    assert two.rows(f"select json_path from filplus.{TABLE} where client_id = 'f0100'") == [
        ("applications/zz.json",)
    ]


def test_allocators_with_a_failed_audit_or_no_repository_on_github_are_not_read(
    two: Registries,
) -> None:
    for place, (url, outcome) in enumerate(
        [
            ("https://github.com/o/three", "REJECTED"),
            ("https://elsewhere.example/x", "GRANTED"),
            ("https://github.com/o", "GRANTED"),
            (None, "GRANTED"),
        ],
        3,
    ):
        two.github.put(REGISTRY, f"Allocators/c{place}.json", allocator(place, url, outcome))
    two.land()
    two.journal.clear()
    two.land_bookkeeping()
    assert {path.split("/")[5] for path in two.journal.paths} == {"contents"}
    assert {path.split("/")[4] for path in two.journal.paths} == {"one", "two"}
    assert two.issues("allocator_registry") == {
        ("Allocators/c4.json", "bookkeeping_elsewhere", "recorded"),
        ("Allocators/c5.json", "bookkeeping_elsewhere", "recorded"),
    }


@pytest.fixture
def many(two: Registries) -> Registries:
    """A thousand entries before the one that matters; ``x.json`` was deleted."""
    for number in range(1_000):
        two.github.put("o/one", f"applications/a folder {number:04}/z", b"")
    two.github.put("o/one", "applications/w.json", application(104))
    two.github.put("o/one", "applications/x.json", None)
    return two


def test_what_a_cut_listing_leaves_out_is_found_in_the_tree(many: Registries) -> None:
    many.land_bookkeeping()
    assert absent(many) == {"f0100": NOW, "f0101": None, "f0104": None}
    assert many.issues(TABLE) == set()


def test_a_listing_that_stays_cut_marks_nothing_absent_and_says_so(many: Registries) -> None:
    fault(many, "/git/trees/", times=2)
    many.land_bookkeeping()
    assert absent(many) == {"f0100": None, "f0101": None}
    assert many.issues(TABLE) == {("applications", "listing_cut", "recorded")}


def test_the_same_answers_give_the_same_table_from_scratch(two: Registries) -> None:
    two.github.put("o/one", "applications/w.json", application(104, total="nonsense"))
    two.land_bookkeeping()
    before = two.rows(f"select t::text from filplus.{TABLE} t order by 1")
    with two.warehouse.connect(autocommit=True) as connection:
        connection.execute(f"delete from filplus.{TABLE}")
        connection.execute("delete from raw_github.responses")
    two.land_bookkeeping()
    assert two.rows(f"select t::text from filplus.{TABLE} t order by 1") == before


def test_one_file_that_always_fails_stops_no_repository_after_it(registries: Registries) -> None:
    publish_environment({"CDP_HTTP_TRIES": "6"})
    numbers = range(1, 9)
    allocators = {
        f"Allocators/a{n}.json": allocator(n, f"https://github.com/o/r{n}") for n in numbers
    }
    served: dict[str, dict[str, bytes]] = {REGISTRY: allocators}
    for number in numbers:
        served[f"o/r{number}"] = {f"applications/{c}.json": application(100 + c) for c in range(3)}
    registries.github.serve(served)
    registries.write_clients([(f"f0{n}", f"f1{n}") for n in range(100, 103)])
    registries.land()
    registries.simulator.world.faults.rules.append(
        FaultRule("status", path="o/r2/contents/applications/1.json", status=500)
    )
    for _ in range(2):
        registries.land_bookkeeping()
        counts = registries.rows(
            "select allocator_id, count(*) from filplus.allocator_client_bookkeeping "
            "group by 1 order by 1"
        )
        assert counts == [(f"f0{n}", 2 if n == 2 else 3) for n in numbers]
