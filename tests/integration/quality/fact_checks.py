"""Checks that judge what a run found rather than a table: each given facts that must turn it red.

Scope: one result per check of what a source failed to give; not here: statements (``sql_checks``).
"""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import dagster as dg

from cdp_assets.core.ingestion.failed_entities import failed_check
from cdp_assets.core.ingestion.source_issues import Issue
from cdp_assets.filplus.deals import client_provider_totals_asset
from cdp_assets.filplus.deals.client_provider_totals import TotalsReport
from cdp_assets.filplus.dmob import assets as dmob_assets
from cdp_assets.filplus.dmob.relations import RELATIONS
from cdp_assets.filplus.edition5 import assets as edition5_assets
from cdp_assets.filplus.providers.ipni import assets as ipni_assets
from cdp_assets.filplus.providers.url_finder import assets as url_finder_assets
from cdp_assets.filplus.providers.url_finder import snapshot_assets
from cdp_assets.filplus.registry import assets as registry_assets
from cdp_assets.filplus.reports.report_run import skipped_check
from cdp_assets.filplus.reports.report_tables import ALLOCATOR_TABLES, CLIENT_TABLES
from cdp_assets.governance.audit_verification import Verification, verification_result
from cdp_assets.validators.chains.chain_registry_asset import tables_check

_REASON = {"f0101": "no response"}
_FAILED_ENTITIES = (
    ("every_provider_has_an_account", "filplus/provider_filscan_info"),
    ("day_entries_readable", "filplus/provider_retrievability_daily"),
    ("stale_provider_lookups_complete", "filplus/provider_ip_info"),
    ("publishers_reachable", "filplus/ipni_publisher_advertisement"),
    ("provider_lookups_complete", "raw_lotus/miner_info"),
    ("client_lookups_complete", "raw_lotus/client_status"),
    ("provider_responses_complete", "raw_url_finder/provider_retrievability"),
    ("pair_responses_complete", "raw_url_finder/client_working_url"),
    (
        "response_entries_readable",
        "filplus/storage_provider_url_finder_daily_snapshot",
    ),
)
_REGISTRIES = ("allocator_registry", "allocator_registry_archive", "allocator_client_bookkeeping")


def red_and_green() -> Iterator[tuple[dg.AssetCheckResult, dg.AssetCheckResult]]:
    """Return for each of these checks its result of bad facts and of good ones."""
    for name, key in _FAILED_ENTITIES:
        yield failed_check(name, key, _REASON, 2), failed_check(name, key, {}, 2)
    for tables, name in (
        (CLIENT_TABLES, "every_applied_client_has_a_report"),
        (ALLOCATOR_TABLES, "every_registered_allocator_has_a_report"),
    ):
        yield skipped_check(tables[0], name, _REASON), skipped_check(tables[0], name, {})
    for file in edition5_assets.FILES:
        yield (
            edition5_assets.file_check(file, "is not there"),
            edition5_assets.file_check(file, None),
        )
    yield from _of_the_landing()
    yield from _of_registries()
    yield ipni_assets.budget_check(["f0101"], 9), ipni_assets.budget_check([], 9)
    yield ipni_assets.status_check(2, 1), ipni_assets.status_check(2, 2)
    dictionary = snapshot_assets.dictionary_check
    yield dictionary(3), dictionary(4)
    coverage = url_finder_assets.coverage_check
    yield coverage(1, 0, 1, ["f0101"], ""), coverage(0, 0, 1, [], "")
    yield tables_check(["a-chain"]), tables_check([])
    verified = [Verification(1, None, broken) for broken in (1, None)]
    yield verification_result(verified[0]), verification_result(verified[1])


def _of_the_landing() -> Iterator[tuple[dg.AssetCheckResult, dg.AssetCheckResult]]:
    def relation(unattributable: int, blocks: int) -> Any:
        return SimpleNamespace(
            unattributable=unattributable,
            unattributable_samples=["1"] * unattributable,
            row_count=9,
            blocks_total=blocks,
            rows_staged=9 + unattributable,
        )

    yield dmob_assets.grants_check(relation(1, 0)), dmob_assets.grants_check(relation(0, 0))
    yield from zip(
        dmob_assets.deals_checks(relation(1, 49), budget=2),
        dmob_assets.deals_checks(relation(0, 48), budget=2),
        strict=True,
    )
    for each in RELATIONS[1:]:
        if each.is_swept:
            sweep = dmob_assets.sweep_check
            yield (
                sweep(each.asset_key, relation(0, 49), 2),
                sweep(each.asset_key, relation(0, 48), 2),
            )
        else:
            rows = dmob_assets.rows_check
            yield rows(each.asset_key, relation(1, 0)), rows(each.asset_key, relation(0, 0))

    def totals(counted: int) -> dg.AssetCheckResult:
        report = SimpleNamespace(rows_placeable=8, rows_counted=counted, rows_landed=9)
        return client_provider_totals_asset.totals_check(cast("TotalsReport", report))

    yield totals(10), totals(9)


def _of_registries() -> Iterator[tuple[dg.AssetCheckResult, dg.AssetCheckResult]]:
    for table in _REGISTRIES:
        results = []
        for issues in (
            [Issue("a.json", "bad", "skipped", ""), Issue("a.json", "odd", "recorded", "")],
            [],
        ):
            landed: Any = SimpleNamespace(files=1, issues=issues)
            results.append(registry_assets.check_results(f"filplus/{table}", landed))
        yield from zip(*results, strict=True)
