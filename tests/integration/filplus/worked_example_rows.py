"""Rows of the tables of allocators, entities and old datacap in the worked example (§12).

As the page prints them, every column in its place; tables that the page leaves out are worked out
by hand from the same source rows. Belongs here: rows. Does not: making them.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.integration.filplus.reference import stored

Row = tuple[Any, ...]


def _t(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return stored(2024, month, day, hour).replace(minute=minute)


W0, W1, W2, W3 = _t(2, 19), _t(2, 26), _t(3, 4), _t(3, 11)


def _allocator_week(
    week: datetime, allocator: str, clients: int, big: int, total: int, rate: float
) -> Row:
    """Return a row; no provider of the example that was tested has a rate of 0."""
    return (week, allocator, clients, big, total, None, None, rate, rate != 0)


ALLOCATOR_ROWS: dict[str, list[Row]] = {
    "client_allocator_distribution_weekly": [
        (W1, "f0100", "f0300", 1, 100),
        (W2, "f0101", "f0300", 1, 40),
        (W2, "f0101", "f0301", 1, 60),
        (W3, "f0100", "f0300", 1, 50),
    ],
    "client_allocator_distribution_weekly_acc": [
        (W1, "f0100", "f0300", 1, 100),
        (W2, "f0100", "f0300", 1, 100),
        (W2, "f0101", "f0300", 1, 40),
        (W2, "f0101", "f0301", 1, 60),
        (W3, "f0100", "f0300", 2, 150),
        (W3, "f0101", "f0300", 1, 40),
        (W3, "f0101", "f0301", 1, 60),
    ],
    "allocators_weekly": [
        _allocator_week(W1, "f0300", 1, 100, 100, 0.5),
        _allocator_week(W2, "f0300", 1, 40, 40, 0.0),
        _allocator_week(W2, "f0301", 1, 60, 60, 0.0),
        _allocator_week(W3, "f0300", 1, 50, 50, 0.8),
    ],
    "allocators_weekly_acc": [
        _allocator_week(W1, "f0300", 1, 100, 100, 0.5),
        _allocator_week(W2, "f0300", 2, 100, 140, 0.0),
        _allocator_week(W2, "f0301", 1, 60, 60, 0.0),
        _allocator_week(W3, "f0300", 2, 150, 190, 36 / 65),
        _allocator_week(W3, "f0301", 1, 60, 60, 4 / 15),
    ],
    "old_datacap_balance_weekly": [
        (W0, "f0301", 80, 0),
        (W1, "f0301", 80, 0),
        (W2, "f0301", 20, 60),
        (W3, "f0301", 20, 0),
    ],
    "old_datacap_client_balance_weekly": [
        (W0, "f0101", 12, 0),
        (W1, "f0101", 12, 0),
        (W2, "f0101", 72, 0),
        (W3, "f0101", 24, 48),
    ],
}
ENTITY_ROWS: dict[str, list[Row]] = {
    "allocator": [],
    "client": [],
    "client_datacap_allocation": [
        (1, "f0100", "f0300", Decimal(100), _t(3, 1, 2)),
        (2, "f0100", "f0300", Decimal(50), _t(3, 11, 0, 20)),
        (3, "f0101", "f0300", Decimal(40), _t(3, 4, 1, 40)),
        (4, "f0101", "f0301", Decimal(60), _t(3, 4, 1, 40)),
    ],
    "old_datacap_balance_nv22": [("f0301", 80)],
    "old_datacap_client_balance_nv22": [("f0101", 12)],
    "provider": [
        ("f0200", 4, 104, 2, 3_727_260, 3_000_000),
        ("f0201", 2, 96, 1, 3_727_200, 3_706_920),
        ("f0202", 0, 0, 0, 0, 0),
    ],
    "provider_first_client": [("f0200", "f0100"), ("f0201", "f0100"), ("f0202", "f0101")],
    "clients_stats_daily": [(_t(3, 15), 0, 0, 0)],
    "allocator_client_stats_daily": [],
}
