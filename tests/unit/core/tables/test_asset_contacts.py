"""Owners and links of assets lead where the settings say."""

from __future__ import annotations

import re
from pathlib import Path

import dagster as dg
import pytest

from cdp_assets.core.tables.asset_contacts import docs_link, owned_by
from cdp_assets.settings import PROJECT_ROOT, publish_environment

PAGE = PROJECT_ROOT / "docs/reference/tables.md"


@pytest.mark.parametrize(
    ("setting", "expected"),
    [("", "team:clients"), ("ann@example.org", "ann@example.org"), ("team:stats", "team:stats")],
)
def test_the_owner_of_an_asset_is_that_of_the_settings_else_its_team(
    setting: str, expected: str
) -> None:
    publish_environment({"CDP_OWNER": setting})
    found = owned_by("team:clients")(dg.AssetSpec(["filplus", "client"]))
    assert list(found.owners) == [expected]


def test_the_docs_of_an_asset_are_where_the_pages_are_published() -> None:
    for base in ("https://docs.example.org/cdp", "https://docs.example.org/cdp/"):
        publish_environment({"CDP_DOCS_URL": base})
        link = docs_link("filplus/providers_weekly")
        assert isinstance(link, dg.UrlMetadataValue)
        address, _, anchor = (link.url or "").partition("#")
        assert address == "https://docs.example.org/cdp/reference/tables.md"
        # The anchor of a heading, as renderers of Markdown make it.
        headings = re.findall(
            r"^#+ (.*filplus.providers_weekly`?)$", PAGE.read_text(), re.MULTILINE
        )
        assert anchor in [re.sub(r"[^\w-]", "", heading.lower()) for heading in headings]


def test_without_published_pages_the_docs_of_an_asset_are_a_file_that_exists() -> None:
    publish_environment({"CDP_DOCS_URL": ""})
    link = docs_link("filplus/providers_weekly")
    assert isinstance(link, dg.PathMetadataValue)
    assert link.path is not None
    assert Path(link.path) == PAGE
    assert PAGE.is_file()
