"""Reports over a real Postgres: rows, ids, once-only writing, correction of known defects."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cdp_assets.errors import BadConfiguration, MissingUpstream
from cdp_assets.filplus.checks.check_codes import ALLOCATOR_CHECKS, CLIENT_CHECKS
from cdp_assets.filplus.reports.generation import (
    generate_allocator_reports,
    generate_client_reports,
)
from cdp_assets.filplus.reports.report_tables import (
    ALERTS_TABLE,
    ALLOCATOR_TABLES,
    CLIENT_TABLES,
    WEEKLY_TABLES,
)
from cdp_assets.filplus.scoring.rules import FILE, RuleBook, load_rules
from tests.integration.filplus.report_world import NOW, TIB, ReportWorld

pytestmark = pytest.mark.integration
NIGHT = NOW.replace(hour=1)
NEVER_WRITTEN = {
    "id", "retrievability_success_rate", "retrievability_success_rate_http",
    "avg_retrievability_success_rate", "avg_retrievability_success_rate_http",
}  # fmt: skip


@pytest.fixture
def world(warehouse_dsn: str) -> Iterator[ReportWorld]:
    with psycopg.connect(warehouse_dsn) as connection:
        yield ReportWorld(connection)


def night(world: ReportWorld, rules: RuleBook | None = None, now: datetime = NOW) -> None:
    """Client reports at one, allocator reports at six."""
    book = rules or load_rules()
    with world.connection.cursor() as cursor:
        generate_client_reports(world.connection, cursor, now.replace(hour=1), book)
        generate_allocator_reports(world.connection, cursor, now, book)


def rows(world: ReportWorld, query: str, *values: Any) -> list[tuple[Any, ...]]:
    return world.connection.execute(query, values).fetchall()


def client_value(world: ReportWorld, client: str, column: str) -> Any:
    return rows(world, f"select {column} from filplus.client_report where client = %s", client)[0][
        0
    ]


def allocator_value(world: ReportWorld, allocator: str, column: str) -> Any:
    query = f"select {column} from filplus.allocator_report where allocator = %s"
    return rows(world, query, allocator)[0][0]


def contents(world: ReportWorld) -> dict[str, list[tuple[Any, ...]]]:
    return {
        table.name: rows(world, f"select * from filplus.{table.name} order by {table.name}::text")
        for table in (*CLIENT_TABLES, *ALLOCATOR_TABLES)
    }


def test_declared_columns_are_those_of_the_database(world: ReportWorld) -> None:
    for table in (*CLIENT_TABLES, *ALLOCATOR_TABLES, *WEEKLY_TABLES, ALERTS_TABLE):
        found = rows(
            world,
            "select column_name, data_type from information_schema.columns "
            "where table_schema = 'filplus' and table_name = %s order by ordinal_position",
            table.name,
        )
        declared = table.column_names
        assert declared == [n for n, _ in found if n in declared], table.name
        assert {name for name, _ in found} - set(declared) <= NEVER_WRITTEN, table.name
        assert all(column.description for column in table.schema().columns)


def test_a_night_gives_every_client_seventeen_checks_and_every_allocator_twenty(
    world: ReportWorld,
) -> None:
    world.standard()
    night(world)
    per_client = rows(world, """select r.client, count(*), count(distinct k.check)
        from filplus.client_report r join filplus.client_report_check_result k
        on k.client_report_id = r.id group by 1 order by 1""")  # fmt: skip
    assert per_client == [(f"f010{n}", len(CLIENT_CHECKS), 17) for n in range(4)]
    per_allocator = rows(world, """select r.allocator, count(*), count(distinct k.check)
        from filplus.allocator_report r join filplus.allocator_report_check_result k
        on k.allocator_report_id = r.id group by 1 order by 1""")  # fmt: skip
    assert per_allocator == [(f"f030{n}", len(ALLOCATOR_CHECKS), 20) for n in range(3)]


def test_a_night_scores_eight_components_or_six(world: ReportWorld) -> None:
    world.standard()
    night(world)
    found = rows(world, """select r.allocator, count(*), sum(e.largest_points)
        from filplus.allocator_report r
        join filplus.allocator_report_scoring_result s on s.allocator_report_id = r.id
        join filplus.allocator_score_explained e
            on e.allocator_report_id = r.id and e.component = s.metric
        group by 1 order by 1""")  # fmt: skip
    assert found == [("f0300", 8, 48), ("f0301", 8, 48), ("f0302", 6, 24)]
    strays = rows(world, """select count(*) from filplus.allocator_report_scoring_result s
        where not exists (select from filplus.allocator_report_scoring_result_range g
            where g.scoring_result_id = s.id and g.score = s.score)""")  # fmt: skip
    assert strays == [(0,)]


def test_scores_of_the_standard_world_are_those_computed_by_hand(world: ReportWorld) -> None:
    world.standard()
    night(world)
    found = {
        metric: (value, score)
        for metric, value, score in rows(
            world,
            """select s.metric, s.metric_value, s.score
            from filplus.allocator_report_scoring_result s
            join filplus.allocator_report r on r.id = s.allocator_report_id
            where r.allocator = 'f0300'""",
        )  # fmt: skip
    }
    # Clients f0100 (1 TiB, shares 1 TiB) and f0101 (2 TiB, shares half a TiB), each with 6 of 10
    # TiB at f0201, which misreports; 7 and 8 TiB unique per provider, 7 TiB over replicas.
    assert found["IPNI_REPORTING"] == (40.0, 0)
    assert found["CID_SHARING"] == (50.0, 0)
    assert found["DUPLICATED_DATA"] == (25.0, 0)
    assert found["UNIQUE_DATA_SET_SIZE"] == (70.0, 1)
    assert found["CLIENT_PREVIOUS_APPLICATIONS"] == (50.0, 0)
    # Shares 0.66 and 1.33 of the mean: (1.33 - 0.66) / 2.
    assert found["EQUALITY_OF_DATACAP_DISTRIBUTION"] == (0.335, 0)
    # Two clients in six months.
    assert found["CLIENT_DIVERSITY"] == (pytest.approx(1 / 3), 0)
    # Rates 0.25 and 0.5 for f0100, 0.25 and 0.75 for f0101: the mean 0.4375 is the median of the
    # three allocators (0.375, 0.4375, 0.625), and the 25th percentile lies below.
    assert found["URL_FINDER_RETRIEVABILITY"] == (43.75, 5)


def test_the_client_report_holds_what_the_page_says(world: ReportWorld) -> None:
    world.standard()
    night(world)
    row = rows(world, """select client_address, allocators, organization_name, application_url,
        is_public_dataset, using_client_contract, storage_provider_ids_declared,
        last_datacap_spent, last_datacap_received, low_replica_threshold, high_replica_threshold,
        allocator_required_copies, total_requested_amount, expected_size_of_single_dataset,
        total_uniq_data_set_size, create_date, id, rule_version
        from filplus.client_report where client = 'f0101'""")  # fmt: skip
    grant = NOW - timedelta(days=39)
    assert row == [(
        "f1f0101", ["f0300"], "Org f0101", "https://example.org/f0101", True, False,
        ["f0201", "f0202"], (NOW - timedelta(days=10)).replace(hour=3, tzinfo=None),
        grant.replace(tzinfo=None), 4, 8, "2", 100 * TIB, 10 * TIB, 7 * TIB,
        NIGHT.replace(tzinfo=None), 2, 1,
    )]  # fmt: skip
    providers = rows(world, """select d.provider, total_deal_size,
        retrievability_success_rate_url_finder, inconsistent_retrievability,
        ipni_reporting_status, claims_count, declared_in_application_file, l.city
        from filplus.client_report_storage_provider_distribution d
        join filplus.client_report r on r.id = d.client_report_id
        left join filplus.client_report_storage_provider_distribution_location l
            on l.client_report_id = r.id and l.provider = d.provider
        where r.client = 'f0101' order by d.provider""")  # fmt: skip
    assert providers == [
        ("f0201", 6 * TIB, 0.25, 0.5, "MISREPORTING", 10, True, "City 1"),
        ("f0203", 4 * TIB, 0.75, 0.5, "OK", 10, False, "City 3"),
    ]
    replicas = rows(world, """select num_of_replicas, percentage
        from filplus.client_report_replica_distribution d
        join filplus.client_report r on r.id = d.client_report_id
        where r.client = 'f0101' order by 1""")  # fmt: skip
    assert replicas == [(1, 30.0), (2, 70.0)]
    sharing = rows(
        world,
        """select other_client, total_deal_size, other_client_application_url
        from filplus.client_report_cid_sharing s
        join filplus.client_report r on r.id = s.client_report_id where r.client = 'f0101'""",
    )
    assert sharing == [("f0100", TIB // 2, "https://example.org/f0100")]


def test_the_same_night_again_changes_nothing(world: ReportWorld) -> None:
    world.standard()
    night(world)
    before = contents(world)
    with world.connection.cursor() as cursor:
        again = generate_client_reports(world.connection, cursor, NIGHT, load_rules())
        more = generate_allocator_reports(world.connection, cursor, NOW, load_rules())
    assert (again.entities, sum(again.rows.values())) == (4, 0)
    assert (more.entities, sum(more.rows.values())) == (3, 0)
    assert contents(world) == before


def test_the_same_inputs_in_another_warehouse_give_the_same_ids(
    world: ReportWorld, warehouse_dsn: str
) -> None:
    world.standard()
    night(world)
    ids = rows(world, "select allocator, id from filplus.allocator_report order by 1")
    world.connection.rollback()
    again = ReportWorld(world.connection)
    again.standard()
    night(again)
    assert rows(again, "select allocator, id from filplus.allocator_report order by 1") == ids


def test_one_allocator_alone_after_the_night_gives_the_same_report(world: ReportWorld) -> None:
    world.standard()
    night(world)
    with world.connection.cursor() as cursor:
        done = generate_allocator_reports(
            world.connection, cursor, NOW, load_rules(), allocators=["f2f0301"]
        )
    assert (done.entities, sum(done.rows.values()), done.left_out) == (1, 0, {})


def test_a_changed_input_makes_a_second_report_and_leaves_the_first(world: ReportWorld) -> None:
    world.standard()
    night(world)
    first = rows(world, "select * from filplus.client_report where client = 'f0100'")
    world.connection.execute(
        "update filplus.client_provider_distribution set total_deal_size = total_deal_size + 1 "
        "where client = 'f0100' and provider = 'f0201'"
    )
    night(world)
    now = rows(world, "select * from filplus.client_report where client = 'f0100' order by id")
    assert len(now) == 2
    assert now[0] == first[0]
    counts = rows(world, "select client, count(*) from filplus.client_report group by 1 order by 1")
    assert counts == [("f0100", 2), ("f0101", 1), ("f0102", 1), ("f0103", 1)]


def test_a_new_rule_version_makes_new_reports_and_old_ones_stay(
    world: ReportWorld, tmp_path: Path
) -> None:
    world.standard()
    night(world)
    before = contents(world)
    text = FILE.read_text(encoding="utf-8")
    head, body = text.split("versions:\n")
    second = body.replace("version: 1", "version: 2").replace("2024-03-01", "2026-01-01")
    second = second.replace(
        "percentage_for_required_copies: 34", "percentage_for_required_copies: 20"
    )
    path = tmp_path / "scoring_rules.yaml"
    path.write_text(f"{head}versions:\n{body}\n{second}", encoding="utf-8")
    night(world, load_rules(path))
    after = contents(world)
    assert all(set(map(str, before[t])) <= set(map(str, after[t])) for t in before)
    versions = rows(
        world, "select rule_version, count(*) from filplus.allocator_report group by 1 order by 1"
    )  # noqa: E501
    assert versions == [(1, 3), (2, 3)]
    assert rows(world, "select count(*) from filplus.rule_version") == [(2,)]


def test_rules_changed_under_a_known_version_are_refused(
    world: ReportWorld, tmp_path: Path
) -> None:
    world.standard()
    night(world)
    path = tmp_path / "scoring_rules.yaml"
    text = FILE.read_text(encoding="utf-8")
    path.write_text(text.replace("min_retrievability: 0.75", "min_retrievability: 0.7"))
    with pytest.raises(BadConfiguration, match="write the change as a new one"):
        night(world, load_rules(path))


@pytest.mark.parametrize(
    "statement",
    [
        "update filplus.allocator_report set name = 'x'",
        "delete from filplus.client_report_check_result",
        "truncate filplus.allocator_score_explained",
        "update filplus.allocator_report_scoring_result set score = 0",
    ],
)
def test_a_stored_report_cannot_be_changed(world: ReportWorld, statement: str) -> None:
    world.standard()
    night(world)
    with pytest.raises(psycopg.errors.RaiseException, match="never change"):
        world.connection.execute(statement)


def test_a_missing_input_table_is_named(world: ReportWorld) -> None:
    world.connection.execute("drop table filplus.cid_sharing")
    with pytest.raises(MissingUpstream, match="filplus.cid_sharing"):
        night(world)


def test_an_allocator_nobody_knows_is_left_out_by_name_and_the_rest_is_stored(
    world: ReportWorld,
) -> None:
    world.standard()
    world.registry("f0399")
    with world.connection.cursor() as cursor:
        done = generate_allocator_reports(world.connection, cursor, NOW, load_rules())
    assert done.entities == 3
    assert list(done.left_out) == ["f0399"]


def test_a_registry_row_is_found_by_its_address(world: ReportWorld) -> None:
    world.allocator("f0300", registered=False)
    world.registry("f0399", allocator_address="f2f0300")
    night(world)
    assert rows(world, "select allocator, data_type from filplus.allocator_report") == [
        ("f0300", None)
    ]
    assert rows(world, "select count(*) from filplus.allocator_score_explained") == [(0,)]


def test_a_metaallocator_reports_on_the_clients_of_its_virtual_allocators(
    world: ReportWorld,
) -> None:
    world.allocator("f0300", is_meta=True, address_eth="0xAbC")
    world.allocator("f0310", registered=False, is_virtual=True, dc_source="0xaBc")
    world.allocator("f0311", registered=False, is_virtual=True, dc_source="0xdef")
    world.client("f0100", "f0310")
    world.client("f0101", "f0311")
    night(world)
    assert rows(
        world, "select client_id, total_allocations from filplus.allocator_report_client"
    ) == [("f0100", TIB)]


def test_clients_of_contracts_are_not_in_an_allocators_report(world: ReportWorld) -> None:
    world.standard()
    world.connection.execute("insert into raw_dmob.client_contract values (1, 'f0101', 1)")
    night(world)
    clients = rows(world, """select c.client_id from filplus.allocator_report_client c
        join filplus.allocator_report r on r.id = c.allocator_report_id
        where r.allocator = 'f0300'""")  # fmt: skip
    assert clients == [("f0100",)]


def test_r23_total_allocations_keep_every_byte_past_two_to_the_53(world: ReportWorld) -> None:
    world.allocator("f0300")
    world.client("f0100", "f0300", grants=(2**53, 1))
    night(world)
    assert rows(world, "select total_allocations from filplus.allocator_report_client") == [
        (2**53 + 1,)
    ]


def test_r24_the_application_is_that_of_the_first_allowance(world: ReportWorld) -> None:
    world.allocator("f0300")
    world.client("f0100", "f0300", grants=(1, 2))
    world.connection.execute(
        "update raw_dmob.verified_client_allowance set audit_trail = 'later' where allowance = 2"
    )
    night(world)
    assert rows(world, "select application_url from filplus.allocator_report_client") == [
        ("https://example.org/f0100",)
    ]


@pytest.mark.parametrize("rate", [None, 0.0])
def test_a_stored_null_rate_counts_as_zero(world: ReportWorld, rate: float | None) -> None:
    world.allocator("f0300")
    world.client("f0100", "f0300")
    for provider, value in (("f0201", 1.0), ("f0202", rate)):
        world.provider(provider, rate=value)
        world.deals("f0100", provider, TIB, TIB)
    night(world)
    assert allocator_value(world, "f0300", "avg_retrievability_success_rate_url_finder") == 0.5


def test_a_provider_that_nobody_measured_counts_as_zero_and_no_provider_is_null(
    world: ReportWorld,
) -> None:
    world.allocator("f0300")
    world.allocator("f0301")
    world.client("f0100", "f0300")
    world.client("f0101", "f0301")
    world.provider("f0201", rate=1.0)
    world.deals("f0100", "f0201", TIB, TIB)
    world.deals("f0100", "f0209", TIB, TIB)
    night(world)
    column = "avg_retrievability_success_rate_url_finder"
    assert allocator_value(world, "f0300", column) == 0.5
    assert allocator_value(world, "f0301", column) is None
    states = rows(world, """select allocator, state, points from filplus.allocator_score_explained
        where component = 'URL_FINDER_RETRIEVABILITY' order by 1""")  # fmt: skip
    assert states == [("f0300", "measured", 15), ("f0301", "not measured", 0)]


def test_r21_consistency_that_was_not_measured_is_null(world: ReportWorld) -> None:
    world.allocator("f0300")
    world.client("f0100", "f0300")
    world.provider("f0201", consistent=None)
    world.deals("f0100", "f0201", TIB, TIB)
    night(world)
    found = rows(world, """select consistent_retrievability, inconsistent_retrievability
        from filplus.allocator_report_storage_provider_distribution""")  # fmt: skip
    assert found == [(None, None)]


def test_the_newest_measurement_counts_also_when_it_is_null(world: ReportWorld) -> None:
    world.allocator("f0300")
    world.client("f0100", "f0300")
    world.provider("f0201", rate=None)
    world.measure("f0201", "RPA_RETRIEVABILITY", 0.8, days_ago=2)
    world.deals("f0100", "f0201", TIB, TIB)
    night(world)
    found = rows(world, """select retrievability_success_rate_url_finder
        from filplus.client_report_storage_provider_distribution""")  # fmt: skip
    assert found == [(None,)]


def test_r22_no_deal_after_a_grant_gives_null_seconds(world: ReportWorld) -> None:
    world.allocator("f0300")
    world.client("f0100", "f0300")
    night(world)
    assert client_value(world, "f0100", "avg_secs_to_first_deal") is None
    assert allocator_value(world, "f0300", "avg_secs_to_first_deal") is None


def test_seconds_to_the_first_deal_ignore_the_hour_of_the_grant(world: ReportWorld) -> None:
    world.allocator("f0300")
    granted = datetime(2026, 3, 1, 10, 15, tzinfo=UTC)
    world.client("f0100", "f0300", first_grant=granted, grants=(1, 2))
    world.hour("f0100", granted.replace(minute=0))
    world.hour("f0100", granted.replace(hour=12, minute=0))
    night(world)
    # The second grant, a day later, was followed by no deal.
    assert client_value(world, "f0100", "avg_secs_to_first_deal") == 6300.0
    assert allocator_value(world, "f0300", "avg_secs_to_first_deal") == 6300.0


def test_r26_the_application_decides_where_the_registry_has_no_row(world: ReportWorld) -> None:
    world.allocator("f0300", registered=False)
    world.allocator("f0301", data_type="enterprise")
    world.client("f0100", "f0300", is_public_dataset=True)
    world.client("f0101", "f0300", is_public_dataset=None)
    world.client("f0102", "f0301", is_public_dataset=True)
    night(world)
    assert [client_value(world, f"f010{n}", "is_public_dataset") for n in range(3)] == [
        True, None, False,
    ]  # fmt: skip


def test_r27_the_first_allocator_is_the_one_with_the_smallest_row_id(world: ReportWorld) -> None:
    world.allocator("f0300")
    world.allocator("f0121877", registered=False)
    world.allocator("f0301", data_type="enterprise", required_replicas="7")
    world.client("f0100", "f0121877", applied=False)
    world.client("f0100", "f0301")
    world.client("f0100", "f0300", applied=False)
    night(world)
    assert client_value(world, "f0100", "allocators") == ["f0121877", "f0301", "f0300"]
    assert client_value(world, "f0100", "allocator_required_copies") == "7"


def test_an_allocators_checks_count_its_active_clients(world: ReportWorld) -> None:
    world.standard()
    world.connection.execute(
        "update filplus.client_claims_hourly set hour = hour - interval '100 days' "
        "where client = 'f0101'"
    )
    night(world)
    found = rows(world, """select k.check, (k.metadata->>'clients_count')::int
        from filplus.allocator_report_check_result k
        join filplus.allocator_report r on r.id = k.allocator_report_id
        where r.allocator = 'f0300' and k.check in ('INACTIVITY', 'MULTIPLE_ALLOCATORS')
        order by 1""")  # fmt: skip
    assert found == [("INACTIVITY", 2), ("MULTIPLE_ALLOCATORS", 1)]


def test_peers_are_the_reports_of_the_day_before(world: ReportWorld) -> None:
    world.standard()
    night(world, now=NOW - timedelta(days=1))
    night(world)
    found = rows(
        world,
        """select e.report_day, e.peers_average is null,
        cardinality(e.peer_values) from filplus.allocator_score_explained e
        where e.component = 'DUPLICATED_DATA' and e.allocator = 'f0300' order by 1""",
    )
    assert [row[1:] for row in found] == [(True, 0), (False, 3)]
    average = rows(
        world,
        """select all_allocators_score_avg, (
            select avg(total) from (
                select sum(s.score) as total from filplus.allocator_report r2
                join filplus.allocator_report_scoring_result s on s.allocator_report_id = r2.id
                where r2.report_day < r.report_day and r2.data_type = 'openData' group by r2.id
            ) totals)::double precision
        from filplus.allocator_report r where allocator = 'f0300' and report_day = '2026-03-15'""",
    )
    assert average[0][0] == average[0][1]


def test_explained_rows_carry_watermarks_and_versions(world: ReportWorld) -> None:
    world.standard()
    world.connection.execute(
        "insert into ops.asset_version values ('filplus/cid_sharing', 7, now(), 'r')"
    )
    night(world)
    found = rows(world, """select distinct (input_watermarks->>'filplus/cid_sharing')::int,
        rule_version, code_version from filplus.allocator_score_explained""")  # fmt: skip
    assert found == [(7, 1, "1")]


def test_no_statement_depends_on_the_number_of_clients(
    world: ReportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[object] = []
    execute = psycopg.Cursor.execute

    def counting(self: psycopg.Cursor, query: Any, *args: Any, **more: Any) -> Any:
        counted.append(query)
        return execute(self, query, *args, **more)

    def statements() -> int:
        counted.clear()
        with monkeypatch.context() as patch:
            patch.setattr(psycopg.Cursor, "execute", counting)
            night(world)
        return len(counted)

    world.standard()
    few = statements()
    for n in range(40):
        world.allocator(f"f04{n:02}")
        world.client(f"f05{n:02}", f"f04{n:02}")
        world.deals(f"f05{n:02}", "f0201", TIB, TIB)
    assert statements() == few
    assert few < 80


CLIENT_STATUS = """
create schema if not exists raw_lotus;
create table if not exists raw_lotus.answers (answer_id bigint primary key);
drop table if exists raw_lotus.client_status;
create table raw_lotus.client_status (
    day date not null, client text not null, available_datacap numeric, contract_address text,
    max_deviation_bps bigint, fetched_at timestamptz not null, answer_id bigint not null,
    primary key (day, client)
)
"""


def test_what_the_chain_says_of_a_client_is_its_newest_observation(world: ReportWorld) -> None:
    world.connection.execute(CLIENT_STATUS)
    world.allocator("f0300")
    world.client("f0100", "f0300", client_contract_address="f410fabc")
    world.client("f0101", "f0300", client_contract_address=" ")
    for day, left, bps in ((13, 7, 100), (14, 2**60, 1250), (16, 1, 1)):
        world.connection.execute(
            "insert into raw_lotus.client_status values (%s, 'f0100', %s, '0x1', %s, %s, 1)",
            [NOW.date().replace(day=day), left, bps, NOW],
        )
    night(world)
    found = rows(
        world,
        """select client, available_datacap, using_client_contract,
        client_contract_max_deviation from filplus.client_report order by client""",
    )
    assert found == [("f0100", 2**60, True, "12.50"), ("f0101", None, False, None)]
    contracts = rows(
        world,
        """select client_id, using_client_contract,
        client_contract_max_deviation from filplus.allocator_report_client order by 1""",
    )
    assert contracts == [("f0100", True, "12.50"), ("f0101", False, None)]


def test_a_client_row_shows_the_newest_working_address_of_its_pair(world: ReportWorld) -> None:
    world.standard()
    ((answer,),) = rows(
        world,
        """insert into raw_url_finder.answers (day, request_fingerprint,
        asked, http_status, is_complete, fetched_at, response_hash, body)
        values ('2026-03-13', 'pair', '{}', 200, true, now(), 'h', '') returning answer_id""",
    )
    for day, client, url in (
        (13, "f0100", "http://old.example"), (15, "f0100", "http://new.example"),
        (16, "f0100", "http://later.example"),
        (13, "f0101", "http://gone.example"), (14, "f0101", None),
    ):  # fmt: skip
        world.connection.execute(
            "insert into raw_url_finder.client_working_url values (%s, %s, 'f0201', %s, 90, %s)",
            [NOW.date().replace(day=day), client, url, answer],
        )
    night(world)
    found = rows(world, """select r.client, d.provider, d.piece_working_url
        from filplus.client_report r
        join filplus.client_report_storage_provider_distribution d on d.client_report_id = r.id
        where r.client <> 'f0103' order by 1, 2""")  # fmt: skip
    assert found == [
        ("f0100", "f0201", "http://new.example"), ("f0100", "f0202", None),
        ("f0101", "f0201", None), ("f0101", "f0203", None),
        ("f0102", "f0201", None), ("f0102", "f0204", None),
    ]  # fmt: skip


def test_a_client_with_datacap_that_nobody_touched_for_sixty_days_is_inactive(
    world: ReportWorld,
) -> None:
    world.connection.execute(CLIENT_STATUS)
    world.allocator("f0300")
    for client, left in (("f0100", 5), ("f0101", 0)):
        world.client(client, "f0300", first_grant=NOW - timedelta(days=61))
        world.connection.execute(
            "insert into raw_lotus.client_status values (%s, %s, %s, null, null, %s, 1)",
            [NOW.date(), client, left, NOW],
        )
    night(world)
    found = rows(world, """select r.client, k.result, k.metadata ->> 'available_datacap'
        from filplus.client_report r
        join filplus.client_report_check_result k on k.client_report_id = r.id
        where k.check = 'INACTIVITY' order by 1""")  # fmt: skip
    assert found == [("f0100", False, "5"), ("f0101", True, "0")]
