"""The reference page says what the code does: every name is there, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from query_layer.app import create_app
from query_layer.errors import CATALOGUE, Code
from query_layer.ops.metrics import METRICS
from query_layer.read.list_query import list_filters
from query_layer.read.paging import DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET
from query_layer.registry import ASSETS, ROUTES
from query_layer.registry.route import Route
from query_layer.settings import SETTINGS, Setting, parse_settings

PAGE = (Path(__file__).resolve().parents[3] / "docs/reference/query_layer.md").read_text()


def shown_default(setting: Setting) -> str:
    """Return a default as the page shows it."""
    if setting.default is None:
        return "**must be set**"
    return f"`{setting.default}`" if setting.default else "unset"


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_setting_is_on_the_page_with_its_default(setting: Setting) -> None:
    assert f"| `{setting.name}` | {shown_default(setting)} | {setting.help} |" in PAGE


def test_no_other_setting_is_on_the_page() -> None:
    named = set(re.findall(r"CDP_[A-Z_]*[A-Z]", PAGE))
    assert named - {"CDP_QUERY"} == {setting.name for setting in SETTINGS}


@pytest.mark.parametrize("code", Code)
def test_every_error_is_on_the_page(code: Code) -> None:
    assert f"| `{code}` | {CATALOGUE[code].status} | {CATALOGUE[code].when} |" in PAGE


def test_no_other_error_is_on_the_page() -> None:
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", PAGE)) - {s.name for s in SETTINGS}
    assert named == set(Code)


def test_every_address_is_on_the_page() -> None:
    app = create_app(parse_settings({"CDP_QUERY_DATABASE_URL": "postgresql://nobody@nowhere/x"}))
    files = {f"/v1/export/{name}" for name in ASSETS}  # the page has one line for all
    paths = [path for path in app.openapi()["paths"] if path not in files]
    for path in [*paths, "/v1/export/{asset}", "/openapi.json", "/docs"]:
        assert f"| `{path}` |" in PAGE


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_every_route_is_on_the_page_with_its_parameters(route: Route) -> None:
    [line] = re.findall(rf"^\| `{re.escape(route.path)}` \|.*$", PAGE, re.MULTILINE)
    assert f"`{route.asset.scope}`" in line
    assert all(f"`{f.name}`" in line for f in list_filters(route))


def test_every_metric_is_on_the_page_and_no_other() -> None:
    for metric in METRICS:
        assert f"| `{metric.name}` | {metric.kind} | {metric.help} |" in PAGE
    section = PAGE.split("## Metrics")[1].split("##")[0]
    assert set(re.findall(r"\| `(\w+)`", section)) == {metric.name for metric in METRICS}


def test_the_limits_of_the_contract_are_on_the_page() -> None:
    assert f"| Rows of a page | {DEFAULT_LIMIT} by default, at most {MAX_LIMIT:,} |" in PAGE
    assert f"| Offset | {MAX_OFFSET:,} |" in PAGE
