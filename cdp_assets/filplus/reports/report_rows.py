"""Rows of reports as the checks, the scores and the storage see them.

Named tuples, because a daily run builds half a million of them. Bytes are integers, rates and
percentages Decimal, times UTC; null means unknown or not measured. Scope: shapes; not here: how
they are built (``client_report``, ``allocator_report``).
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple


class Location(NamedTuple):
    """Where a provider's address is, as the newest look-up found it."""

    ip: str | None
    city: str | None
    region: str | None
    country: str | None
    loc: str | None
    org: str | None = None
    postal: str | None = None
    timezone: str | None = None
    hostname: str | None = None


class ProviderRow(NamedTuple):
    """One provider of one client (compliance §6.1).

    ``claims_count`` is the provider's total over all clients. ``inconsistent`` is null where
    consistency was not measured (R-21).
    """

    provider: str
    total_deal_size: int
    unique_data_size: int
    retrievability: Decimal | None
    consistent: Decimal | None
    inconsistent: Decimal | None
    ttfb: Decimal | None
    bandwidth: Decimal | None
    ipni_reporting_status: str
    ipni_reported_claims_count: int | None
    claims_count: int | None
    location: Location | None


class ReplicaRow(NamedTuple):
    """Data of a client by number of replicas; the percentage is truncated."""

    num_of_replicas: int
    total_deal_size: int
    unique_data_size: int
    percentage: Decimal


class SharingRow(NamedTuple):
    """Data that a client shares with another one."""

    other_client: str
    total_deal_size: int
    unique_cid_count: int


class AllocationRow(NamedTuple):
    """One grant to a client; ordered by time, then size. Time of the message, UTC."""

    timestamp: datetime
    allocation: int
