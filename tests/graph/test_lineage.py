"""The inputs of the live platform's runners are upstream of our assets (compliance §4, R-18).

The table is that page's: what a runner declares and what it really reads besides. A runner that
reads "source" reads relations of DMOB; which ones, §3 says per table. Of the sources outside
(GitHub, Lotus, the URL finder) the table counts in which their answers land.
"""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from sensors.late_data import _BUILT_ON_GRANTS

pytestmark = pytest.mark.graph

RUNNER_MAP = Path(__file__).parents[2] / "docs" / "reference" / "runner_map.md"
DEALS = "raw_dmob/unified_verified_deal"
CLAIMS = "raw_dmob/dc_allocation_claim"
VERIFIER = "raw_dmob/verifier"
CLIENTS = "raw_dmob/verified_client"
GRANTS = "raw_dmob/verified_client_allowance"
URL_FINDER = "raw_url_finder/provider_retrievability"
LOTUS = "raw_lotus/miner_info"  # also what contracts say, asked through the node

# Runner: our asset, then its declared and its real inputs.
RUNNERS: dict[str, tuple[str, set[str]]] = {
    "ClientDatacapAllocation": ("client_datacap_allocation", {GRANTS}),
    "ProviderUrlFinderRetrievabilityDaily": (
        "provider_url_finder_retrievability_daily",
        {"raw_dmob/unique_providers", URL_FINDER},
    ),
    "AllocatorClientBookkeeping": (
        "allocator_client_bookkeeping",
        {"filplus/allocator_registry", CLIENTS},
    ),
    "AllocatorRegistry": ("allocator_registry", {VERIFIER}),
    "AllocatorRegistryArchive": ("allocator_registry_archive", {VERIFIER}),
    "Allocator": ("allocator", {VERIFIER}),
    "Provider": ("provider", {"raw_dmob/unique_providers", DEALS}),
    "AllocatorsWeeklyAcc": (
        "allocators_weekly_acc",
        {
            "filplus/client_provider_distribution_weekly_acc",
            "filplus/providers_weekly",
            "filplus/client_allocator_distribution_weekly_acc",
        },
    ),
    "CidSharing": ("cid_sharing", {DEALS}),
    "ClientAllocatorDistributionWeekly": ("client_allocator_distribution_weekly", {GRANTS}),
    "ClientAllocatorDistributionWeeklyAcc": (
        "client_allocator_distribution_weekly_acc",
        {GRANTS},
    ),
    "ClientClaimsHourly": ("client_claims_hourly", {"filplus/unified_verified_deal_hourly"}),
    "ClientProviderDistribution": ("client_provider_distribution", {DEALS}),
    "ClientProviderDistributionWeekly": ("client_provider_distribution_weekly", {DEALS}),
    "ClientProviderDistributionWeeklyAcc": ("client_provider_distribution_weekly_acc", {DEALS}),
    "ClientReplicaDistribution": ("client_replica_distribution", {DEALS}),
    "IpniReportingDaily": (
        "ipni_reporting_daily",
        {
            "filplus/client_provider_distribution",
            "raw_dmob/unique_providers",
            "filplus/ipni_publisher_advertisement",
            LOTUS,
        },
    ),
    "OldDatacapBalanceNv22": ("old_datacap_balance_nv22", {"raw_dmob/verifier_allowance", GRANTS}),
    "OldDatacapBalanceWeekly": (
        "old_datacap_balance_weekly",
        {"filplus/allocators_weekly_acc", "filplus/old_datacap_balance_nv22"},
    ),
    "OldDatacapClientBalanceNv22": ("old_datacap_client_balance_nv22", {GRANTS, DEALS}),
    "OldDatacapClientBalanceWeekly": (
        "old_datacap_client_balance_weekly",
        {
            "filplus/client_allocator_distribution_weekly",
            "filplus/old_datacap_balance_nv22",
            "filplus/old_datacap_client_balance_nv22",
            # Undeclared on the live platform: it sums the claims of its hours per week. We
            # read the same sums where they stand by week, made of the same hours.
            "filplus/client_provider_distribution_weekly",
            DEALS,
        },
    ),
    "ProviderFirstClient": ("provider_first_client", {"filplus/unified_verified_deal_hourly"}),
    "ProviderIpInfo": ("provider_ip_info", {"filplus/providers_weekly", LOTUS}),
    "ProvidersWeekly": (
        "providers_weekly",
        {
            "filplus/client_provider_distribution_weekly",
            "filplus/provider_url_finder_retrievability_daily",
        },
    ),
    "ProvidersWeeklyAcc": (
        "providers_weekly_acc",
        {
            "filplus/client_provider_distribution_weekly_acc",
            "filplus/provider_url_finder_retrievability_daily",
        },
    ),
    "UnifiedVerifiedDealHourly": ("unified_verified_deal_hourly", {DEALS}),
    "AllocatorsClientStatsDaily": (
        "allocator_client_stats_daily",
        {
            "filplus/allocator",
            "filplus/allocator_registry",
            "filplus/allocator_registry_archive",
            "filplus/client_datacap_allocation",
            "filplus/unified_verified_deal_hourly",
        },
    ),
    "Client": ("client", {"filplus/client_claims_hourly", CLIENTS}),
    "ClientsStatsDaily": ("clients_stats_daily", {"filplus/client", CLIENTS}),
}
LEFT_OUT = "ProviderUrlFinderDealDailySnapshot"  # compliance §10, optional


def _upstream(graph: dg.AssetGraph, name: str) -> set[str]:
    selected = dg.AssetSelection.assets(["filplus", name]).upstream(include_self=False)
    return {key.to_user_string() for key in selected.resolve(graph)}


@pytest.mark.parametrize("runner", RUNNERS)
def test_what_a_runner_reads_is_upstream_of_its_asset(graph: dg.AssetGraph, runner: str) -> None:
    name, inputs = RUNNERS[runner]
    assert inputs - _upstream(graph, name) == set()


def test_there_are_thirty_runners_of_which_one_is_left_out() -> None:
    assert len({*RUNNERS, LEFT_OUT}) == 30


def test_the_page_of_runners_names_the_asset_of_each() -> None:
    rows = {
        cells[1].strip(): cells[2]
        for cells in (line.split("|") for line in RUNNER_MAP.read_text().splitlines())
        if len(cells) > 3
    }
    missing = {
        runner: asset
        for runner, (asset, _) in RUNNERS.items()
        if f"`filplus/{asset}`" not in rows.get(runner, "")
    }
    assert missing == {}
    assert rows[LEFT_OUT].strip() == "not implemented"


def test_reports_of_clients_are_made_after_what_sources_say(graph: dg.AssetGraph) -> None:
    observed = {"raw_lotus/client_status", "raw_url_finder/client_working_url"}
    assert observed <= _upstream(graph, "client_report_storage_provider_distribution")


def test_reports_of_allocators_are_made_after_those_of_clients(graph: dg.AssetGraph) -> None:
    assert "filplus/client_report_check_result" in _upstream(graph, "allocator_report")


def test_late_grants_remake_every_weekly_table_that_is_built_on_them(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    first = "client_allocator_distribution_weekly"
    starters = [["filplus", first], ["filplus", f"{first}_acc"]]
    built = dg.AssetSelection.assets(*starters).downstream().resolve(graph)
    weekly = {
        key.path[-1]
        for key in built
        if graph.get(key).is_materializable
        and isinstance(graph.get(key).partitions_def, dg.WeeklyPartitionsDefinition)
    }
    assert "allocator_compliance_weekly" in weekly
    assert weekly == set(_BUILT_ON_GRANTS)
