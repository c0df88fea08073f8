"""Fields of source documents: what is read and dropped is always noted, by path and value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from cdp_assets.core.ingestion.source_fields import TIME, Fields, parse_instant
from cdp_assets.core.ingestion.source_issues import Issue
from cdp_assets.filplus.registry.bookkeeping_rules import (
    PROVIDERS_QUESTION,
    PUBLIC_QUESTION,
    read_application,
)
from cdp_assets.filplus.registry.rows import KnownAllocators, RegistryFile, registry_rows

REGISTRY: dict[str, Any] = {
    "allocator_id": "f01",
    "address": "f1a",
    "status": "Active",
    "metapathway_type": "MDMA",
    "pathway_addresses": {"msig": "f2a"},
    "history": {"Approved": "2025-08-12T01:00:00.000Z"},
    "application": {
        "audit": ["Enterprise Data"],
        "data_types": ["Public"],
        "required_sps": "5+",
        "required_replicas": 4,
        "tranche_schedule": "weekly",
        "allocation_bookkeeping": "https://github.com/o/r",
    },
    "audits": [
        {
            "started": "2025-08-12T01:00:00.000Z",
            "ended": "2025-08-12",
            "dc_allocated": "2025-08-12",
            "outcome": "GRANTED",
            "datacap_amount": 5,
        }
    ],
}
APPLICATION: dict[str, Any] = {
    "ID": "f1client",
    "Client": {"Name": "A"},
    "Client Contract Address": "f410fa",
    "Project": {PROVIDERS_QUESTION: "f01000", PUBLIC_QUESTION: "Yes"},
    "Datacap": {"Total Requested Amount": "1 PiB", "Single Size Dataset": "1 TiB"},
}
UNREADABLE: Any = {"of": ["another", "kind"]}


def registry_issues(document: dict[str, Any]) -> list[Issue]:
    path = "Allocators/recA.json"
    file = RegistryFile(f"o/r/{path}", path, "sha", json.dumps(document), document)
    known = KnownAllocators({"f01": "f2a"}, {"f2a": "f01", "f1a": "f01"})
    return registry_rows([file], known, archived=False)[1]


def application_issues(document: dict[str, Any]) -> list[Issue]:
    return read_application(document, "o/r/a.json").issues


def paths(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the way to every member of a document, at any depth."""
    members = node.items() if isinstance(node, dict) else enumerate(node)
    for name, member in members:
        yield (*path, name)
        if isinstance(member, dict | list):
            yield from paths(member, (*path, name))


def with_unreadable(document: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    changed = json.loads(json.dumps(document))
    inside = changed
    for step in path[:-1]:
        inside = inside[step]
    # Where an object is expected, a text is unreadable; everywhere else an object is.
    inside[path[-1]] = "text" if isinstance(inside[path[-1]], dict) else UNREADABLE
    return changed


@pytest.mark.parametrize(
    ("issues_of", "document"), [(registry_issues, REGISTRY), (application_issues, APPLICATION)]
)
def test_a_good_document_has_no_notes(issues_of: Any, document: dict[str, Any]) -> None:
    assert issues_of(document) == []


@pytest.mark.parametrize(
    ("issues_of", "document", "path"),
    [
        *((registry_issues, REGISTRY, path) for path in paths(REGISTRY)),
        *((application_issues, APPLICATION, path) for path in paths(APPLICATION)),
    ],
    ids=lambda value: ".".join(map(str, value))[:40] if isinstance(value, tuple) else "",
)
def test_every_field_that_cannot_be_read_is_noted_by_its_name(
    issues_of: Any, document: dict[str, Any], path: tuple[Any, ...]
) -> None:
    issues = issues_of(with_unreadable(document, path))
    names = [step for step in path if isinstance(step, str)]
    assert {issue.effect for issue in issues} == {"recorded"}
    assert any(all(name in issue.detail for name in names) for issue in issues)


def test_an_unreadable_time_is_null_and_noted_with_its_value() -> None:
    document = json.loads(json.dumps(REGISTRY))
    document["audits"].append({"outcome": "MATCH", "ended": "2025-08-212T01:00:00.000Z"})
    (issue,) = registry_issues(document)
    assert (issue.location, issue.reason, issue.effect) == (
        "o/r/Allocators/recA.json",
        "unreadable_time",
        "recorded",
    )
    assert issue.detail == "audits[1].ended is '2025-08-212T01:00:00.000Z', not a time"


@pytest.mark.parametrize("absent", [None, "", "  "])
def test_what_is_absent_is_null_without_a_word(absent: object) -> None:
    fields = Fields({"ended": absent, "audits": absent, "section": absent})
    assert fields.read("ended", TIME) is None
    assert (fields.entries("audits"), fields.texts("audits")) == ([], None)
    assert fields.section("section").read("x", TIME) is None
    assert fields.issues("a file") == []


def test_notes_of_one_kind_are_one_issue_and_repeated_ones_count_once() -> None:
    fields = Fields({"a": "soon", "b": {"c": 5}})
    for _ in range(2):
        fields.read("a", TIME)
        fields.section("b").read("c", TIME)
    assert fields.issues("a file") == [
        Issue(
            "a file",
            "unreadable_time",
            "recorded",
            "a is 'soon', not a time; b.c is '5', not a time",
        )
    ]


def test_times_are_utc_and_cut_to_milliseconds() -> None:
    assert parse_instant("2025-12-03T07:44:24.502999+02:00") == datetime(
        2025, 12, 3, 5, 44, 24, 502_000, tzinfo=UTC
    )
    for value in ("", None, "soon", 5, "9999-12-31T23:00-05:00", "2025-08-212T01:00:00.000Z"):
        assert parse_instant(value) is None
