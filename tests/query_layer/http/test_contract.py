"""The committed contract: it is what the service serves, and no client of it is broken."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from query_layer.app import create_app
from query_layer.http.contract_changes import (
    COMMITTED,
    BreakingChange,
    as_text,
    breaking_changes,
    updated,
)
from query_layer.settings import parse_settings

Json = dict[str, Any]


@pytest.fixture(scope="module")
def served() -> Json:
    """The document as the service has it."""
    settings = parse_settings({"CDP_QUERY_DATABASE_URL": "postgresql://nobody@nowhere/x"})
    document: Json = json.loads(json.dumps(create_app(settings).openapi()))
    return document


def test_the_committed_document_is_the_served_one(served: Json) -> None:
    committed = COMMITTED.read_text(encoding="utf-8")
    assert list(breaking_changes(json.loads(committed), served)) == []
    assert committed == as_text(served), "run: python docs/write_reference.py"


def without_path(document: Json) -> None:
    """Remove an address."""
    del document["paths"]["/v1/clients"]


def without_column(document: Json) -> None:
    """Remove a column."""
    del document["components"]["schemas"]["ClientRow"]["properties"]["github_url"]


def with_other_type(document: Json) -> None:
    """Return an amount as a number."""
    column = document["components"]["schemas"]["ClientRow"]["properties"]["datacap_received"]
    column["type"] = "integer"


def parameter(document: Json, name: str) -> Json:
    """Return a parameter of the clients."""
    shared = document["components"]["parameters"]
    listed = document["paths"]["/v1/clients"]["get"]["parameters"]
    found: Json = next(
        p
        for p in (shared[q["$ref"].rpartition("/")[2]] if "$ref" in q else q for q in listed)
        if p["name"] == name
    )
    return found


def without_sort(document: Json) -> None:
    """Remove a value of a parameter."""
    parameter(document, "sort")["schema"]["enum"].remove("name")


def with_other_order(document: Json) -> None:
    """Order by something else by default."""
    parameter(document, "sort")["schema"]["default"] = "name"


def without_parameter(document: Json) -> None:
    """Remove a parameter."""
    operation = document["paths"]["/v1/clients"]["get"]
    operation["parameters"] = [p for p in operation["parameters"] if p.get("name") != "filter"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (without_path, "GET /v1/clients is gone"),
        (without_column, "GET /v1/clients: response.data[].github_url is gone"),
        (with_other_type, "GET /v1/clients: response.data[].datacap_received has another type"),
        (without_sort, "GET /v1/clients: parameter sort no longer takes name"),
        (with_other_order, "GET /v1/clients: parameter sort has another default"),
        (without_parameter, "GET /v1/clients: parameter filter is gone"),
    ],
)
def test_what_breaks_a_client_is_named_and_not_committed(
    served: Json, change: Callable[[Json], None], sentence: str
) -> None:
    changed = copy.deepcopy(served)
    change(changed)
    assert sentence in list(breaking_changes(served, changed))
    with pytest.raises(BreakingChange, match="raise API_VERSION"):
        updated(served, changed)
    changed["info"]["version"] = "2.0.0"
    assert json.loads(updated(served, changed)) == changed


def test_what_is_added_breaks_nobody(served: Json) -> None:
    assert list(breaking_changes(served, served)) == []
    smaller = copy.deepcopy(served)
    without_column(smaller)
    without_sort(smaller)
    without_path(smaller)
    assert list(breaking_changes(smaller, served)) == []
