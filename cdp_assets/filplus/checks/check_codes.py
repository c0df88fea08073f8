"""Codes of report checks with their names and descriptions (compliance §6.3, §6.4.1).

Scope: texts and the form of a result; not here: when a check passes (``client_checks``,
``allocator_checks``).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

_SP = "STORAGE_PROVIDER_DISTRIBUTION"
DEPRECATED_CODES = (
    f"{_SP}_PROVIDERS_RETRIEVABILITY_ZERO",
    f"{_SP}_PROVIDERS_RETRIEVABILITY_75",
)


class CheckText(NamedTuple):
    """Display name of a check, and what a passing check means."""

    name: str
    description: str


class CheckResult(NamedTuple):
    """Outcome of one check of one report; metadata holds ``msg`` and the limits."""

    check: str
    result: bool
    metadata: dict[str, Any]


def shown_limit(limit: Decimal) -> int | float:
    """Return a limit as metadata and messages show it: 25, not 25.0."""
    return int(limit) if limit == limit.to_integral_value() else float(limit)


CLIENT_CHECKS: Mapping[str, CheckText] = {
    "MULTIPLE_ALLOCATORS": CheckText(
        "Multiple allocators",
        "The client receives datacap from one allocator at most, Glif's not counted.",
    ),
    "INACTIVITY": CheckText(
        "Inactivity",
        "The client received or spent datacap in the last 60 days, or has none left that is known.",
    ),
    f"{_SP}_PROVIDERS_EXCEED_PROVIDER_DEAL": CheckText(
        "Providers above their share", "No provider holds more than its share of the data."
    ),
    f"{_SP}_PROVIDERS_EXCEED_MAX_DUPLICATION": CheckText(
        "Duplicated data", "No provider holds too much of the data twice."
    ),
    f"{_SP}_PROVIDERS_UNKNOWN_LOCATION": CheckText(
        "Unknown locations", "The country of every provider is known."
    ),
    f"{_SP}_ALL_LOCATED_IN_THE_SAME_REGION": CheckText(
        "Same region", "The providers are in more than one place."
    ),
    "STORAGE_PROVIDER_URL_FINDER_RETRIEVABILITY_ZERO": CheckText(
        "No retrievability", "Every provider has a retrievability above zero."
    ),
    "STORAGE_PROVIDER_URL_FINDER_RETRIEVABILITY_75": CheckText(
        "Retrievability below 75 %", "Every provider has a retrievability of 75 % or more."
    ),
    f"{_SP}_PROVIDERS_IPNI_MISREPORTING": CheckText(
        "IPNI misreporting", "No provider reports too few entries to IPNI."
    ),
    f"{_SP}_PROVIDERS_IPNI_NOT_REPORTING": CheckText(
        "IPNI not reporting", "Every provider reports to IPNI."
    ),
    f"{_SP}_PROVIDERS_DECLARED_NOT_USED": CheckText(
        "Declared providers not used", "Every declared provider holds data."
    ),
    f"{_SP}_PROVIDERS_NOT_DECLARED": CheckText(
        "Providers not declared", "Enough of the providers used were declared."
    ),
    "DEAL_DATA_REPLICATION_LOW_REPLICA": CheckText(
        "Low replica", "Little of the data has too few replicas."
    ),
    "DEAL_DATA_REPLICATION_HIGH_REPLICA": CheckText(
        "High replica", "Little of the data has too many replicas."
    ),
    "NOT_ENOUGH_COPIES": CheckText(
        "Not enough copies", "Little of the data has fewer copies than the allocator requires."
    ),
    "DEAL_DATA_REPLICATION_CID_SHARING": CheckText(
        "CID sharing", "The client shares no data with other clients."
    ),
    "UNIQ_DATA_SET_SIZE_TO_DECLARED": CheckText(
        "Unique dataset size",
        "The unique data is less than 105 % of the declared dataset.",
    ),
}

ALLOCATOR_CHECKS: Mapping[str, CheckText] = {
    "CLIENT_MULTIPLE_ALLOCATORS": CheckText(
        "Clients with multiple allocators",
        "No client receives datacap from several allocators, Glif's not counted.",
    ),
    "CLIENT_NOT_ENOUGH_COPIES": CheckText(
        "Clients with not enough copies",
        "No client keeps more than 34 % of its data in fewer copies than required.",
    ),
    "MANUAL_ALLOCATION_SCHEDULE": CheckText(
        "Standard tranche schedule", "Allocations follow the standard tranche schedule."
    ),
    **{
        code: CheckText(
            f"{text.name} of clients",
            f"At most half of the clients fail: {text.description[0].lower()}"
            f"{text.description[1:]}",
        )
        for code, text in CLIENT_CHECKS.items()
    },
}
