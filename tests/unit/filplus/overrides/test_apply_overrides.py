"""Which rows an override changes, and what it says was there before."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from cdp_assets.filplus.overrides.apply_overrides import COLUMNS, OverrideBook
from cdp_assets.filplus.overrides.override_store import InputOverride
from cdp_assets.filplus.overrides.override_values import INPUTS, InputName, Value
from cdp_assets.filplus.report_inputs.allocator_inputs import RegistryEntry
from cdp_assets.filplus.report_inputs.client_inputs import Application
from cdp_assets.filplus.report_inputs.provider_inputs import ProviderFacts

AT = datetime(2026, 1, 1, tzinfo=UTC)
ENTRY = RegistryEntry("f0300", "f2x", "openData", ("A",), ("B",), "2", None, "plan", AT)
APPLICATION = Application("f0100", "f0300", "N", None, ("f01",), True, 100, None)
FACTS = ProviderFacts(Decimal("0.5"), None, None, None, None, "OK", 1, 2, None)
ENTITIES = {"allocator": "f0300", "client": "f0100", "provider": "f0200"}


def override(name: InputName, value: Value, number: int = 1, entity: str = "") -> InputOverride:
    kind = INPUTS[name].kind
    return InputOverride(
        number, kind, entity or ENTITIES[kind], name, value, "as agreed", "ann", "bob", AT
    )


def applied_to_all(book: OverrideBook) -> tuple[list[Any], list[Any]]:
    """Return the three rows after the book, and what was applied to any of them."""
    entries, of_entries = book.on_registry([ENTRY])
    applications, of_applications = book.on_applications({"f0100": [APPLICATION]})
    facts, of_providers = book.on_providers({"f0200": FACTS})
    found = [*of_entries.values(), *of_providers.values()]
    found += [one for each in of_applications.values() for one in each.values()]
    applied = [one for each in found for one in each]
    return [entries[0], applications["f0100"][0], facts["f0200"]], applied


CASES: list[tuple[InputName, Value, Any, Value]] = [
    ("data_type", "enterprise", "enterprise", "openData"),
    ("audit", ["C", "D"], ("C", "D"), ["A"]),
    ("required_copies", "4", "4", "2"),
    ("required_copies", None, None, "2"),
    ("required_sps", "7", "7", None),
    ("tranche_schedule", "other", "other", "plan"),
    (
        "first_audit_ended_at",
        "2026-02-01T00:00:00.000+00:00",
        datetime(2026, 2, 1, tzinfo=UTC),
        "2026-01-01T00:00:00+00:00",
    ),
    ("declared_providers", [], (), ["f01"]),
    ("expected_size_of_single_dataset", "9007199254740993", 2**53 + 1, None),
    ("total_requested_amount", "1", 1, "100"),
    ("retrievability", "0.95", Decimal("0.95"), "0.5"),
    ("retrievability", None, None, "0.5"),
]


@pytest.mark.parametrize(("name", "value", "used", "original"), CASES)
def test_an_override_changes_its_column_and_nothing_else(
    name: InputName, value: Value, used: Any, original: Value
) -> None:
    rows, (one,) = applied_to_all(OverrideBook([override(name, value)]))
    changed = {
        (column, after)
        for row, before_row in zip(rows, (ENTRY, APPLICATION, FACTS), strict=True)
        for column, after, before in zip(row._fields, row, before_row, strict=True)
        if after != before
    }
    assert changed == {(COLUMNS[name].name, used)}
    assert (one.original, one.override.name) == (original, name)


def test_every_input_has_a_case() -> None:
    assert {name for name, *_ in CASES} == set(INPUTS)


def test_two_inputs_of_one_entity_change_together() -> None:
    rows, applied = applied_to_all(
        OverrideBook([override("required_copies", "4"), override("required_sps", "7", 2)])
    )
    assert (rows[0].required_copies, rows[0].required_sps) == ("4", "7")
    assert [one.override.override_id for one in applied] == [1, 2]


@pytest.mark.parametrize(
    ("audit", "before", "after"),
    [
        (["Enterprise Data"], "openData", "enterprise"),
        (["Public Open", "Faucet"], "openData", "enterprise"),
        (["Public Open"], "enterprise", "openData"),
        ([], "enterprise", "openData"),
    ],
)
def test_an_override_of_the_audit_moves_the_data_type_with_it(
    audit: list[str], before: str, after: str
) -> None:
    entry = ENTRY._replace(data_type=before)
    ((found,), applied) = OverrideBook([override("audit", audit)]).on_registry([entry])
    assert (found.audit, found.data_type) == (tuple(audit), after)
    assert [one.override.name for one in applied["f0300"]] == ["audit"]


def test_a_data_type_that_is_overridden_itself_stays() -> None:
    book = OverrideBook(
        [override("data_type", "openData"), override("audit", ["Enterprise Data"], 2)]
    )
    ((found,), _) = book.on_registry([ENTRY])
    assert (found.audit, found.data_type) == (("Enterprise Data",), "openData")


def test_another_entity_keeps_its_inputs() -> None:
    rows, applied = applied_to_all(
        OverrideBook([override(name, value, entity="f0999") for name, value, *_ in CASES])
    )
    assert rows == [ENTRY, APPLICATION, FACTS]
    assert applied == []


def test_a_client_has_one_value_for_its_applications_to_all_allocators() -> None:
    other = APPLICATION._replace(allocator="f0301", expected=5)
    book = OverrideBook([override("expected_size_of_single_dataset", "7")])
    rows, applied = book.on_applications({"f0100": [APPLICATION, other]})
    assert [row.expected for row in rows["f0100"]] == [7, 7]
    originals = {allocator: one.original for allocator, (one,) in applied["f0100"].items()}
    assert originals == {"f0300": None, "f0301": "5"}


def test_a_report_shows_who_and_why_and_both_values() -> None:
    _, (one,) = applied_to_all(OverrideBook([override("retrievability", "0.95", 12)]))
    assert one.shown() == {
        "override_id": 12,
        "entity_kind": "provider",
        "entity_id": "f0200",
        "input_name": "retrievability",
        "original_value": "0.5",
        "value_used": "0.95",
        "reason": "as agreed",
        "requested_by": "ann",
        "approver": "bob",
        "expires_at": "2026-01-01T00:00:00+00:00",
    }
