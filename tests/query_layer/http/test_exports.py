"""Exports: the rows of the pages, in four forms, for who may have files."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from query_layer.auth.claims import Limits
from query_layer.errors import ApiError
from query_layer.http.export_slots import ExportSlots
from query_layer.registry import ASSETS
from query_layer.registry.asset import Asset
from query_layer.registry.column import Column
from tests.query_layer.auth.people import add_people, bearer, token
from tests.query_layer.caller import Caller, claims
from tests.query_layer.client import error_of, running
from tests.query_layer.warehouse import Mart, Provider

PATH = "/v1/export/providers_weekly_acc"
STORED = ("json", "texts", "numbers")  # kinds that a file has as the text of JSON


def plain(column: Column, value: Any) -> Any:
    """Return a value of a page as a typed file has it."""
    if value is None:
        return None
    if column.kind == "bytes":
        return int(value)
    if column.kind == "timestamp":
        return datetime.fromisoformat(value).astimezone(UTC)
    return date.fromisoformat(value) if column.kind == "date" else value


def of_file(column: Column, value: Any) -> Any:
    """Return a value of a typed file, JSON read."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return json.loads(value) if column.kind in STORED and value is not None else value


def cell(column: Column, text: str) -> Any:
    """Return a cell of a comma-separated file in the form of the pages; null is empty there."""
    if text == "":
        return None
    if column.kind in STORED or column.kind in ("integer", "ratio", "boolean"):
        return json.loads(text)
    return text


def by_key(asset: Asset, rows: list[dict[str, Any]]) -> list[str]:
    """Return rows as sorted texts, to compare lists that differ in order."""
    columns = sorted(column.name for column in asset.columns)
    texts = ([row[name] for name in columns] for row in rows)
    return sorted(json.dumps(row, sort_keys=True, default=str) for row in texts)


@pytest.mark.parametrize("asset", ASSETS.values(), ids=lambda asset: asset.name)
def test_every_form_has_the_rows_of_the_pages(caller: Caller, asset: Asset) -> None:
    page = caller.rows(f"/v1/assets/{asset.name}/rows", limit=1000)
    path = f"/v1/export/{asset.name}"
    answers = {
        form: caller.get(path, format=form) for form in ("csv", "ndjson", "arrow", "parquet")
    }
    for form, answer in answers.items():
        assert (answer.status_code, answer.headers["x-row-count"]) == (200, str(len(page))), form
    lines = [json.loads(line) for line in answers["ndjson"].text.splitlines()]
    normal = [{**row, **_floats(asset, row)} for row in page]
    assert by_key(asset, [{**row, **_floats(asset, row)} for row in lines]) == by_key(asset, normal)
    typed = [{c.name: plain(c, row[c.name]) for c in asset.columns} for row in normal]
    tables = (
        pa.ipc.open_stream(answers["arrow"].content).read_all(),
        pq.read_table(io.BytesIO(answers["parquet"].content)),
    )
    for table in tables:
        rows = [{c.name: of_file(c, r[c.name]) for c in asset.columns} for r in table.to_pylist()]
        assert by_key(asset, rows) == by_key(asset, typed)
    header, *cells = csv.reader(io.StringIO(answers["csv"].text, newline=""))
    assert header == [column.name for column in asset.columns]
    rows = [dict(zip(header, map(cell, asset.columns, row), strict=True)) for row in cells]
    rows = [{**row, **_floats(asset, row)} for row in rows]
    assert by_key(asset, rows) == by_key(asset, normal)


def _floats(asset: Asset, row: dict[str, Any]) -> dict[str, float]:
    """Return the rates of a row as floats: JSON and CSV write a whole one without a point."""
    ratios = (c.name for c in asset.columns if c.kind == "ratio")
    found: dict[str, Any] = {n: float(row[n]) for n in ratios if row[n] is not None}
    for column in asset.columns:
        if column.kind == "numbers" and row[column.name] is not None:
            found[column.name] = [v if v is None else float(v) for v in row[column.name]]
    return found


def test_an_export_takes_the_filters_of_the_pages_and_no_page(caller: Caller) -> None:
    rows = caller.rows("/v1/assets/providers_weekly_acc/rows", limit=1)
    name, week = rows[0]["provider"], rows[0]["week"]
    chosen = {"provider": name, "partition": week, "fields": "provider,total_deal_size"}
    answer = caller.get(PATH, format="ndjson", **chosen)
    expected = {"provider": name, "total_deal_size": rows[0]["total_deal_size"]}
    assert [json.loads(line) for line in answer.text.splitlines()] == [expected]
    assert answer.headers["content-disposition"] == (
        f'attachment; filename="providers_weekly_acc_v3_{week}.ndjson"'
    )
    for wrong in ({"limit": 5}, {"cursor": "x"}, {"from": "2026-02-02", "to": "2026-01-05"}):
        assert caller.refusal(PATH, **wrong)["code"] == "VALIDATION_FAILED"
    assert caller.refusal(PATH, format="xlsx")["code"] == "NOT_ACCEPTABLE"
    assert caller.refusal(PATH, if_version=2)["code"] == "DATA_VERSION_CHANGED"
    assert caller.refusal("/v1/export/nothing")["code"] == "ASSET_UNKNOWN"
    assert caller.refusal(PATH, partition="2020-01-06")["code"] == "PARTITION_NOT_MATERIALIZED"


def test_files_of_sums_need_less_than_files_of_single_rows(caller: Caller) -> None:
    executive = claims(role="executive", scopes=frozenset(("cdp:read", "export:aggregates")))
    viewer = claims(role="viewer", scopes=frozenset(("cdp:read",)))
    sums = "/v1/export/deal_totals_weekly"
    assert caller.get(sums, caller=executive).status_code == 200
    for path, who in ((PATH, executive), (PATH, viewer), (sums, viewer)):
        assert error_of(caller.get(path, caller=who))["code"] == "SCOPE_DENIED"


def test_no_file_of_sums_has_a_column_of_an_actor() -> None:
    names = {"provider", "client", "allocator", "validator_key", "introducer_id", "client_id"}
    sums = [asset for asset in ASSETS.values() if asset.is_aggregate]
    assert len(sums) > 8
    assert [a.name for a in sums if names & {c.name for c in a.columns}] == []


@pytest.fixture
def people(mart: Mart) -> Mart:
    """A warehouse with a user per role and an empty log."""
    add_people(mart)
    mart.forget_reads()
    return mart


@pytest.mark.anyio
async def test_a_cell_that_a_spreadsheet_would_run_is_text_in_csv_alone(people: Mart) -> None:
    hostile = ["=cmd|' /C calc'!A0", "+1", "-2", "@sum(a1)", "\tx", "\rx", "f01"]
    people.write_week([Provider(name, total=-5) for name in hostile])
    async with running(people.settings()) as client:
        headers = bearer(token("admin"))
        answers = {
            form: await client.http.get(PATH, params={"format": form}, headers=headers)
            for form in ("csv", "ndjson", "parquet")
        }
    rows = list(csv.DictReader(io.StringIO(answers["csv"].text, newline="")))
    assert {row["provider"] for row in rows} == {*(f"'{name}" for name in hostile[:-1]), "f01"}
    assert {row["total_deal_size"] for row in rows} == {"-5"}  # a number is left as it is
    named = {json.loads(line)["provider"] for line in answers["ndjson"].text.splitlines()}
    table = pq.read_table(io.BytesIO(answers["parquet"].content))
    assert named == set(table["provider"].to_pylist()) == set(hostile)


@pytest.mark.anyio
async def test_a_range_of_weeks_is_one_file_in_the_order_of_its_key(people: Mart) -> None:
    for week in (date(2026, 10, 26), date(2026, 11, 2), date(2026, 11, 9)):
        people.write_week([Provider("f02"), Provider("f01", total=7)], week)
    async with running(people.settings()) as client:
        asked = {"format": "ndjson", "from": "2026-10-26", "to": "2026-11-09"}
        answer = await client.http.get(PATH, params=asked, headers=bearer(token("admin")))
    rows = [json.loads(line) for line in answer.text.splitlines()]
    weeks = ("2026-10-26", "2026-11-02")
    expected = [(week, provider) for week in weeks for provider in ("f01", "f02")]
    assert [(row["week"], row["provider"]) for row in rows] == expected
    name = "providers_weekly_acc_v3_2026-10-26_2026-11-09.ndjson"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'


@pytest.mark.anyio
async def test_each_export_is_a_row_of_the_access_log_before_its_first_byte(people: Mart) -> None:
    people.write_week([Provider("f01")])
    async with running(people.settings()) as client:
        headers = bearer(token("finance"))
        assert (await client.http.get(PATH, headers=headers)).status_code == 200
        people.run("revoke insert on audit.access_log from cdp_audit")
        try:
            refused = error_of(await client.http.get(PATH, headers=headers))
        finally:
            people.run("grant insert on audit.access_log to cdp_audit")
    assert refused["code"] == "DATABASE_UNAVAILABLE"
    [row] = people.run("select role, action, resource, asset_key from audit.access_log")
    assert row == ("finance", "EXPORT_ROWS", PATH, "filplus/providers_weekly_acc")


def test_an_export_over_the_cap_of_the_plan_is_refused_and_one_at_it_is_not(
    caller: Caller,
) -> None:
    rows = len(caller.rows("/v1/assets/verifier/rows"))
    at_cap, below = (claims(limits=Limits(export_rows=cap)) for cap in (rows, rows - 1))
    assert caller.get("/v1/export/verifier", caller=at_cap).status_code == 200
    error = error_of(caller.get("/v1/export/verifier", caller=below))
    assert (error["status"], error["code"]) == (413, "EXPORT_TOO_LARGE")
    assert error["details"] == {"max_rows": rows - 1}


@pytest.mark.anyio
async def test_what_fails_before_the_first_byte_is_an_error_of_the_catalogue(people: Mart) -> None:
    people.write_week([Provider("f01")])
    async with running(people.settings()) as client:
        people.run("drop view api_v1.providers_weekly_acc")
        error = error_of(await client.http.get(PATH, headers=bearer(token("admin"))))
    assert (error["status"], error["code"]) == (503, "ASSET_REBUILDING")


@pytest.mark.anyio
async def test_head_returns_the_headers_of_the_file_and_no_row(people: Mart) -> None:
    people.write_week([Provider("f01"), Provider("f02")])
    async with running(people.settings()) as client:
        answer = await client.http.head(PATH, headers=bearer(token("admin")))
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["x-row-count"] == "2"


def test_an_organisation_has_as_many_exports_at_once_as_its_plan_allows() -> None:
    slots, one, other = ExportSlots(), claims(org_id="a"), claims(org_id="b")
    with (
        slots.taken(one, ""),
        slots.taken(one, ""),
        slots.taken(other, ""),
        pytest.raises(ApiError, match="2 exports are running already"),
    ):
        slots.taken(one, "").__enter__()
    with slots.taken(one, ""), slots.taken(one, ""):
        pass
