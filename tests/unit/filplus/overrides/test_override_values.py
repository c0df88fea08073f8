"""The closed list of inputs that may be overridden, and the form of each value (G-07)."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from cdp_assets.filplus.overrides.apply_overrides import COLUMNS
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
    ("name", "value", "stored"),
    [
        ("data_type", "enterprise", "enterprise"),
        ("audit", [" Public Open ", "Enterprise"], ["Public Open", "Enterprise"]),
        ("audit", [], []),
        ("required_copies", 3, "3"),
        ("required_copies", "03", "3"),
        ("required_copies", None, None),
        ("required_sps", 1000, "1000"),
        ("tranche_schedule", " Other ", "Other"),
        ("first_audit_ended_at", "2026-01-01T02:00:00+02:00", "2026-01-01T00:00:00.000+00:00"),
        ("declared_providers", ["f01", "f02", "f01"], ["f01", "f02"]),
        ("expected_size_of_single_dataset", 2**53 + 1, "9007199254740993"),
        ("total_requested_amount", "9007199254740993", "9007199254740993"),
        ("total_requested_amount", 2**80, str(2**80)),
        ("retrievability", 0.95, "0.95"),
        ("retrievability", "0.950", "0.95"),
        ("retrievability", 1, "1"),
        ("retrievability", 0, "0"),
        ("retrievability", 0.000001, "0.000001"),
        ("retrievability", None, None),
    ],
)
def test_a_value_is_stored_as_text(name: InputName, value: Any, stored: Value) -> None:
    assert parse_value(name, value) == stored


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("data_type", "opendata", "`openData` or `enterprise`"),
        ("data_type", None, "may not be unknown"),
        ("audit", "Public Open", "a list of texts"),
        ("audit", [""], "a list of texts"),
        ("audit", None, "may not be unknown"),
        ("required_copies", 1001, "an integer up to 1000"),
        ("required_copies", -1, "an integer"),
        ("required_copies", True, "an integer"),
        ("required_copies", 2.0, "an integer"),
        ("tranche_schedule", "x" * 501, "a text"),
        ("first_audit_ended_at", "2026-01-01T00:00:00", "an ISO instant with zone"),
        ("first_audit_ended_at", "soon", "an ISO instant with zone"),
        ("declared_providers", ["f1"], "a list of ids"),
        ("declared_providers", None, "may not be unknown"),
        ("expected_size_of_single_dataset", 1e12, "integer bytes"),
        ("expected_size_of_single_dataset", "10 TiB", "integer bytes"),
        ("total_requested_amount", 2**80 + 1, "integer bytes"),
        ("retrievability", 1.000001, "a rate 0 to 1"),
        ("retrievability", -0.1, "a rate 0 to 1"),
        ("retrievability", 0.1234567, "at most six decimals"),
        ("retrievability", "NaN", "a rate 0 to 1"),
        ("retrievability", "much", "a rate 0 to 1"),
        ("retrievability", True, "a rate 0 to 1"),
    ],
)
def test_a_wrong_value_is_refused_in_words(name: InputName, value: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_value(name, value)
