"""The live platform's addresses, over one warehouse in which no list is empty."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from query_layer.compat import reading
from query_layer.compat.routes import COMPAT_ROUTES
from query_layer.registry import ROUTES
from resources.postgres.embedded_postgres import EmbeddedServer
from tests.query_layer.client import running
from tests.query_layer.conftest import database_with_mart
from tests.query_layer.seeded import fill
from tests.query_layer.test_routes import Caller

CONTRACT: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent / "compat_contract.yaml").read_text(encoding="utf-8")
)["routes"]
# What the seeded rows lack for these addresses: closed weeks, intervals, a week before the first.
_FITTED = """
update filplus.allocator_statistics_daily set period_unit = 'week', value_type = 'bigint';
update filplus.client_statistics_daily set period_unit = 'day', value_type = 'numeric';
update filplus.storage_provider_statistics_daily set period_unit = 'day', value_type = 'numeric';
update filplus.report_check_counts_weekly set period_unit = 'day', period = week;
insert into filplus.report_check_counts_weekly
select (jsonb_populate_record(t, '{"period_unit": "week"}')).*
from filplus.report_check_counts_weekly t;
update filplus.allocator_report_check_daily set
    date = timestamp '2026-11-07',
    failed_report_id = coalesce(failed_report_id, '00000000-0000-0000-0000-00000000a000'),
    first_failed_at = coalesce(first_failed_at, timestamp '2026-11-07'),
    last_failed_at = coalesce(last_failed_at, timestamp '2026-11-07');
insert into filplus.storage_provider_compliance_weekly
select (jsonb_populate_record(t, '{"week": "2026-10-26"}')).*
from filplus.storage_provider_compliance_weekly t;
insert into filplus.retrievability_average_weekly
select (jsonb_populate_record(t, '{"week": "2026-10-26", "average_of": "open_data"}')).*
from filplus.retrievability_average_weekly t
limit 1;
update filplus.compliance_histogram_weekly
set is_running = false, population = 'all', subject = 'providers', measure = 'retrievability';
insert into filplus.compliance_histogram_weekly
select (
    jsonb_populate_record(
        t,
        jsonb_build_object('subject', s.subject, 'measure', m.measure, 'population', p.population)
    )
).*
from filplus.compliance_histogram_weekly t
cross join (values ('providers'), ('allocators')) s (subject)
cross join (values ('num_of_clients'), ('biggest_client_share'), ('retrievability')) m (measure)
cross join (values ('all'), ('registered')) p (population)
where (s.subject, m.measure, p.population) <> ('providers', 'retrievability', 'all');
insert into filplus.old_datacap_balance_weekly
select (jsonb_populate_record(t, '{"week": "2026-10-26"}')).*
from filplus.old_datacap_balance_weekly t;
insert into filplus.old_datacap_client_balance_weekly
select (jsonb_populate_record(t, '{"week": "2026-10-26"}')).*
from filplus.old_datacap_client_balance_weekly t;
update filplus.allocator_sps_compliance_weekly
set week = timestamp '2026-10-26', average_of = 'open_data';
"""
# The rows above share keys, whose uniqueness is the business of other tests.
_KEYS = """
select format('alter table %s drop constraint %I cascade', conrelid::regclass, conname)
from pg_constraint
where contype = 'p' and conislocal and conparentid = 0 and conrelid::regclass::text like 'filplus.%'
    and conrelid::regclass::text ~ 'statistics_daily|report_check|histogram|old_datacap|_weekly'
"""
_FORMS = {
    "text": lambda v: isinstance(v, str),
    "digits": lambda v: isinstance(v, str) and re.fullmatch(r"-?\d+", v),
    "number": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
    "boolean": lambda v: isinstance(v, bool),
    "instant": lambda v: (
        isinstance(v, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", v)
    ),
    "month": lambda v: isinstance(v, str) and re.fullmatch(r"\d{4}-\d\d", v),
    "any": lambda v: True,
}


@pytest.fixture(scope="module")
def caller(server: EmbeddedServer, ready_template: str) -> Iterator[Caller]:
    """A service over a warehouse with rows for every address."""
    for mart in database_with_mart(server, ready_template):
        fill(mart.owner)
        with psycopg.connect(mart.owner) as connection:
            connection.execute("set session_replication_role = replica")
            for (command,) in connection.execute(_KEYS).fetchall():
                connection.execute(command)
            connection.execute(_FITTED.encode())
        with asyncio.Runner() as runner:
            service = running(mart.settings(), ROUTES)
            yield Caller(runner.run(service.__aenter__()), runner)
            runner.run(service.__aexit__(None, None, None))


def problems(value: Any, form: Any, where: str = "") -> Iterator[str]:
    """Yield where a value differs from its written form."""
    if isinstance(form, str):
        may_be_null = form.endswith("_or_null") or form == "any"
        if not (value is None and may_be_null) and not _FORMS[form.removesuffix("_or_null")](value):
            yield f"{where} is {value!r}, not {form}"
    elif isinstance(form, list):
        if not isinstance(value, list) or not value:
            yield f"{where} is no list with items: {value!r}"
            return
        for number, item in enumerate(value):
            yield from problems(item, form[0], f"{where}[{number}]")
    elif not isinstance(value, dict):
        yield f"{where} is no object: {value!r}"
    else:
        yield from _problems_of_object(value, form, where)


def _problems_of_object(value: dict[str, Any], form: dict[str, Any], where: str) -> Iterator[str]:
    rest = form.get("*")
    if missing := set(form) - set(value) - {"*"}:
        yield f"{where} lacks {sorted(missing)}"
    if rest is None and (surplus := set(value) - set(form)):
        yield f"{where} has also {sorted(surplus)}"
    for key, item in value.items():
        if key in form or rest is not None:
            yield from problems(item, form.get(key, rest), f"{where}.{key}")


@pytest.mark.parametrize("address", CONTRACT)
def test_a_response_has_the_fields_of_the_written_contract(caller: Caller, address: str) -> None:
    response = caller.get(address)
    assert response.status_code == 200, response.text
    assert list(problems(response.json(), CONTRACT[address])) == []


def test_every_address_has_a_contract() -> None:
    patterns = [re.sub(r"\{\w+\}", "[^/]+", route.path) for route in COMPAT_ROUTES]
    paths = [address.partition("?")[0] for address in CONTRACT]
    uncovered = [p for p in patterns if not any(re.fullmatch(p, path) for path in paths)]
    assert uncovered == []


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/compat/clients?limit=2", 400),
        ("/compat/clients?page=1", 400),
        ("/compat/clients?limit=0&page=1", 400),
        ("/compat/clients?limit=x&page=1", 400),
        ("/compat/clients?limit=1000001&page=1", 400),
        ("/compat/allocators?order=asc", 400),
        ("/compat/allocators?sort=nothing", 400),
        ("/compat/allocators?sort=name&order=up", 400),
        ("/compat/allocators?editionId=4", 400),
        ("/compat/allocators?editionId=7", 400),
        ("/compat/allocators/compliance-data", 400),
        ("/compat/allocators/compliance-data?complianceThresholdPercentage=x", 400),
        ("/compat/stats/acc/allocators/retrievability?openDataOnly=1&editionId=5", 400),
        ("/compat/report-checks/allocator/daily?week=nonsense", 400),
        ("/compat/clients/f0999999", 404),
        ("/compat/allocator-report/f0999999/latest", 404),
        ("/compat/allocator-report/f01000/not-a-uuid", 404),
        ("/compat/nothing", 404),
    ],
)
def test_a_refusal_has_the_live_form(caller: Caller, address: str, status: int) -> None:
    response = caller.get(address)
    assert response.status_code == status
    body = response.json()
    assert set(body) == {"statusCode", "message", "error"}
    assert body["statusCode"] == status
    assert body["error"] == {400: "Bad Request", 404: "Not Found"}[status]


def test_pages_cover_the_list_and_end_empty(caller: Caller) -> None:
    every = caller.get("/compat/clients").json()
    first = caller.get("/compat/clients?limit=3&page=1&unknown=1").json()
    assert first["pagination"] == {"limit": 3, "page": 1, "pages": 3, "total": 7}
    pages = [caller.get(f"/compat/clients?limit=3&page={n}").json()["data"] for n in (1, 2, 3, 4)]
    assert [row for page in pages for row in page] == every["data"]
    assert pages[3] == []
    assert caller.get("/compat/clients?limit=999999&page=1").json()["data"] == every["data"]


def test_nulls_are_first_in_ascending_and_last_in_descending_order(caller: Caller) -> None:
    def names(order: str) -> list[str | None]:
        rows = caller.get(f"/compat/clients?sort=name&order={order}").json()["data"]
        return [row["name"] for row in rows]

    rising = names("asc")
    assert rising[0] is None
    assert names("desc")[-1] is None
    texts = [name for name in rising if name is not None]
    assert texts == sorted(texts, key=str.lower)


@pytest.mark.parametrize(
    "address",
    [
        "/compat/clients?sort=datacapReceived",
        "/compat/allocators/latest-scores?dataType=openData",
        "/compat/clients?sort=address",
    ],
)
def test_a_long_response_is_sent_in_pieces_and_equals_the_short_one(
    caller: Caller, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(reading, "PIECE_ROWS", 2)
        streamed = caller.get(address)
    whole = caller.get(address)  # in one piece: a stream is never cached
    assert "content-length" not in streamed.headers
    assert "content-length" in whole.headers
    assert streamed.json() == whole.json()


def test_a_write_is_refused_and_names_the_job(caller: Caller) -> None:
    response = caller._runner.run(caller._client.http.post("/compat/allocator-report/f01000"))
    assert response.status_code == 405
    assert "allocator_report_job" in response.json()["message"]


def test_an_injection_finds_nothing(caller: Caller) -> None:
    for attack in ("x' or 1=1 --", "$1", ":now", "1; drop table ops.asset_version"):
        assert caller.get("/compat/clients", filter=attack).json()["data"] == []
        assert caller.get("/compat/allocators", sort=attack).status_code == 400
