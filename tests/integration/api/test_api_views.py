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
from cdp_assets.settings import PROJECT_ROOT, publish_environment
from cdp_assets.stack import lifecycle as stack
from cdp_assets.stack.migrate import migrate_warehouse

pytestmark = pytest.mark.integration
# Tables whose rows nobody outside needs, with the reason.
WITHOUT_VIEW = {
    "validators.chain_configs": "what a config_hash stands for; canonical rows carry the hash",
    "validators.canonical_provenance": "payloads that a period was made from: internal",
}
# Columns that a view does not serve: the application names people, and so does an override, whose
# partner sees the final amount alone.
UNSERVED = {
    "allocator_client_bookkeeping": {"bookkeeping_info"},
    "partner_commission_lines": {
        "override_amount_native",
        "override_reason",
        "override_stale",
        "override_timestamp",
        "override_user_id",
    },
}
# Names of new views that tables of the live platform have otherwise: one name per quantity.
RENAMED = {
    "allocator_id": "allocator",
    "client_id": "client",
    "version": "rule_version",
    "check": "check_code",
}
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
    views = columns(ready_dsn, "api_v1", "v")
    tables = {
        f"{schema}.{table}": names
        for schema in ("filplus", "validators")
        for table, names in columns(ready_dsn, schema, "r", "p", "v").items()
        if "__" not in table  # the leaf of one chain
    }
    assert {name for name in tables if name.split(".")[1] not in views} == set(WITHOUT_VIEW)
    reports = (*CLIENT_TABLES, *ALLOCATOR_TABLES, *WEEKLY_TABLES, ALERTS_TABLE)
    assert {table.name for table in reports} <= set(views)
    for name, names in tables.items():
        view = name.split(".")[1]
        if name in WITHOUT_VIEW:
            continue
        for column in set(names) - UNSERVED.get(view, set()):
            served = {column, RENAMED.get(column, column)}
            assert served & set(views[view]), (name, column)
        assert not UNSERVED.get(view, set()) & set(views[view])
        assert "data_as_of" in views[view]


def test_every_mart_and_canonical_asset_has_a_view_of_its_name(ready_dsn: str) -> None:
    from cdp_assets.definitions import defs

    graph = defs.resolve_asset_graph()
    published = {
        key.path[-1]
        for key in graph.materializable_asset_keys
        if graph.get(key).tags.get("layer") in ("mart", "canonical")
    }
    assert len(published) > 60
    assert published <= set(columns(ready_dsn, "api_v1", "v"))


def test_every_column_of_a_view_and_of_ops_freshness_says_what_it_means(ready_dsn: str) -> None:
    with psycopg.connect(ready_dsn) as connection:
        bare = connection.execute(
            """
            select c.relname, a.attname from pg_class c
            join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where c.relnamespace = 'api_v1'::regnamespace
                and coalesce(col_description(c.oid, a.attnum), '') = ''
            """
        ).fetchall()
        copied = connection.execute(
            """
            select col_description(attrelid, attnum) from pg_attribute
            where attname = 'base_fees_native' and attrelid in (
                'api_v1.canonical_validator_fees'::regclass,
                'validators.canonical_validator_fees'::regclass
            )
            """
        ).fetchall()
    assert bare == []
    assert len(copied) == 2
    assert copied[0] == copied[1] != (None,)


# Served one more release beside the name that needs no quotes.
QUOTED = {
    ("compliance_alerts", "limit"),
    ("allocator_report_check_result", "check"),
    ("client_report_check_result", "check"),
}


def test_every_column_is_read_without_quotes_but_for_deprecated_ones(ready_dsn: str) -> None:
    refused = set()
    with psycopg.connect(ready_dsn, autocommit=True) as connection:
        for view, kinds in columns(ready_dsn, "api_v1", "v").items():
            for column in kinds:
                try:
                    connection.execute(f"select {column} from api_v1.{view} limit 0")
                except psycopg.errors.SyntaxError:
                    refused.add((view, column))
    assert refused == QUOTED


def test_an_old_name_holds_what_its_new_name_holds_and_says_so(ready_dsn: str) -> None:
    with psycopg.connect(ready_dsn) as connection:
        found = connection.execute(
            """
            select c.relname, a.attname,
                substring(col_description(c.oid, a.attnum) from 'Deprecated: ([a-z_]+) has')
            from pg_class c
            join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where c.relnamespace = 'api_v1'::regnamespace
                and col_description(c.oid, a.attnum) like 'Deprecated: % has the same value%'
            """
        ).fetchall()
        assert ("allocator", "id", "allocator") in found
        assert ("compliance_alerts", "limit", "limit_value") in found
        assert len(found) > 15
        for view, old, new in found:
            ((definition,),) = connection.execute(
                "select pg_get_viewdef(%s::regclass)", [f"api_v1.{view}"]
            ).fetchall()
            assert re.search(rf'\b"?{old}"? AS {new}\b', definition), (view, old)


def test_a_quantity_has_one_name_in_all_views(ready_dsn: str) -> None:
    of_validators = columns(
        ready_dsn, "validators", "r", "p"
    )  # clients there are partners' clients
    for view, kinds in columns(ready_dsn, "api_v1", "v").items():
        if view in of_validators or view in OF_PEOPLE:
            continue
        for old, new in (("allocator_id", "allocator"), ("client_id", "client")):
            assert old not in kinds or new in kinds, view
    for view, key in (
        ("allocator", "allocator"),
        ("client", "client"),
        ("provider", "provider"),
        ("allocator_report", "allocator_report_id"),
        ("client_report", "client_report_id"),
    ):
        assert key in columns(ready_dsn, "api_v1", "v")[view]


def test_percentages_of_latest_scores_are_numbers(ready_dsn: str) -> None:
    kinds = columns(ready_dsn, "api_v1", "v")["latest_scores"]
    for before in ("", "week_ago_", "month_ago_"):
        assert kinds[f"{before}total_score_percentage"] == "numeric"


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


# Decisions of people: rows by claims, which metrics has none of; the audit log is for api_ro alone.
OF_PEOPLE = {"agreements", "agreement_versions", "client_mappings", "introducers", "overrides"}
DENIED = {"api_ro": set[str](), "analyst": {"audit_log"}, "metrics": {"audit_log", *OF_PEOPLE}}


@pytest.mark.parametrize("role", ["analyst", "api_ro", "metrics"])
def test_readers_see_every_view_and_write_none(ready_dsn: str, role: str) -> None:
    views = sorted(columns(ready_dsn, "api_v1", "v"))
    assert len(views) > 50
    with psycopg.connect(ready_dsn, autocommit=True) as connection:
        connection.execute(f"set role {role}")
        for view in views:
            query = f'select * from api_v1."{view}" limit 1'
            if view in DENIED[role]:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(query)
            else:
                connection.execute(query)
        for schema in (
            "audit.access_log",
            "raw_dmob.verifier",
            "raw_dmob.unified_verified_deal",
            "filplus.allocator_client_bookkeeping",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"select * from {schema}")


def test_api_ro_reads_what_the_tutorial_says_and_nothing_else(ready_dsn: str) -> None:
    said = (PROJECT_ROOT / "docs/tutorials/first-hour.md").read_text(encoding="utf-8")
    assert "The role `api_ro` reads the views of `api_v1`, the tables behind them" in said
    with psycopg.connect(ready_dsn) as connection:
        connection.execute("set role api_ro")
        tables = connection.execute(
            "select relnamespace::regnamespace::text, relname, "
            "has_schema_privilege(relnamespace, 'usage') and has_table_privilege(oid, 'select'), "
            "has_table_privilege(oid, 'insert, update, delete, truncate') "
            "from pg_class where relkind in ('r', 'p', 'v', 'm') and not relispartition "
            "and relnamespace::regnamespace::text !~ '^(pg_|information_schema$)'"
        ).fetchall()
    schemas = {schema for schema, _, is_read, _ in tables if is_read}
    assert schemas == {"api_v1", "filplus", "validators", "ops", "governance", "audit"}
    assert {name for schema, name, is_read, _ in tables if schema == "api_v1" and not is_read} == (
        set()
    )
    closed = {f"{schema}.{name}" for schema, name, is_read, _ in tables if not is_read}
    assert {
        "filplus.allocator_client_bookkeeping",
        "audit.access_log",
        "governance.input_overrides",
        "staging.staging_payloads",
    } <= closed
    assert [name for _, name, _, is_written in tables if is_written] == []


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
    section = guide.split("## See it in a report")[1].split("\n## ")[0]
    (query,) = re.findall(r"```sql\n(.*?)```", section, re.DOTALL)
    shown = {
        "override_id": 12,
        "entity_id": "f0300",
        "input_name": "audit",
        "original_value": ["A"],
        "value_used": ["B"],
        "reason": "as agreed",
        "approver": "bob",
        "expires_at": "2026-06-01T00:00:00+00:00",
    }
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
    assert row == {
        **shown,
        "expires_at": end,
        "allocator": "f0300",
        "report_day": date(2026, 3, 15),
    }


@pytest.mark.parametrize(
    ("age", "pinned", "is_stale"),
    [
        ("1 hour", None, False),
        ("3 hours", None, True),
        ("400 days", "-400 days", False),
        (None, None, True),
    ],
    ids=["young", "old", "old but the clock is pinned to then", "never made"],
)
def test_freshness_tells_what_is_stale_by_the_pinned_clock(
    ready_dsn: str, age: str | None, pinned: str | None, is_stale: bool
) -> None:
    with psycopg.connect(ready_dsn) as connection:
        connection.execute(
            "insert into ops.asset_catalog (asset_key, description, owner, asset_group, layer, "
            "cadence, max_age_seconds) values ('a/b', '', '', '', '', '', 7200), "
            "('a/without_policy', '', '', '', '', '', null)"
        )
        if age is not None:
            connection.execute(
                "insert into ops.asset_partition_status (asset_key, partition_key, state, "
                "is_final, as_of) values ('a/b', '', 'MATERIALIZED', true, now() - %s::interval)",
                [age],
            )
        connection.execute("update ops.clock set as_of = now() + %s::interval", [pinned])
        found = dict(connection.execute("select asset_key, is_stale from ops.freshness").fetchall())
    assert found == {"a/b": is_stale, "a/without_policy": None}


def test_what_up_writes_makes_freshness_known_before_any_refresh(ready_dsn: str) -> None:
    publish_environment({"DATABASE_URL": ready_dsn})
    with psycopg.connect(ready_dsn, autocommit=True) as connection:
        connection.execute("set role api_ro")
        assert connection.execute("select count(*) from ops.freshness").fetchone() == (0,)
        stack.write_definitions()
        rows = connection.execute("select asset_key, is_stale from ops.freshness").fetchall()
    assert ("filplus/providers_weekly", True) in rows


def test_migrating_records_the_pinned_clock_and_forgets_it(ready_dsn: str) -> None:
    instant = datetime(2026, 8, 14, 12, tzinfo=UTC)
    for value, expected in ((instant.isoformat(), instant), ("", None)):
        publish_environment({"CDP_AS_OF": value})
        migrate_warehouse(ready_dsn)
        with psycopg.connect(ready_dsn, options="-c timezone=UTC") as connection:
            assert connection.execute("select as_of from ops.clock").fetchone() == (expected,)


def test_overrides_in_force_are_shown_with_who_approved_them(ready_dsn: str) -> None:
    with psycopg.connect(ready_dsn, options="-c timezone=UTC") as connection:
        for days, expires, approver in ((3, 9, "ann"), (2, 9, "bob"), (2, 1, "eve"), (1, 9, "dan")):
            connection.execute(
                "insert into governance.input_overrides (entity_kind, entity_id, input_name, "
                "value, reason, requested_by, approver, added_at, expires_at, run_id) values "
                "('provider', 'f01000', 'retrievability', '\"0.5\"', 'measured again', 'carol', "
                "%s, now() - %s * interval '1 day', now() - %s * interval '1 day' "
                "+ %s * interval '1 day', 'r')",
                [approver, days, days, expires],
            )
        connection.execute(
            "insert into governance.input_override_withdrawals (override_id, reason, "
            "requested_by, approver, withdrawn_at, run_id) "
            "select override_id, 'the file was mended', 'carol', 'fay', now(), 'r' "
            "from governance.input_overrides where approver = 'dan'"
        )
        connection.execute("set role analyst")
        rows = connection.execute(
            "select approver, is_used, requested_by from api_v1.overrides_in_force "
            "order by override_id"
        ).fetchall()
    assert rows == [("ann", False, "carol"), ("bob", True, "carol")]
