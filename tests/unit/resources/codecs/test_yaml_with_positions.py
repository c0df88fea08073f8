"""The one loader of YAML: core values of 1.2, where each key is, and what is refused by line."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp_assets.errors import BadConfiguration
from resources.codecs.yaml_with_positions import parse_yaml, read_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"), ("NO", "NO"), ("on", "on"), ("yes", "yes"), ("true", True), ("FALSE", False),
        ("~", None), ("", None), ("null", None), ("'null'", "null"), ('"1"', "1"),
        ("2026-08-01", "2026-08-01"), ("12:30", "12:30"), ("1_000", "1_000"), ("010", 10),
        ("0o17", 15), ("0x1F", 31), ("-7", -7), ("+7", 7), ("1.5", 1.5), (".5", 0.5), ("1e3", 1e3),
        ("1.", 1.0), ("-.inf", -math.inf), (".INF", math.inf), ("=", "="), ("<<", "<<"),
    ],
)  # fmt: skip
def test_a_scalar_is_what_yaml_1_2_says(text: str, value: Any) -> None:
    found = parse_yaml(f"key: {text}", "a.yaml").value["key"]
    assert (found, type(found)) == (value, type(value))


def test_not_a_number_is_a_number() -> None:
    assert math.isnan(parse_yaml("key: .nan", "a.yaml").value["key"])


def test_every_key_and_element_has_its_place() -> None:
    document = parse_yaml("a:\n  - b: 1\n    c: [2, 3]\n", "a.yaml")
    assert document.value == {"a": [{"b": 1, "c": [2, 3]}]}
    assert document.positions["a", 0, "c"] == (3, 5)
    assert document.positions["a", 0, "c", 1] == (3, 12)
    assert document.where(("a", 0, "c", "absent")) == "a.yaml:3:a.0.c.absent"
    assert document.where(()) == "a.yaml:1:(the file)"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param("a: 1\nb: 2\na: 3", "a.yaml:3:a: the key occurs twice", id="key twice"),
        pytest.param("a: &x 1\nb: *x", "a.yaml:1: &x or *x is not allowed", id="anchor"),
        pytest.param("a:\n  <<: {b: 1}", "a.yaml:2: a key that is not plain text", id="merge key"),
        pytest.param("[a]: 1", "a.yaml:1: a key that is not plain text", id="list as key"),
        pytest.param("a: !!python/object:os.system x", "a.yaml:1: the tag", id="tag"),
        pytest.param("a: !!set {b}", "a.yaml:1: the tag", id="tag of a mapping"),
        pytest.param("a: 1\n---\nb: 2", "a.yaml:2: is not YAML", id="two documents"),
        pytest.param("a: 1\n\tb: 2", "a.yaml:2: is not YAML", id="tab"),
        pytest.param("[" * 20_000, "a.yaml", id="nested deeply"),
    ],
)
def test_what_is_refused_is_named_with_its_line(text: str, place: str) -> None:
    with pytest.raises(BadConfiguration) as refused:
        parse_yaml(text, "a.yaml")
    assert str(refused.value).startswith(place)


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="cannot be read"):
        read_yaml(tmp_path / "absent.yaml")


def _outcome(text: str) -> object:
    """Return what a text means, or what its refusal says."""
    try:
        return parse_yaml(text, "a.yaml")
    except BadConfiguration as refused:
        return str(refused)


@given(st.text(alphabet="ab:-[]{}#&*!|>'\"%@`\n \t0.~,?", max_size=40))
def test_any_text_gives_a_value_or_the_error_of_a_file(text: str) -> None:
    assert _outcome(text) == _outcome(text)
