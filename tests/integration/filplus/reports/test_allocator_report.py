"""Reports of allocators over a real Postgres: their clients, providers, grants and checks."""

from __future__ import annotations

import pytest

from tests.integration.filplus.report_world import TIB, ReportWorld

pytestmark = pytest.mark.integration


def test_a_registry_row_is_found_by_its_address(world: ReportWorld) -> None:
    world.allocator("f0300", registered=False)
    world.registry("f0399", allocator_address="f2f0300")
    world.night()
    assert world.rows("select allocator, data_type from filplus.allocator_report") == [
        ("f0300", None)
    ]
    assert world.rows("select count(*) from filplus.allocator_score_explained") == [(0,)]


def test_a_metaallocator_reports_on_the_clients_of_its_virtual_allocators(
    world: ReportWorld,
) -> None:
    world.allocator("f0300", is_meta=True, address_eth="0xAbC")
    world.allocator("f0310", registered=False, is_virtual=True, dc_source="0xaBc")
    world.allocator("f0311", registered=False, is_virtual=True, dc_source="0xdef")
    world.client("f0100", "f0310")
    world.client("f0101", "f0311")
    world.night()
    assert world.rows(
        "select client_id, total_allocations from filplus.allocator_report_client"
    ) == [("f0100", TIB)]


@pytest.mark.parametrize(
    ("applied_to", "used"),
    [
        pytest.param(["f0300", "f0301", "f0311"], "f0301", id="to the metaallocator"),
        pytest.param(["f0300", "f0310", "f0311"], "f0311", id="to the virtual one that granted"),
        pytest.param(["f0302", "f0305"], "f0302", id="to strangers only: the first by id"),
    ],
)
def test_an_application_of_a_metaallocators_client_is_looked_up_where_it_was_made(
    world: ReportWorld, applied_to: list[str], used: str
) -> None:
    world.allocator("f0301", is_meta=True, address_eth="0xabc")
    for virtual in ("f0310", "f0311"):
        world.allocator(virtual, registered=False, is_virtual=True, dc_source="0xabc")
    world.client("f0100", "f0311", applied=False)
    for allocator in applied_to:
        world.application(
            "f0100",
            allocator,
            client_name=f"as {allocator} knows it",
            expected_size_of_single_dataset_bytes=int(allocator[1:]),
            client_contract_address="f2c" if allocator == used else None,
        )
    world.night()
    assert world.rows(
        "select name, expected_size_of_single_dataset, using_client_contract "
        "from filplus.allocator_report_client"
    ) == [(f"as {used} knows it", int(used[1:]), True)]


def test_clients_of_contracts_are_not_in_an_allocators_report(world: ReportWorld) -> None:
    world.standard()
    world.connection.execute("insert into raw_dmob.client_contract values (1, 'f0101', 1)")
    world.night()
    clients = world.rows("""select c.client_id from filplus.allocator_report_client c
        join filplus.allocator_report r on r.id = c.allocator_report_id
        where r.allocator = 'f0300'""")
    assert clients == [("f0100",)]


def test_r23_total_allocations_keep_every_byte_past_two_to_the_53(world: ReportWorld) -> None:
    world.allocator("f0300")
    world.client("f0100", "f0300", grants=(2**53, 1))
    world.night()
    assert world.rows("select total_allocations from filplus.allocator_report_client") == [
        (2**53 + 1,)
    ]


def test_r24_the_application_is_that_of_the_first_allowance(world: ReportWorld) -> None:
    world.allocator("f0300")
    world.client("f0100", "f0300", grants=(1, 2))
    world.connection.execute(
        "update raw_dmob.verified_client_allowance set audit_trail = 'later' where allowance = 2"
    )
    world.night()
    assert world.rows("select application_url from filplus.allocator_report_client") == [
        ("https://example.org/f0100",)
    ]


@pytest.mark.parametrize("rate", [None, 0.0])
def test_a_stored_null_rate_counts_as_zero(world: ReportWorld, rate: float | None) -> None:
    world.allocator("f0300")
    world.client("f0100", "f0300")
    for provider, value in (("f0201", 1.0), ("f0202", rate)):
        world.provider(provider, rate=value)
        world.deals("f0100", provider, TIB, TIB)
    world.night()
    assert world.allocator_value("f0300", "avg_retrievability_success_rate_url_finder") == 0.5


def test_a_provider_that_nobody_measured_counts_as_zero_and_no_provider_is_null(
    world: ReportWorld,
) -> None:
    for allocator, client in (("f0300", "f0100"), ("f0301", "f0101"), ("f0302", "f0102")):
        world.allocator(allocator)
        world.client(client, allocator)
    world.provider("f0201", rate=1.0)
    world.deals("f0100", "f0201", TIB, TIB)
    world.deals("f0100", "f0209", TIB, TIB)
    world.deals("f0102", "f0209", TIB, TIB)
    world.night()
    column = "avg_retrievability_success_rate_url_finder"
    assert world.allocator_value("f0300", column) == 0.5
    assert world.allocator_value("f0301", column) is None
    assert world.allocator_value("f0302", column) == 0
    states = world.rows("""select allocator, state, sample_size, points
        from filplus.allocator_score_explained
        where component = 'URL_FINDER_RETRIEVABILITY' order by 1""")
    assert states == [
        ("f0300", "measured", 1, 15),
        ("f0301", "not measured", 0, 0),
        ("f0302", "not measured", 0, 0),
    ]


def test_r21_consistency_that_was_not_measured_is_null(world: ReportWorld) -> None:
    world.allocator("f0300")
    world.client("f0100", "f0300")
    world.provider("f0201", consistent=None)
    world.deals("f0100", "f0201", TIB, TIB)
    world.night()
    found = world.rows("""select consistent_retrievability, inconsistent_retrievability
        from filplus.allocator_report_storage_provider_distribution""")
    assert found == [(None, None)]


def test_an_allocators_checks_count_its_active_clients(world: ReportWorld) -> None:
    world.standard()
    world.connection.execute(
        "update filplus.client_claims_hourly set hour = hour - interval '100 days' "
        "where client = 'f0101'"
    )
    world.night()
    found = world.rows("""select k.check, (k.metadata->>'clients_count')::int
        from filplus.allocator_report_check_result k
        join filplus.allocator_report r on r.id = k.allocator_report_id
        where r.allocator = 'f0300' and k.check in ('INACTIVITY', 'MULTIPLE_ALLOCATORS')
        order by 1""")
    assert found == [("INACTIVITY", 2), ("MULTIPLE_ALLOCATORS", 1)]


def test_stored_percentages_are_cut_after_two_decimals_and_can_be_computed_again(
    world: ReportWorld,
) -> None:
    world.allocator("f0300")
    for n, copies in ((0, 1), (1, 3)):
        world.client(f"f010{n}", "f0300")
        for part in (1, 2):
            world.deals(f"f010{n}", f"f020{part}", part * TIB, TIB)
            world.replicas(f"f010{n}", copies + part, part * TIB, TIB)
    world.night()
    thirds, sixths = [33.33, 33.33, 66.66, 66.66], [16.66, 16.66, 33.33, 33.33]
    for table, column, whole, expected in (
        ("client_report_replica_distribution", "percentage", "client_report_id", thirds),
        (
            "allocator_report_client_replica_distribution",
            "percentage",
            "allocator_report_id, client_id",
            thirds,
        ),
        (
            "allocator_report_storage_provider_distribution",
            "perc_of_total_datacap",
            "allocator_report_id",
            sixths,
        ),
    ):
        found = world.rows(f"""select {column}, trunc(100.0 * total_deal_size
            / sum(total_deal_size) over (partition by {whole}), 2)::double precision
            from filplus.{table} order by 1""")
        assert found == [(share, share) for share in expected], table
