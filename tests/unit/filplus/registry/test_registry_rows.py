"""Whose file it is, and which of two wins (compliance §2.3, §3.18)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cdp_assets.filplus.registry.rows import KnownAllocators, RegistryFile, registry_rows

KNOWN = KnownAllocators({"f01": "f1one", "f02": "f1two"}, {"f1one": "f01", "f1two": "f02"})


def file(name: str, **document: Any) -> RegistryFile:
    path = f"Allocators/{name}"
    return RegistryFile(f"o/r/{path}", path, "sha", json.dumps(document), document)


def outcome(*files: RegistryFile, archived: bool = False) -> tuple[list[tuple[str, ...]], set[str]]:
    rows, issues = registry_rows(files, KNOWN, archived=archived)
    found = [(row.allocator_id, row.allocator_address, row.json_path[11:]) for row in rows]
    return found, {f"{issue.location[15:]}: {issue.reason}" for issue in issues}


def test_what_the_file_names_wins_and_the_difference_is_noted() -> None:
    assert outcome(file("a.json", allocator_id="f01", address="f1other")) == (
        [("f01", "f1other", "a.json")],
        {"a.json: address_differs"},
    )


def test_an_address_of_another_allocator_is_noted() -> None:
    assert outcome(file("a.json", allocator_id="f07", address="f1two")) == (
        [("f07", "f1two", "a.json")],
        {"a.json: id_differs"},
    )


def test_a_null_id_is_that_of_the_address_in_the_source() -> None:
    assert outcome(file("a.json", allocator_id=None, address="f1two")) == (
        [("f02", "f1two", "a.json")],
        set(),
    )


def test_an_absent_address_is_that_of_the_id_in_the_source() -> None:
    assert outcome(file("a.json", allocator_id="f02")) == ([("f02", "f1two", "a.json")], set())


def test_a_file_of_nobody_known_is_left_out_with_the_reason() -> None:
    files = file("a.json", address="f1nobody"), file("b.json", allocator_id="f09"), file("c.json")
    assert outcome(*files) == (
        [],
        {"a.json: no_allocator_id", "b.json: no_address", "c.json: no_allocator_id"},
    )


def test_the_first_of_two_files_stays_in_the_registry_and_the_last_in_the_archive() -> None:
    two = file("recA.json", allocator_id="f01"), file("recB.json", allocator_id="f01")
    assert outcome(*two) == ([("f01", "f1one", "recA.json")], {"recB.json: duplicate_id"})
    assert outcome(*two, archived=True) == (
        [("f01", "f1one", "recB.json")],
        {"recA.json: duplicate_id"},
    )


def test_a_file_of_the_old_scheme_gives_way_to_one_of_the_new() -> None:
    old, new = file("1001.json", allocator_id="f01"), file("recA.json", allocator_id="f01")
    assert outcome(old, new) == ([("f01", "f1one", "recA.json")], {"1001.json: duplicate_id"})
    assert outcome(new, old) == ([("f01", "f1one", "recA.json")], {"1001.json: duplicate_id"})


def test_an_address_stands_once() -> None:
    two = (
        file("recA.json", allocator_id="f08", address="f1x"),
        file("recB.json", allocator_id="f07", address="f1x"),
    )
    assert outcome(*two) == ([("f08", "f1x", "recA.json")], {"recB.json: duplicate_address"})
    assert outcome(*two, archived=True)[0] == [("f07", "f1x", "recB.json")]


def test_audits_are_written_with_mapped_outcomes_and_exact_amounts() -> None:
    audits = [
        {
            "started": "2025-07-16T08:00:00.000Z",
            "ended": "",
            "outcome": "GRANTED",
            "datacap_amount": "2.50",
        },
    ]
    (row,), _ = registry_rows(
        [file("a.json", allocator_id="f01", audits=audits)], KNOWN, archived=False
    )
    assert row.audits == (
        '[{"started": "2025-07-16T08:00:00.000Z", "ended": null, "dc_allocated": null, '
        '"outcome": "notAudited", "datacap_amount_pib": 2.50}]'
    )


ROBUST = "f410f7l5mtq7w3m52y4joj4ckkiaaqgireqton3l6joy"
ETHEREUM = "0xfafac9c3f6db3bac712e4f04a52000819112426e"  # the same account
FAUCET = KnownAllocators({"f03220716": ROBUST}, {ROBUST: "f03220716"})


@pytest.mark.parametrize("archived", [True, False])
@pytest.mark.parametrize("named", [ROBUST, ETHEREUM, ETHEREUM.upper().replace("X", "x")])
def test_an_address_as_id_becomes_the_actor_id_and_is_noted(named: str, archived: bool) -> None:
    (row,), issues = registry_rows(
        [file("76.json", allocator_id=named, address=ROBUST)], FAUCET, archived=archived
    )
    assert (row.allocator_id, row.allocator_address) == ("f03220716", ROBUST)
    assert [(i.reason, i.effect, i.detail) for i in issues] == [
        (
            "id_is_address",
            "recorded",
            f"allocator_id is {named!r}, which the source knows as f03220716",
        ),
    ]


@pytest.mark.parametrize(
    ("written", "actor_id"),
    [
        ("f00003220716", "f03220716"),
        ("t03220716", "f03220716"),
        ("0xff0000000000000000000000000000000031250c", "f03220748"),
    ],
)
def test_an_id_in_another_form_is_that_id_and_is_noted(written: str, actor_id: str) -> None:
    (row,), issues = registry_rows(
        [file("76.json", allocator_id=written, address="f1own")], KNOWN, archived=True
    )
    assert row.allocator_id == actor_id
    assert [(i.reason, i.effect, i.detail) for i in issues] == [
        ("id_in_another_form", "recorded", f"allocator_id is {written!r}, which is {actor_id}")
    ]


MULTISIG = "f2plain"
BOTH_FORMS = KnownAllocators.of_source(
    [
        ("f03220716", MULTISIG, ETHEREUM.upper().replace("X", "x")),
        ("f07", None, None),
    ]
)


@pytest.mark.parametrize("form", [ROBUST, ETHEREUM])
def test_the_source_s_ethereum_address_is_one_of_the_allocator(form: str) -> None:
    """The source shows a multisig address and, in a column of its own, the Ethereum one."""
    (row,), issues = registry_rows(
        [file("a.json", allocator_id=form, address=form)], BOTH_FORMS, archived=False
    )
    assert (row.allocator_id, row.allocator_address) == ("f03220716", form)
    assert [issue.reason for issue in issues] == ["id_is_address"]
    (row,), issues = registry_rows([file("a.json", address=form)], BOTH_FORMS, archived=False)
    assert (row.allocator_id, issues) == ("f03220716", [])


def test_two_forms_of_one_address_are_one_address() -> None:
    """Of one allocator they confirm the file, of two the address stands once."""
    known = KnownAllocators.of_source([("f03220716", ROBUST, None)])
    (row,), issues = registry_rows(
        [
            file("recA.json", allocator_id="f03220716", address="f1x"),
            file("recB.json", allocator_id="f03220716", address=ETHEREUM),
        ],
        known,
        archived=False,
    )
    assert (row.json_path, row.allocator_address) == ("Allocators/recB.json", ETHEREUM)
    assert {issue.reason for issue in issues} == {"address_differs", "duplicate_id"}
    two = (
        file("a.json", allocator_id="f01", address=ROBUST),
        file("b.json", allocator_id="f02", address=ETHEREUM),
    )
    assert outcome(*two)[0] == [("f01", ROBUST, "a.json")]
    assert "b.json: duplicate_address" in outcome(*two)[1]


def test_an_id_that_is_none_gives_way_to_that_of_the_address_or_the_row_is_left_out() -> None:
    (row,), (issue,) = registry_rows(
        [file("a.json", allocator_id="76", address=ROBUST)], FAUCET, archived=True
    )
    assert (row.allocator_id, issue.reason) == ("f03220716", "unreadable_id")
    rows, (issue,) = registry_rows(
        [file("a.json", allocator_id="f410fnobody", address="f1x")], FAUCET, archived=True
    )
    assert (rows, issue.reason, issue.effect) == ([], "no_allocator_id", "skipped")
    assert issue.detail.startswith("'f410fnobody' is no actor id")


@pytest.mark.parametrize("archived", [True, False])
@pytest.mark.parametrize("turned", [True, False])
def test_of_two_files_of_an_id_the_one_that_the_source_confirms_wins(
    archived: bool, turned: bool
) -> None:
    """As the real files 76 and 77: the second names the first one's id and another address."""
    two = [
        file("76.json", allocator_id=ROBUST, address=ROBUST),
        file(
            "77.json",
            allocator_id="f03220716",
            address="0x386f08f6e8e4647b871415ebfb858b1e377d9ab2",
        ),
    ]
    (row,), issues = registry_rows(two[::-1] if turned else two, FAUCET, archived=archived)
    assert (row.allocator_id, row.json_path) == ("f03220716", "Allocators/76.json")
    assert ("Allocators/77.json", "duplicate_id") in {(i.location[4:], i.reason) for i in issues}
