"""Reports of clients over a real Postgres: what each column holds, and of which observation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.filplus.report_world import NIGHT, NOW, TIB, TODAY, ReportWorld

pytestmark = pytest.mark.integration


def test_the_client_report_holds_what_the_page_says(stored_night: ReportWorld) -> None:
    row = stored_night.rows("""select client_address, allocators, organization_name,
        application_url, is_public_dataset, using_client_contract, storage_provider_ids_declared,
        last_datacap_spent, last_datacap_received, low_replica_threshold, high_replica_threshold,
        allocator_required_copies, total_requested_amount, expected_size_of_single_dataset,
        total_uniq_data_set_size, create_date, id, rule_version
        from filplus.client_report where client = 'f0101'""")
    grant = NOW - timedelta(days=39)
    assert row == [(
        "f1f0101", ["f0300"], "Org f0101", "https://example.org/f0101", True, False,
        ["f0201", "f0202"], (NOW - timedelta(days=10)).replace(hour=3, tzinfo=None),
        grant.replace(tzinfo=None), 4, 8, "2", 100 * TIB, 10 * TIB, 7 * TIB,
        NIGHT.replace(tzinfo=None), 2, 1,
    )]  # fmt: skip
    providers = stored_night.rows("""select d.provider, total_deal_size,
        retrievability_success_rate_url_finder, inconsistent_retrievability,
        ipni_reporting_status, claims_count, declared_in_application_file, l.city
        from filplus.client_report_storage_provider_distribution d
        join filplus.client_report r on r.id = d.client_report_id
        left join filplus.client_report_storage_provider_distribution_location l
            on l.client_report_id = r.id and l.provider = d.provider
        where r.client = 'f0101' order by d.provider""")
    assert providers == [
        ("f0201", 6 * TIB, 0.25, 0.5, "MISREPORTING", 40, True, "City 1"),
        ("f0203", 4 * TIB, 0.75, 0.5, "OK", 10, False, "City 3"),
    ]
    replicas = stored_night.rows("""select num_of_replicas, percentage
        from filplus.client_report_replica_distribution d
        join filplus.client_report r on r.id = d.client_report_id
        where r.client = 'f0101' order by 1""")
    assert replicas == [(1, 30.0), (2, 70.0)]
    sharing = stored_night.rows(
        """select other_client, total_deal_size, other_client_application_url
        from filplus.client_report_cid_sharing s
        join filplus.client_report r on r.id = s.client_report_id where r.client = 'f0101'""",
    )
    assert sharing == [("f0100", TIB // 2, "https://example.org/f0100")]


def test_the_newest_measurement_counts_also_when_it_is_null(world: ReportWorld) -> None:
    world.allocator("f0300")
    world.client("f0100", "f0300")
    world.provider("f0201", rate=None)
    world.measure("f0201", "RPA_RETRIEVABILITY", 0.8, days_ago=2)
    world.deals("f0100", "f0201", TIB, TIB)
    world.night()
    found = world.rows("""select retrievability_success_rate_url_finder
        from filplus.client_report_storage_provider_distribution""")
    assert found == [(None,)]


@pytest.mark.parametrize(
    ("advertised", "claims", "status"),
    [
        pytest.param(100, 200, "OK", id="half of the claims is enough"),
        pytest.param(100, 201, "MISREPORTING", id="less than half"),
        pytest.param(0, 1, "NOT_REPORTING", id="nothing"),
        pytest.param(None, 1, "NOT_REPORTING", id="no advertisement"),
        pytest.param("unknown to the walk", 1, "NOT_REPORTING", id="a provider since the walk"),
    ],
)
def test_the_ipni_status_is_of_the_claims_beside_it_and_not_of_those_at_the_last_walk(
    world: ReportWorld, advertised: int | str | None, claims: int, status: str
) -> None:
    world.allocator("f0300")
    for n, part in enumerate((claims - claims // 2, claims // 2)):
        world.client(f"f010{n}", "f0300")
        world.deals(f"f010{n}", "f0201", TIB, TIB, claims=part)
    if not isinstance(advertised, str):
        at_the_walk = "OK" if status != "OK" else "MISREPORTING"
        world.insert(
            "filplus.provider_ipni_reporting",
            provider="f0201",
            claims_count=7,
            ipni_reported_claims_count=advertised,
            ipni_reporting_status=at_the_walk,
            data_as_of=NOW.replace(tzinfo=None),
        )
    world.night()
    reported = None if isinstance(advertised, str) else advertised
    for kind in ("client", "allocator"):
        found = world.rows(
            "select distinct ipni_reporting_status, ipni_reported_claims_count, claims_count "
            f"from filplus.{kind}_report_storage_provider_distribution"
        )
        assert found == [(status, reported, claims)], kind


def test_a_location_holds_what_the_newest_look_up_told(world: ReportWorld) -> None:
    world.allocator("f0300")
    world.client("f0100", "f0300")
    world.provider("f0201", city="Oldtown")
    world.deals("f0100", "f0201", TIB, TIB)
    world.insert(
        "filplus.provider_ip_info",
        provider="f0201",
        date=NIGHT.replace(tzinfo=None),
        lat="50.45",
        long="30.52",
        country="UA",
        region="Kyiv City",
        city="Kyiv",
        ip="45.1.1.1",
        org="AS64501 Kyiv",
        postal="01001",
        timezone="Europe/Kyiv",
    )
    world.night()
    for kind in ("client", "allocator"):
        assert world.rows(
            "select provider, ip, city, region, country, loc, org, postal, timezone, hostname "
            f"from filplus.{kind}_report_storage_provider_distribution_location"
        ) == [
            (
                "f0201",
                "45.1.1.1",
                "Kyiv",
                "Kyiv City",
                "UA",
                "50.45,30.52",
                "AS64501 Kyiv",
                "01001",
                "Europe/Kyiv",
                None,
            )
        ], kind


def test_r22_no_deal_after_a_grant_gives_null_seconds(world: ReportWorld) -> None:
    world.allocator("f0300")
    world.client("f0100", "f0300")
    world.night()
    assert world.client_value("f0100", "avg_secs_to_first_deal") is None
    assert world.allocator_value("f0300", "avg_secs_to_first_deal") is None


def test_seconds_to_the_first_deal_ignore_the_hour_of_the_grant(world: ReportWorld) -> None:
    world.allocator("f0300")
    granted = datetime(2026, 3, 1, 10, 15, tzinfo=UTC)
    world.client("f0100", "f0300", first_grant=granted, grants=(1, 2))
    world.hour("f0100", granted.replace(minute=0))
    world.hour("f0100", granted.replace(hour=12, minute=0))
    world.night()
    # The second grant, a day later, was followed by no deal.
    assert world.client_value("f0100", "avg_secs_to_first_deal") == 6300.0
    assert world.allocator_value("f0300", "avg_secs_to_first_deal") == 6300.0


def test_r26_the_application_decides_where_the_registry_has_no_row(world: ReportWorld) -> None:
    world.allocator("f0300", registered=False)
    world.allocator("f0301", data_type="enterprise")
    world.client("f0100", "f0300", is_public_dataset=True)
    world.client("f0101", "f0300", is_public_dataset=None)
    world.client("f0102", "f0301", is_public_dataset=True)
    world.night()
    assert [world.client_value(f"f010{n}", "is_public_dataset") for n in range(3)] == [
        True,
        None,
        False,
    ]


def test_r27_the_first_allocator_is_the_one_with_the_smallest_row_id(world: ReportWorld) -> None:
    world.allocator("f0300")
    world.allocator("f0121877", registered=False)
    world.allocator("f0301", data_type="enterprise", required_replicas="7")
    world.client("f0100", "f0121877", applied=False)
    world.client("f0100", "f0301")
    world.client("f0100", "f0300", applied=False)
    world.night()
    assert world.client_value("f0100", "allocators") == ["f0121877", "f0301", "f0300"]
    assert world.client_value("f0100", "allocator_required_copies") == "7"


def test_what_the_chain_says_of_a_client_is_its_newest_observation(world: ReportWorld) -> None:
    world.allocator("f0300")
    world.client("f0100", "f0300", client_contract_address="f410fabc")
    world.client("f0101", "f0300", client_contract_address=" ")
    for day, left, bps in ((13, 7, 100), (14, 2**60, 1250), (16, 1, 1)):
        world.chain("f0100", left, day=TODAY.replace(day=day), contract="0x1", bps=bps)
    world.night()
    found = world.rows(
        """select client, available_datacap, using_client_contract,
        client_contract_max_deviation from filplus.client_report order by client""",
    )
    assert found == [("f0100", 2**60, True, "12.50"), ("f0101", None, False, None)]
    contracts = world.rows(
        """select client_id, using_client_contract,
        client_contract_max_deviation from filplus.allocator_report_client order by 1""",
    )
    assert contracts == [("f0100", True, "12.50"), ("f0101", False, None)]


def test_a_client_row_shows_the_newest_working_address_of_its_pair(world: ReportWorld) -> None:
    world.standard()
    ((answer,),) = world.rows(
        """insert into raw_url_finder.responses (day, request_fingerprint,
        entities, http_status, is_complete, fetched_at, response_hash, body)
        values ('2026-03-13', 'pair', '{}', 200, true, now(), 'h', '') returning response_id""",
    )
    for day, client, url in (
        (13, "f0100", "http://old.example"),
        (15, "f0100", "http://new.example"),
        (16, "f0100", "http://later.example"),
        (13, "f0101", "http://gone.example"),
        (14, "f0101", None),
    ):
        world.connection.execute(
            "insert into raw_url_finder.client_working_url values (%s, %s, 'f0201', %s, 90, %s)",
            [TODAY.replace(day=day), client, url, answer],
        )
    world.night()
    found = world.rows("""select r.client, d.provider, d.piece_working_url
        from filplus.client_report r
        join filplus.client_report_storage_provider_distribution d on d.client_report_id = r.id
        where r.client <> 'f0103' order by 1, 2""")
    assert found == [
        ("f0100", "f0201", "http://new.example"),
        ("f0100", "f0202", None),
        ("f0101", "f0201", None),
        ("f0101", "f0203", None),
        ("f0102", "f0201", None),
        ("f0102", "f0204", None),
    ]


def test_a_client_with_datacap_that_nobody_touched_for_sixty_days_is_inactive(
    world: ReportWorld,
) -> None:
    world.allocator("f0300")
    for client, left in (("f0100", 5), ("f0101", 0)):
        world.client(client, "f0300", first_grant=NOW - timedelta(days=61))
        world.chain(client, left)
    world.night()
    found = world.rows("""select r.client, k.result, k.metadata ->> 'available_datacap'
        from filplus.client_report r
        join filplus.client_report_check_result k on k.client_report_id = r.id
        where k.check = 'INACTIVITY' order by 1""")
    assert found == [("f0100", False, "5"), ("f0101", True, "0")]
