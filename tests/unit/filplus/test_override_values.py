"""The closed list of inputs that may be overridden, and the form of each value (G-07)."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from cdp_assets.filplus.overrides.overridden_rows import COLUMNS
from cdp_assets.filplus.overrides.override_values import (
    INPUTS,
    EntityKind,
    InputName,
    Value,
    parse_value,
)
from cdp_assets.filplus.scoring.rules import load_rules


def test_every_name_has_a_form_and_a_column() -> None:
    assert set(INPUTS) == set(get_args(InputName)) == set(COLUMNS)
    assert {known.kind for known in INPUTS.values()} == set(get_args(EntityKind))


def test_no_score_and_no_metric_is_an_input() -> None:
    metrics = [metric.code.lower() for metric in load_rules().version(1).metrics]
    assert metrics
    for name in INPUTS:
        assert not any(
            word in name for word in ("score", "points", "result", "compliance", *metrics)
        )


@pytest.mark.parametrize(
    ("kind", "name", "value", "stored"),
    [
        ("allocator", "data_type", "enterprise", "enterprise"),
        ("allocator", "audit", [" Public Open ", "Enterprise"], ["Public Open", "Enterprise"]),
        ("allocator", "audit", [], []),
        ("allocator", "required_copies", 3, "3"),
        ("allocator", "required_copies", "03", "3"),
        ("allocator", "required_copies", None, None),
        ("allocator", "required_sps", 1000, "1000"),
        ("allocator", "tranche_schedule", " Other ", "Other"),
        ("allocator", "first_audit_ended_at", "2026-01-01T02:00:00+02:00",
         "2026-01-01T00:00:00.000+00:00"),
        ("client", "declared_providers", ["f01", "f02", "f01"], ["f01", "f02"]),
        ("client", "expected_size_of_single_dataset", 2**53 + 1, "9007199254740993"),
        ("client", "total_requested_amount", "9007199254740993", "9007199254740993"),
        ("client", "total_requested_amount", 2**80, str(2**80)),
        ("provider", "retrievability", 0.95, "0.95"),
        ("provider", "retrievability", "0.950", "0.95"),
        ("provider", "retrievability", 1, "1"),
        ("provider", "retrievability", 0, "0"),
        ("provider", "retrievability", 0.000001, "0.000001"),
        ("provider", "retrievability", None, None),
    ],
)  # fmt: skip
def test_a_value_is_stored_as_text(
    kind: EntityKind, name: InputName, value: Any, stored: Value
) -> None:
    assert parse_value(kind, name, value) == stored


@pytest.mark.parametrize(
    ("kind", "name", "value", "words"),
    [
        (
            "client",
            "data_type",
            "openData",
            "of the kind allocator, not client",
        ),
        ("allocator", "retrievability", 1, "of the kind provider, not allocator"),
        ("allocator", "data_type", "opendata", "`openData` or `enterprise`"),
        ("allocator", "data_type", None, "may not be unknown"),
        ("allocator", "audit", "Public Open", "a list of texts"),
        ("allocator", "audit", [""], "a list of texts"),
        ("allocator", "audit", None, "may not be unknown"),
        ("allocator", "required_copies", 1001, "a whole number to 1000"),
        ("allocator", "required_copies", -1, "a whole number"),
        ("allocator", "required_copies", True, "a whole number"),
        ("allocator", "required_copies", 2.0, "a whole number"),
        ("allocator", "tranche_schedule", "x" * 501, "a text"),
        ("allocator", "first_audit_ended_at", "2026-01-01T00:00:00", "an ISO instant with zone"),
        ("allocator", "first_audit_ended_at", "soon", "an ISO instant with zone"),
        ("client", "declared_providers", ["f1"], "a list of ids"),
        ("client", "declared_providers", None, "may not be unknown"),
        ("client", "expected_size_of_single_dataset", 1e12, "whole bytes"),
        ("client", "expected_size_of_single_dataset", "10 TiB", "whole bytes"),
        ("client", "total_requested_amount", 2**80 + 1, "whole bytes"),
        ("provider", "retrievability", 1.000001, "a rate 0 to 1"),
        ("provider", "retrievability", -0.1, "a rate 0 to 1"),
        ("provider", "retrievability", 0.1234567, "at most six decimals"),
        ("provider", "retrievability", "NaN", "a rate 0 to 1"),
        ("provider", "retrievability", "much", "a rate 0 to 1"),
        ("provider", "retrievability", True, "a rate 0 to 1"),
    ],
)
def test_a_wrong_value_is_refused_in_words(
    kind: EntityKind, name: InputName, value: Any, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        parse_value(kind, name, value)
