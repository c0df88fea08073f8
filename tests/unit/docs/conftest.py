"""One load of the definitions per session."""

from __future__ import annotations

import dagster as dg
import pytest

from resources.dbt_runner import make_manifest


@pytest.fixture(scope="session")
def defs() -> dg.Definitions:
    """The code location as production loads it."""
    make_manifest()
    from cdp_assets.definitions import build_defs

    return build_defs()
