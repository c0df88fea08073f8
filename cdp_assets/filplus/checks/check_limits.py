"""What each report check allows, in words for alerts (G-06): from the rules, not from a result.

Metadata of a result hold what the platform stores, which is not a limit for every check. Scope: one
sentence per code, with the comparison that is computed; not here: comparing (``client_checks``,
``allocator_checks``).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from cdp_assets.filplus.checks.check_codes import CLIENT_CHECKS, shown_limit
from cdp_assets.filplus.scoring.rules import CheckRules

_SP = "STORAGE_PROVIDER_DISTRIBUTION"


def client_limits(rules: CheckRules) -> dict[str, str]:
    """Return the limit of each check of clients by code; without those that the rules skip."""
    return _known(
        {
            "MULTIPLE_ALLOCATORS": f"at most 1 allocator, {rules.glif_allocator} not counted",
            "INACTIVITY": f"received or spent datacap less than {rules.activity_window_days} days "
            "ago, or has none left",
            f"{_SP}_PROVIDERS_EXCEED_PROVIDER_DEAL": _percent(
                "no provider with more than {}% of the data",
                rules.client_report_max_provider_deal_percentage,
            ),
            f"{_SP}_PROVIDERS_EXCEED_MAX_DUPLICATION": _percent(
                "no provider with more than {}% duplicated data",
                rules.client_report_max_duplication_percentage,
            ),
            f"{_SP}_PROVIDERS_UNKNOWN_LOCATION": "the country of every provider known",
            f"{_SP}_ALL_LOCATED_IN_THE_SAME_REGION": "providers in more than one place",
            "STORAGE_PROVIDER_URL_FINDER_RETRIEVABILITY_ZERO": "every provider above 0%",
            "STORAGE_PROVIDER_URL_FINDER_RETRIEVABILITY_75": _percent(
                "every provider at {}% or more", 100 * rules.min_retrievability
            ),
            f"{_SP}_PROVIDERS_IPNI_MISREPORTING": "no provider that misreports to IPNI",
            f"{_SP}_PROVIDERS_IPNI_NOT_REPORTING": "every provider reports to IPNI",
            f"{_SP}_PROVIDERS_DECLARED_NOT_USED": "every declared provider used",
            f"{_SP}_PROVIDERS_NOT_DECLARED": _percent(
                "at most {}% of the providers used",
                rules.client_report_max_percentage_not_declared_providers,
            ),
            "DEAL_DATA_REPLICATION_LOW_REPLICA": _percent(
                "at most {}% of the data", rules.client_report_max_percentage_for_low_replica
            ),
            "DEAL_DATA_REPLICATION_HIGH_REPLICA": _percent(
                "at most {}% of the data", rules.client_report_max_percentage_for_high_replica
            ),
            "NOT_ENOUGH_COPIES": _percent(
                "at most {}% of the data", rules.client_report_max_percentage_for_required_copies
            ),
            "DEAL_DATA_REPLICATION_CID_SHARING": "data shared with no other client",
            "UNIQ_DATA_SET_SIZE_TO_DECLARED": _size_limit(rules),
        }
    )


def allocator_limits(rules: CheckRules) -> dict[str, str]:
    """Return the limit of each check of allocators by code; without those that the rules skip."""
    tranches = ", ".join(map(str, rules.tranche_percentages))
    return _known(
        {
            "CLIENT_MULTIPLE_ALLOCATORS": f"no client with more than 1 allocator, "
            f"{rules.glif_allocator} not counted",
            "CLIENT_NOT_ENOUGH_COPIES": _percent(
                "no client with more than {}% of its data in too few copies",
                rules.client_report_max_percentage_for_required_copies,
            ),
            "MANUAL_ALLOCATION_SCHEDULE": f"no allocation above {tranches}% of the request in turn "
            f"or {rules.tranche_max_growth} times the one before",
            **dict.fromkeys(
                CLIENT_CHECKS,
                _percent("at most {}% of the clients fail", rules.max_failing_clients_percentage),
            ),
        }
    )


def _size_limit(rules: CheckRules) -> str | None:
    allowed = rules.client_report_total_uniq_data_set_size_allow_exceeds_percentage
    return None if allowed is None else f"less than {100 + allowed}% of the declared dataset size"


def _percent(text: str, limit: Decimal | None) -> str | None:
    return None if limit is None else text.format(shown_limit(limit))


def _known(limits: Mapping[str, str | None]) -> dict[str, str]:
    return {code: limit for code, limit in limits.items() if limit is not None}
