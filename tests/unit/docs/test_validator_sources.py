"""The page about validators' sources names each of them, and tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

from cdp_assets.validators.chains.chain_registry import load_registry

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/reference/validator_sources.md").read_text(encoding="utf-8")


def test_every_source_has_its_rows() -> None:
    described = set(re.findall(r"^\| `(\w+)`", PAGE, re.MULTILINE))
    assert described == {provider.name for provider in load_registry().providers}


def test_every_test_that_the_page_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    written = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert named - written == set()
