"""Pages over HTTP: every one is there, shows what the JSON has, and to whom it may."""

from __future__ import annotations

import csv
import io
import re
import time
from html import escape, unescape
from typing import Any

import httpx
import pytest

from query_layer.pages.site import NAVIGATION, pages
from query_layer.registry import ROUTES
from tests.query_layer.pages.conftest import Reader
from tests.query_layer.seeded import CHAIN, HOSTILE, INTRODUCER, OTHER_INTRODUCER

ALL = pages(ROUTES)


def link_of(page: str, text: str) -> str:
    """Return where a link of a page leads."""
    [href] = set(re.findall(rf'<a href="([^"]*)"[^>]*>{re.escape(text)}</a>', page))
    return unescape(href)


def rows_of(reader: Reader, address: str) -> list[dict[str, Any]]:
    """Return the rows of the JSON."""
    rows: list[dict[str, Any]] = reader.get(address).json()["data"]
    return rows


def test_every_route_of_the_registry_has_a_page_and_no_address_is_twice() -> None:
    shapes = [re.sub(r"\{\w+\}", "{}", page.path) for page in ALL]
    assert len(set(shapes)) == len(shapes)
    for route in ROUTES:
        assert re.sub(r"\{\w+\}", "{}", route.path.removeprefix("/v1")) in shapes, route.path


def test_no_page_refers_to_anything_elsewhere_or_runs_anything(reader: Reader) -> None:
    for page in ALL:
        if "{" not in page.path:
            _require_self_contained(reader.get(f"/pages{page.path}"), page.path)


def _require_self_contained(response: httpx.Response, path: str) -> None:
    assert response.status_code == 200, (path, response.text)
    text = response.text
    for address in re.findall(r'(?:href|src|action)="([^"]*)"', text):
        assert re.match(r"/(?!/)|#|data:,$", address), (path, address)
    tags = "".join(re.findall(r"<[^>]*>", text))
    assert not re.search(r"<script|<style|<iframe|<object|\sstyle=|\son\w+=", tags), path
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert text.count("<h1>") == 1


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/pages/allocators/f01001", "Bytes granted up to each week"),
        ("/pages/storage-providers/f01001", "Newest tests of retrieval"),
        ("/pages/clients/f01001", "Deals by week and provider"),
        (f"/pages/chains/{CHAIN}", "Newest final periods"),
        (f"/pages/partners/{INTRODUCER}", "Newest commission lines"),
        ("/pages/agreements/agreement_id-1", "Versions"),
        ("/pages/catalog/providers_weekly_acc", "Columns"),
    ],
)
def test_the_page_of_one_thing_shows_its_parts(reader: Reader, address: str, words: str) -> None:
    assert words in reader.page(address)


@pytest.mark.parametrize(
    ("page", "json_path"),
    [
        ("/pages/clients", "/v1/clients"),
        ("/pages/storage-providers", "/v1/storage-providers"),
        ("/pages/validators", "/v1/assets/validator_pnl/rows"),
        ("/pages/compliance", "/v1/allocators/compliance-data"),
    ],
)
def test_the_numbers_of_a_page_are_those_of_the_json(
    reader: Reader, page: str, json_path: str
) -> None:
    text = reader.page(page)
    assert f'href="{json_path}"' in text
    rows = rows_of(reader, json_path)
    assert rows
    shown = re.findall(r"<tbody>(.*?)</tbody>", text, re.DOTALL)[0]
    assert shown.count("<tr>") == len(rows)
    fields = {route.path: route for route in ROUTES}[json_path].asset
    in_page = [p for p in ALL if f"/pages{p.path}" == page][0].parts[0].columns
    for line, row in zip(shown.split("</tr>"), rows, strict=False):
        for name in in_page:
            kind = fields.column(name).kind
            if kind in ("bytes", "decimal") and row[name] is not None:
                assert f'<data value="{row[name]}">' in line, (name, row)


def test_names_from_outside_are_text(reader: Reader) -> None:
    for address in ("/pages/clients", "/pages/clients/f01001", "/pages/clients?filter=script"):
        text = reader.page(address)
        assert escape(HOSTILE) in text
        assert "<script" not in text
        assert "<img" not in text


def test_what_a_caller_sends_comes_back_as_text(reader: Reader) -> None:
    text = reader.page("/pages/clients?filter=%22%3E%3Cscript%3E")
    assert '"><script>' not in text
    assert 'value="&#34;&gt;&lt;script&gt;"' in text
    wrong = reader.get("/pages/clients?%3Cscript%3E=1")
    assert wrong.status_code == 400
    assert "<script" not in wrong.text


def test_a_filter_leaves_its_rows_and_stays_in_the_links(reader: Reader) -> None:
    text = reader.page("/pages/clients?filter=f01003&sort=")
    [body] = re.findall(r"<tbody>(.*?)</tbody>", text, re.DOTALL)
    assert re.findall(r'/pages/clients/(f0\d+)"', body) == ["f01003"]
    assert 'value="f01003"' in text
    assert "filter=f01003" in text.split(">JSON<")[0].rpartition("href=")[2]
    assert "filter=f01003" in link_of(text, "Datacap received")


def test_orders_and_pages_lead_through_all_rows(reader: Reader) -> None:
    seen: list[str] = []
    address = "/pages/clients?limit=3&sort=-client"
    for _ in range(10):
        text = reader.page(address)
        body = re.findall(r"<tbody>(.*?)</tbody>", text, re.DOTALL)[0]
        seen += re.findall(r'/pages/clients/(f0\d+)"', body)
        assert 'aria-sort="descending"' in text
        if "Next rows" not in text:
            break
        address = link_of(text, "Next rows")
    assert seen == sorted({row["client"] for row in rows_of(reader, "/v1/clients")}, reverse=True)


def test_a_chart_draws_every_value_and_says_it(reader: Reader) -> None:
    text = reader.page("/pages/storage-providers/f01001")
    charts = re.findall(r'<svg class="chart".*?</svg>', text, re.DOTALL)
    assert charts
    assert 'role="img"' in charts[0]
    assert re.search(r'aria-label="Bytes of deals up to each week: Total deal size .* on 20', text)
    rows = rows_of(reader, "/v1/storage-providers/f01001/weekly")
    known = [r for r in rows if r["total_deal_size"] is not None]
    assert charts[0].count("<circle") == 2 * len(known) > 0


def test_the_same_page_is_304_and_another_caller_has_another(reader: Reader) -> None:
    first = reader.get("/pages/allocators")
    again = reader.get("/pages/allocators", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    other = reader.get("/pages/allocators", "", {"If-None-Match": first.headers["etag"]})
    assert other.status_code == 200
    assert "Sign out" in first.text
    assert "Sign out" not in other.text


def test_a_caller_is_led_to_what_the_scopes_allow(reader: Reader) -> None:
    anonymous = reader.page("/pages", "")
    assert "/pages/allocators" in anonymous
    for path in ("/pages/chains", "/pages/partners", "/pages/audit", "/pages/ingestion"):
        assert f'"{path}"' not in anonymous
        refused = reader.get(path, "")
        assert refused.status_code == 401
        assert f'href="/sign-in?next={path.replace("/", "%2F")}"' in refused.text
    partner = reader.page("/pages", "partner")
    assert '"/pages/allocators"' not in partner
    assert reader.get("/pages/allocators", "partner").status_code == 403
    assert reader.get("/pages/audit", "partner").status_code == 403


def test_every_link_of_the_navigation_is_a_page(reader: Reader) -> None:
    for _, links in NAVIGATION:
        for link in links:
            assert reader.get(f"/pages{link.path}").status_code == 200, link


def test_a_partner_sees_its_own_rows_and_no_amount_before_an_override(reader: Reader) -> None:
    for address in ("/pages/partners", "/pages/statements", "/pages/commissions",
                    "/pages/agreements", f"/pages/partners/{INTRODUCER}"):  # fmt: skip
        text = reader.page(address, "partner")
        assert str(OTHER_INTRODUCER) not in text, address
    assert str(INTRODUCER) in reader.page("/pages/partners", "partner")
    assert reader.get(f"/pages/partners/{OTHER_INTRODUCER}", "partner").status_code == 404
    fields = reader.get("/pages/commissions?fields=pre_override_amount_native", "partner")
    assert fields.status_code == 400


def test_a_statement_is_a_page_that_prints(reader: Reader) -> None:
    [row, *_] = [
        r
        for r in rows_of(reader, "/v1/assets/partner_commission_statements/rows")
        if r["introducer_id"] == str(INTRODUCER) and r["chain_id"] == CHAIN
    ]
    address = f"/pages/chains/{CHAIN}/partners/{INTRODUCER}/statements/{row['month']}"
    assert f'href="{address}"' in reader.page("/pages/statements")
    text = reader.page(address)
    assert row["content_hash"] in text
    assert "Items of all revisions" in text
    other = address.replace(str(INTRODUCER), str(OTHER_INTRODUCER))
    assert reader.get(other, "partner").status_code == 404


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/pages/nothing", 404, "There is nothing at this address"),
        ("/pages/allocators/f0999999", 404, "There is nothing at this address"),
        ("/pages/allocators/x", 400, "allocator_id"),
        ("/pages/clients?week=1", 400, "is unknown"),
        ("/pages?x=1", 400, "takes none"),
        ("/pages/catalog/nothing", 404, "No asset of this name"),
        ("/pages/clients?cursor=abc", 400, "cursor"),
    ],
)
def test_an_error_is_a_page(reader: Reader, address: str, status: int, words: str) -> None:
    response = reader.get(address)
    assert response.status_code == status
    assert words in response.text
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["x-correlation-id"] in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]


def test_a_session_that_ended_leads_to_the_sign_in(reader: Reader) -> None:
    response = reader.get("/pages/chains", "", {"Authorization": "Bearer a.b.c"})
    assert response.status_code == 401
    assert "/sign-in?next=" in response.text


def test_errors_of_the_api_stay_json(reader: Reader) -> None:
    assert reader.get("/v1/nothing").json()["error"]["code"] == "RESOURCE_NOT_FOUND"
    assert reader.get("/pagesque").json()["error"]["code"] == "RESOURCE_NOT_FOUND"


def test_the_style_sheet_is_open_and_stored_for_good(reader: Reader) -> None:
    address = link_of_style(reader.page("/pages", ""))
    response = reader.get(address, "", {"Authorization": "Bearer a.b.c"})
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/css")
    assert "immutable" in response.headers["cache-control"]
    assert "url(" not in response.text
    assert "@import" not in response.text


def link_of_style(page: str) -> str:
    """Return the address of the style sheet."""
    [address] = re.findall(r'rel="stylesheet" href="([^"]*)"', page)
    return str(address)


def test_a_link_leads_to_a_file_of_the_same_rows(reader: Reader) -> None:
    address = link_of(reader.page("/pages/clients?filter=f01&sort=client&limit=2"), "CSV")
    assert address == "/v1/export/client?filter=f01&format=csv"
    for page in ("/pages/clients/f01001/weekly", "/pages/allocators/f01001/scores",
                 "/pages/storage-providers", "/pages/compliance?numberOfClients=true",
                 "/pages/statements", "/pages/allocators/latest-scores"):  # fmt: skip
        text = reader.page(page)
        address = re.findall(r'<a href="([^"]*)">CSV</a>', text)[0]
        file = reader.get(unescape(address))
        assert file.status_code == 200, (page, address, file.text)
        body = re.findall(r"<tbody>(.*?)</tbody>", text, re.DOTALL)[0]
        assert len(list(csv.reader(io.StringIO(file.text)))) - 1 == body.count("<tr>"), page


def test_files_are_offered_to_who_may_have_them(reader: Reader) -> None:
    assert ">CSV<" in reader.page("/pages/catalog")
    assert ">CSV<" in reader.page("/pages/catalog/client")
    for page in ("/pages/clients", "/pages/catalog", "/pages/catalog/client"):
        assert ">CSV<" not in reader.page(page, "")


def test_who_reads_rows_of_partners_is_recorded(reader: Reader, seeded_mart: Any) -> None:
    seeded_mart.forget_reads()
    reader.page("/pages/statements", "partner")
    recorded = seeded_mart.run("select resource, asset_key, role from audit.access_log")
    assert recorded == [
        ("/pages/statements", "validators/partner_commission_statements", "partner")
    ]


def test_a_cold_list_page_costs_at_most_twice_its_json(reader: Reader) -> None:
    """CPU of this process, without the cache, medians of alternating pairs."""

    def cost(address: str) -> float:
        service = reader.client.service
        service.cache._entries.clear()  # noqa: SLF001
        service.cache.bytes = 0
        began = time.process_time()
        assert reader.get(address).status_code == 200
        return time.process_time() - began

    for address in ("/clients", "/allocators"):
        pairs = [(cost(f"/pages{address}"), cost(f"/v1{address}")) for _ in range(30)]
        page, rows = (sorted(values)[15] for values in zip(*pairs, strict=True))
        assert page <= 2 * rows, (address, page, rows)
