"""Views of ``api_v1``: one per table that people read, typed, commented and open to readers."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from cdp_assets.filplus.reports.report_tables import (
    ALERTS_TABLE,
    ALLOCATOR_TABLES,
    CLIENT_TABLES,
    WEEKLY_TABLES,
)
from cdp_assets.settings import PROJECT_ROOT

pytestmark = pytest.mark.integration
# Files as received, and what explains a number that every row carries.
WITHOUT_VIEW = {
    "allocator_registry", "allocator_registry_archive", "allocator_client_bookkeeping",
    "edition5_audit_states", "edition5_audit_times", "edition5_pathways",
    "edition5_monthly_outcomes", "rule_version",
}  # fmt: skip
COLUMNS = """
select c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relnamespace::regnamespace::text = %s and c.relkind = any(%s)
"""


def columns(dsn: str, schema: str, *kinds: str) -> dict[str, dict[str, str]]:
    """Return the type of each column by table or view."""
    found: dict[str, dict[str, str]] = {}
    with psycopg.connect(dsn) as connection:
        for name, column, kind in connection.execute(COLUMNS, [schema, list(kinds)]):
            found.setdefault(name, {})[column] = kind
    return found


def test_every_table_that_people_read_has_a_view_with_all_its_columns(ready_dsn: str) -> None:
    tables = columns(ready_dsn, "filplus", "r", "p")
    views = columns(ready_dsn, "api_v1", "v")
    assert set(tables) - set(views) == WITHOUT_VIEW
    reports = (*CLIENT_TABLES, *ALLOCATOR_TABLES, *WEEKLY_TABLES, ALERTS_TABLE)
    assert {table.name for table in reports} <= set(views)
    for name in set(tables) & set(views):
        assert set(views[name]) == {*tables[name], "data_as_of"}, name


def test_times_carry_their_zone_and_weeks_are_dates(ready_dsn: str) -> None:
    for view, kinds in columns(ready_dsn, "api_v1", "v").items():
        for column, kind in kinds.items():
            assert "without time zone" not in kind, (view, column)
        assert kinds.get("week", "date") == "date", view
        assert kinds["data_as_of"] == "timestamp with time zone", view


def test_bytes_and_amounts_are_exact(ready_dsn: str) -> None:
    words = ("size", "allocation", "datacap", "amount", "balance", "pledge", "reward", "deposits")
    for view, kinds in columns(ready_dsn, "api_v1", "v").items():
        for column, kind in kinds.items():
            if any(word in column for word in words) and not column.startswith(("last_", "perc_")):
                assert kind not in ("double precision", "real"), (view, column)


@pytest.mark.parametrize("role", ["analyst", "api_ro", "metrics"])
def test_readers_see_every_view_and_write_none(ready_dsn: str, role: str) -> None:
    views = sorted(columns(ready_dsn, "api_v1", "v"))
    assert len(views) > 50
    with psycopg.connect(ready_dsn, autocommit=True) as connection:
        connection.execute(f"set role {role}")
        for view in views:
            connection.execute(f'select * from api_v1."{view}" limit 1')
        for schema in ("governance.input_overrides", "audit.log", "raw_dmob.verifier"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"select * from {schema}")


def test_a_day_is_shown_as_it_was_written_in_utc(ready_dsn: str) -> None:
    with psycopg.connect(ready_dsn) as connection:
        connection.execute("set timezone = 'Asia/Tokyo'")
        connection.execute(
            "insert into filplus.storage_provider_url_finder_daily_snapshot values "
            "(gen_random_uuid(), 'f01', '2026-03-14 00:00', '2026-03-14 23:30', 'SUCCESS')"
        )
        row = connection.execute(
            "select snapshot_date::text, (tested_at at time zone 'UTC')::text "
            "from api_v1.storage_provider_url_finder_daily_snapshot"
        ).fetchone()
    assert row == ("2026-03-14", "2026-03-14 23:30:00")


def test_the_query_of_the_guide_reads_the_overrides_of_a_report(ready_dsn: str) -> None:
    guide = (PROJECT_ROOT / "docs/how-to/correct-an-input.md").read_text(encoding="utf-8")
    (query,) = re.findall(r"```sql\n(.*?)```", guide, re.DOTALL)
    shown = {
        "override_id": 12, "entity_id": "f0300", "input_name": "audit", "original_value": ["A"],
        "value_used": ["B"], "reason": "as agreed", "approver": "bob",
        "expires_at": "2026-06-01T00:00:00+00:00",
    }  # fmt: skip
    with psycopg.connect(ready_dsn, options="-c timezone=UTC") as connection:
        connection.execute(
            "insert into filplus.allocator_report (id, create_date, allocator, multisig, "
            "clients_number, data_types, audit, is_metaallocator, report_day, rule_version, "
            "code_version, inputs_hash, input_watermarks, input_overrides) values "
            "(gen_random_uuid(), '2026-03-15 06:00', 'f0300', true, 0, '{}', '{}', false, "
            "'2026-03-15', 1, '1', '', '{}', %s)",
            [Jsonb([shown])],
        )
        cursor = connection.cursor(row_factory=dict_row)
        cursor.execute("set role analyst")
        (row,) = cursor.execute(query).fetchall()
    end = datetime(2026, 6, 1, tzinfo=UTC)
    assert row == {**shown, "expires_at": end, "allocator": "f0300",
                   "report_day": date(2026, 3, 15)}  # fmt: skip
