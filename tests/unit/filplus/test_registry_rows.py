"""Whose file it is, and which of two wins (compliance §2.3, §3.18)."""

from __future__ import annotations

import json
from typing import Any

from cdp_assets.filplus.registry_rows import KnownAllocators, RegistryFile, registry_rows

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
        [("f01", "f1other", "a.json")], {"a.json: address_differs"},
    )  # fmt: skip


def test_an_address_of_another_allocator_is_noted() -> None:
    assert outcome(file("a.json", allocator_id="f07", address="f1two")) == (
        [("f07", "f1two", "a.json")], {"a.json: id_differs"},
    )  # fmt: skip


def test_a_null_id_is_that_of_the_address_in_the_source() -> None:
    assert outcome(file("a.json", allocator_id=None, address="f1two")) == (
        [("f02", "f1two", "a.json")], set(),
    )  # fmt: skip


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
        [("f01", "f1one", "recB.json")], {"recA.json: duplicate_id"},
    )  # fmt: skip


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
        {"started": "2025-07-16T08:00:00.000Z", "ended": "", "outcome": "GRANTED",
         "datacap_amount": "2.50"},
    ]  # fmt: skip
    (row,), _ = registry_rows([file("a.json", allocator_id="f01", audits=audits)], KNOWN,
                              archived=False)  # fmt: skip
    assert row.audits == (
        '[{"started": "2025-07-16T08:00:00.000Z", "ended": null, "dc_allocated": null, '
        '"outcome": "notAudited", "datacap_amount_pib": 2.50}]'
    )
