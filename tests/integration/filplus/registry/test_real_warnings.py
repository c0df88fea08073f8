"""Warnings of the recorded registry and bookkeeping: the counts of 2026-02-01."""

from __future__ import annotations

import pytest

from cdp_assets.core.checks.sql_check import evaluate
from cdp_assets.quality.closed_day import closed_day
from cdp_assets.quality.source_warnings import CHECKS
from tests.integration.filplus.registry.conftest import AS_OF, Registries
from tests.integration.filplus.registry.test_real_archives import real  # noqa: F401 - a fixture

pytestmark = pytest.mark.integration

COUNTS = {
    "filplus/allocator_registry:pathway_types_current": 2,
    "filplus/allocator_registry_archive:pathway_types_current": 84,
    "filplus/allocator_registry:bookkeeping_is_on_github": 2,
    "filplus/allocator_registry:files_name_their_allocator": 4,
    "filplus/allocator_registry:datacap_amounts_are_numbers": 24,
    "filplus/allocator_registry_archive:addresses_are_of_one_allocator": 0,
    "filplus/allocator_registry_archive:repositories_are_of_one_allocator": 1,
    "filplus/allocator_client_bookkeeping:requested_amounts_are_positive": 1,
}


def test_the_real_registries_are_warned_of_with_their_counts(real: Registries) -> None:  # noqa: F811
    real.land()
    real.land_archive()
    real.land_bookkeeping()
    with real.warehouse.connect(autocommit=True) as connection:
        found = {
            f"{check.asset_key}:{check.name}": evaluate(
                connection, check, closed_day(AS_OF).values()
            )
            for check in CHECKS
            if check.asset_key.startswith("filplus/")
        }
    counts = {name: each.metadata["failing_rows"].value for name, each in found.items()}
    assert counts == COUNTS, {n: each.metadata.get("samples") for n, each in found.items()}
