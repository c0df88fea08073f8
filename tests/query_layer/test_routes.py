"""Every route of the registry, over one warehouse in which each has rows.

What a new entry or route gets for nothing is proved here: rows in the shape of OpenAPI, sorts,
pages without gaps, filters, refusals.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from query_layer.http.openapi import schema_name
from query_layer.read.list_query import list_filters, list_parameters
from query_layer.registry import ASSETS, ROUTES
from query_layer.registry.catalogue import views
from query_layer.registry.column import Column
from query_layer.registry.filters import Filter
from query_layer.registry.route import Route
from tests.query_layer.caller import Caller, claims
from tests.query_layer.seeded import INTRODUCER, OTHER_INTRODUCER, PARTNER, ROWS

LISTS = [route for route in ROUTES if not route.single]
SCOPED = [route for route in ROUTES if route.asset.is_row_scoped]
# What a caller may try in any parameter, and what must come of it: a refusal or a plain comparison.
ATTACKS = ("x' or 1=1 --", "1; drop table ops.asset_version", "$1", "\\%")


PARTNER_CLAIMS = claims(PARTNER, "partner", introducer_id=str(INTRODUCER))


def of(routes: list[Route]) -> Any:
    """Parametrise a test by routes."""
    return pytest.mark.parametrize("route", routes, ids=lambda route: route.path)


def test_every_view_of_the_catalogue_has_an_entry() -> None:
    assert set(ASSETS) == set(views())


@of(list(ROUTES))
def test_a_route_returns_rows_in_the_shape_that_openapi_says(caller: Caller, route: Route) -> None:
    response = caller.get(caller.address(route))
    assert response.status_code == 200, response.text
    body = response.json()
    assert body["data"], "the seeded warehouse has no row for it"
    kind = "Single" if route.single else "List"
    schema = {
        "$ref": f"#/components/schemas/{schema_name(route)}{kind}",
        "components": caller.document["components"],
    }
    Draft202012Validator(schema).validate(body)
    assert response.headers["etag"]


def order_value(column: Column, value: Any) -> Any:
    """Return a value as the database orders it: numbers that JSON has as text, nulls first."""
    if value is None:
        return (0, 0)
    return (1, Decimal(value) if column.kind in ("bytes", "decimal") else value)


@of(LISTS)
def test_pages_of_every_sort_are_the_list_without_gap_or_duplicate(
    caller: Caller, route: Route
) -> None:
    address = caller.address(route)
    columns = [sort.removeprefix("-") for sort in route.sorts]
    for sort in [*columns, *(f"-{column}" for column in columns)]:
        whole = caller.rows(address, sort=sort, limit=1000)
        walked: list[dict[str, Any]] = []
        page: dict[str, Any] = {"next_cursor": None, "has_more": True}
        while page["has_more"]:
            cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else {}
            body = caller.get(address, sort=sort, limit=4, **cursor).json()
            walked += body["data"]
            page = body["meta"]["page"]
        assert walked == whole, sort
        column = route.asset.column(sort.removeprefix("-"))
        if column.kind != "text":  # the database's collation orders text
            values = [order_value(column, row[column.name]) for row in whole]
            assert values == sorted(values, reverse=sort.startswith("-")), sort


@of(LISTS)
def test_a_filter_returns_the_rows_that_have_its_value(caller: Caller, route: Route) -> None:
    address = caller.address(route)
    for declared in list_filters(route):
        whole = caller.rows(address, limit=1000)
        value = filter_value(route, declared, whole)
        if value is None:
            continue
        rows = caller.rows(address, limit=1000, **{declared.name: value})
        for row in rows:
            assert fulfils(declared, row, value), (declared.name, value, row)
        if declared.test == "equal" and not declared.choices and declared.default is None:
            column = declared.columns[0]
            expected = [row for row in whole if text_of(row.get(column)) == value]
            assert len(rows) == len(expected) > 0, declared.name


def filter_value(route: Route, declared: Filter, rows: list[dict[str, Any]]) -> str | None:
    """Return a value of a filter that some row has; null where only examples are sensible."""
    if declared.choices:
        return declared.choices[0]
    if declared.test == "unless":
        return "true"
    if declared.test == "within":
        return "2026-11-02"
    found = [text_of(row.get(declared.columns[0])) for row in rows]
    values = [value for value in found if value is not None]
    return values[len(values) // 2] if values else None


def fulfils(declared: Filter, row: dict[str, Any], value: str) -> bool:
    """Return whether a row is what a filter lets through."""
    values = [text_of(row.get(column)) for column in declared.columns]
    if declared.test in ("equal", "any_of"):
        return values == [value]
    if declared.test == "contains":
        return any(v is not None and value.lower() in v.lower() for v in values)
    if declared.test in ("at_least", "below"):
        (found,) = values
        assert found is not None
        is_number = found.lstrip("-").isdigit()
        low, high = (int(value), int(found)) if is_number else (value, found)  # type: ignore[assignment]
        return high >= low if declared.test == "at_least" else high < low
    return True


def text_of(value: Any) -> str | None:
    """Return a value of a row as an address has it."""
    if value is None:
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


@of(list(ROUTES))
def test_an_attempt_to_inject_is_refused_or_compared_as_text(caller: Caller, route: Route) -> None:
    address = caller.address(route)
    own = [f.name for f in list_filters(route)] + ["sort", "fields"]
    names = [p.name for p in list_parameters(route) if p.name in own or route is ROUTES[0]]
    for name in names:  # the others are parsed by the same parsers on every route
        for attack in ATTACKS:
            response = caller.get(address, **{name: attack})
            assert response.status_code in (200, 400, 406), (name, attack, response.text)
            assert response.status_code != 200 or response.json()["data"] == [], name
    for declared in route.parameters:
        hostile = route.path.replace(f"{{{declared.name}}}", "' or 1=1 --")
        for other in route.parameters:
            hostile = hostile.replace(f"{{{other.name}}}", other.example)
        assert caller.refusal(hostile)["code"] in ("VALIDATION_FAILED", "RESOURCE_NOT_FOUND")


@of(list(ROUTES))
def test_an_unknown_parameter_is_refused_and_named(caller: Caller, route: Route) -> None:
    refusal = caller.refusal(caller.address(route), limt=1)
    assert (refusal["status"], refusal["code"]) == (400, "VALIDATION_FAILED")
    assert refusal["problems"][0]["parameter"] == "limt"


@of([route for route in LISTS if {"from", "to"} <= {p.name for p in list_parameters(route)}])
def test_a_range_is_half_open_and_a_reversed_one_refused(caller: Caller, route: Route) -> None:
    address = caller.address(route)
    ends = {f.name: f for f in list_filters(route)}
    column = ends["from"].columns[0]
    kind = route.asset.column(column).kind
    low, high = ("1", "2") if kind == "integer" else ("2026-01-01", "2026-01-02")
    refusal = caller.refusal(address, **{"from": high, "to": low})
    assert (refusal["status"], refusal["problems"][0]["parameter"]) == (400, "to")
    rows = caller.rows(address, **({"all_versions": "true"} if "all_versions" in ends else {}))
    value = next(text_of(row[column]) for row in rows if row[column] is not None)
    if value is not None:
        assert all(r[column] != value for r in caller.rows(address, to=value))
        assert any(text_of(r[column]) == value for r in caller.rows(address, **{"from": value}))


@of([route for route in ROUTES if route.parents or route.single])
def test_an_address_of_nothing_is_not_found(caller: Caller, route: Route) -> None:
    path = caller.address(route)
    known = route.path.split("/")
    parts = path.split("/")
    last = max(number for number, part in enumerate(known) if part.startswith("{"))
    pattern = next(p.pattern for p in route.parameters if f"{{{p.name}}}" == known[last])
    parts[last] = unknown_value(pattern)
    response = caller.get("/".join(parts))
    assert response.status_code == 404, response.text
    assert response.json()["error"]["code"] == "RESOURCE_NOT_FOUND"


def unknown_value(pattern: str) -> str:
    """Return a value of a form that no row has."""
    if pattern.startswith("f0"):
        return "f0999999"
    if pattern.startswith("[0-9a-f]{8}"):
        return "99999999-9999-4999-8999-999999999999"
    if pattern == "[0-9]{1,18}":
        return "999999"
    return "1999-01" if pattern.startswith("[0-9]{4}") else "nothing"


@of(SCOPED)
def test_a_missing_scope_is_denied_before_anything_is_read(caller: Caller, route: Route) -> None:
    bare = claims(scopes=frozenset())
    path = route.path
    for parameter in route.parameters:
        path = path.replace(f"{{{parameter.name}}}", parameter.example)
    response = caller.get(path, caller=bare)
    assert (response.status_code, response.json()["error"]["code"]) == (403, "SCOPE_DENIED")


def test_a_partner_sees_its_own_rows_and_another_partner_s_address_is_that_of_nobody(
    caller: Caller,
) -> None:
    base = "/v1/chains/solana-mainnet/partners"
    for part in ("commissions", "statements"):
        own = caller.get(f"{base}/{INTRODUCER}/{part}", caller=PARTNER_CLAIMS)
        assert own.status_code == 200, own.text
        others = caller.get(f"{base}/{OTHER_INTRODUCER}/{part}", caller=PARTNER_CLAIMS)
        nobody = caller.get(
            f"{base}/99999999-9999-4999-8999-999999999999/{part}", caller=PARTNER_CLAIMS
        )
        assert others.status_code == nobody.status_code == 404
        errors = [r.json()["error"] for r in (others, nobody)]
        for error in errors:
            del error["correlationId"], error["timestamp"]
        assert errors[0] == errors[1]
    rows = caller.get(f"{base}/{INTRODUCER}/commissions", caller=PARTNER_CLAIMS).json()["data"]
    assert {row["introducer_id"] for row in rows} == {str(INTRODUCER)}


def test_a_partner_is_shown_final_amounts_only(caller: Caller) -> None:
    address = f"/v1/chains/solana-mainnet/partners/{INTRODUCER}/commissions"
    [row, *_] = caller.get(address, caller=PARTNER_CLAIMS).json()["data"]
    assert "final_amount_native" in row
    assert not {"pre_override_amount_native", "override_id"} & set(row)
    refused = caller.get(address, caller=PARTNER_CLAIMS, fields="override_id")
    assert refused.status_code == 400
    assert "override_id" in caller.rows(address)[0]


def test_a_chain_outside_the_claims_is_that_of_nobody(caller: Caller) -> None:
    limited = claims(chains=("ethereum-mainnet",))
    response = caller.get("/v1/chains/solana-mainnet/periods", caller=limited)
    assert (response.status_code, response.json()["error"]["code"]) == (404, "RESOURCE_NOT_FOUND")
    assert caller.get("/v1/chains", caller=limited).json()["data"] == []


def test_amounts_keep_every_digit(caller: Caller) -> None:
    rows = caller.rows("/v1/assets/validator_pnl/rows", fields="net_profit_native,exec_fees_native")
    assert {type(row["net_profit_native"]) for row in rows} <= {str, type(None)}
    assert str(10**17) in {row["exec_fees_native"] for row in rows}


def test_a_text_with_wildcards_is_searched_as_it_is(caller: Caller) -> None:
    assert caller.rows("/v1/allocators", filter="50%_OFF")
    assert caller.rows("/v1/allocators", filter="50_%off") == []


def test_the_statement_of_a_month_is_one_row_and_a_period_its_lines(caller: Caller) -> None:
    base = f"/v1/chains/solana-mainnet/partners/{OTHER_INTRODUCER}/statements"
    statement = caller.get(f"{base}/2026-01").json()["data"]
    assert statement["month"] == "2026-01"
    [line, *_] = caller.rows("/v1/assets/partner_commission_lines/rows")
    found = caller.get(f"{base}/{line['period_id']}")
    assert found.status_code in (200, 400)


def test_the_catalog_lists_every_entry_with_its_state(caller: Caller) -> None:
    entries = {entry["asset"]: entry for entry in caller.rows("/v1/catalog")}
    assert set(entries) == set(ASSETS)
    entry = entries["providers_weekly_acc"]
    assert (entry["data_version"], entry["partition_column"]) == (3, "week")
    assert entry["last_check"] == {"outcome": "passed", "check": None, "since": None}
    detail = caller.get("/v1/catalog/providers_weekly_acc").json()["data"]
    assert [c["name"] for c in detail["columns"]] == [
        c.name for c in ASSETS["providers_weekly_acc"].columns
    ]
    unknown = caller.refusal("/v1/catalog/nothing")
    assert (unknown["status"], unknown["code"]) == (404, "ASSET_UNKNOWN")
    assert caller.refusal("/v1/assets/nothing/rows")["code"] == "ASSET_UNKNOWN"


def test_the_seeded_warehouse_has_rows_enough_to_page(caller: Caller) -> None:
    assert len(caller.rows("/v1/assets/allocator/rows")) == ROWS
