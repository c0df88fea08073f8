"""The worked example of the Filecoin Plus specification (compliance §12): input rows as data.

Scope: exactly the rows of that page, and loading them; not here: the expected tables (tests) and
generated rows (``dmob``).
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg

NOW = datetime(2024, 3, 15, 12, tzinfo=UTC)

# (dealId, clientId, providerId, sectorId, pieceCid, pieceSize, termStart)
DEALS: tuple[tuple[int, str, str, str, str, int, int], ...] = (
    (0, "100", "200", "1", "A", 32, 3_698_160),
    (0, "100", "200", "2", "A", 32, 3_698_280),
    (7, "100", "201", "3", "A", 32, 3_706_920),
    (0, "100", "201", "4", "B", 64, 3_727_200),
    (0, "101", "200", "5", "A", 32, 3_727_260),
    (0, "101", "202", "0", "C", 16, 3_727_260),
    (3, "101", "200", "9", "Z", 8, 3_000_000),
)
# (addressId, verifierAddressId, height, allowance)
CLIENT_ALLOWANCES: tuple[tuple[str, str, int, int], ...] = (
    ("f0100", "f0300", 3_698_400, 100),
    ("f0100", "f0300", 3_727_000, 50),
    ("f0101", "f0300", 3_707_000, 40),
    ("f0101", "f0301", 3_707_000, 60),
    ("f0101", "f0301", 2_900_000, 20),
)
# (addressId, height, allowance)
ALLOCATOR_ALLOWANCES: tuple[tuple[str, int, int], ...] = (
    ("f0301", 2_800_000, 100),
    ("f0300", 2_800_000, 70),
)
# (day, provider, success rate 0-1): rows of `provider_url_finder_retrievability_daily`.
URL_FINDER_RATES: tuple[tuple[datetime, str, Decimal | None], ...] = (
    (datetime(2024, 2, 28, tzinfo=UTC), "f0200", Decimal("0.2")),
    (datetime(2024, 3, 2, tzinfo=UTC), "f0200", Decimal("0.5")),
    (datetime(2024, 3, 6, tzinfo=UTC), "f0200", Decimal("0.9")),
    (datetime(2024, 3, 7, tzinfo=UTC), "f0200", None),
    (datetime(2024, 3, 12, tzinfo=UTC), "f0201", Decimal("0.8")),
    (datetime(2024, 3, 12, tzinfo=UTC), "f0200", Decimal("0.4")),
)


def load_worked_example(connection: psycopg.Connection[Any]) -> None:
    """Create the eight relations in schema ``public`` with the example's rows, in one transaction.

    Raises:
        psycopg.errors.DuplicateTable: The database is not empty.
    """
    schema = Path(__file__).with_name("dmob_schema.sql").read_text(encoding="utf-8")
    with connection.transaction():
        connection.execute("create schema if not exists public")
        connection.execute("set local search_path = public")
        connection.execute(schema)
        with connection.cursor() as cursor:
            cursor.executemany(
                """insert into unified_verified_deal ("dealId", "clientId", "providerId",
                    "sectorId", "pieceCid", "pieceSize", "termStart")
                    values (%s, %s, %s, %s, %s, %s, %s)""",
                DEALS,
            )
            cursor.executemany(
                """insert into verified_client_allowance ("addressId", "verifierAddressId",
                    "height", "allowance") values (%s, %s, %s, %s)""",
                CLIENT_ALLOWANCES,
            )
            cursor.executemany(
                """insert into verifier_allowance ("addressId", "height", "allowance")
                    values (%s, %s, %s)""",
                ALLOCATOR_ALLOWANCES,
            )
        connection.execute("refresh materialized view unique_providers")
