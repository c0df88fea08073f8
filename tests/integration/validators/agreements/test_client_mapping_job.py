"""Accounts of clients: mapped to one partner at a time, handed over at a period."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cdp_assets.governance.introducer_job import introducer_job
from cdp_assets.validators.agreements.client_mapping_job import (
    ClientMappingForm,
    change_client_mapping,
    client_mapping_job,
)
from cdp_assets.validators.chains.chain_registry import load_registry
from cdp_assets.validators.periods.mapped_accounts import mapped_accounts
from cdp_assets.validators.rules.period_rules import Period, slot_range
from tests.integration.governance.people_world import (
    PARTNER_ID,
    PeopleWorld,
    done,
    email_of,
)
from tests.integration.validators.conftest import shorten

pytestmark = pytest.mark.integration
FINANCE = email_of("finance")
OTHER_ID = "22222222-2222-4222-8222-222222222222"
NEW: dict[str, Any] = {
    "client_id": "XYZ",
    "introducer_id": PARTNER_ID,
    "chain_id": "solana-mainnet",
    "staker_address": "Stake1",
    "from_period": 850,
}
END = {"action": "end", "client_id": "XYZ", "chain_id": "solana-mainnet", "to_period": 860}
MAPPINGS = """
    select introducer_id::text, staker_address, from_period, to_period
    from governance.client_mappings order by staker_address, from_period
"""


def _add_other_partner(people: PeopleWorld) -> None:
    done(people.launch(introducer_job, FINANCE, action="make", introducer_id=OTHER_ID, name="O"))


def test_a_mapping_of_a_closed_period_needs_two_people(people: PeopleWorld) -> None:
    early = {**NEW, "from_period": 849}
    first = done(people.launch(client_mapping_job, FINANCE, **early))
    assert str(first["result"]).startswith("approved by one person")
    assert people.rows(MAPPINGS) == []
    done(people.launch(client_mapping_job, email_of("admin"), **early))
    assert people.rows(MAPPINGS) == [(PARTNER_ID, "Stake1", 849, None)]
    end = {**END, "staker_address": "Stake1", "to_period": 850}
    done(people.launch(client_mapping_job, FINANCE, **end))  # 850 is not closed
    assert people.rows(MAPPINGS) == [(PARTNER_ID, "Stake1", 849, 850)]


def test_a_mapping_adds_its_client_and_a_hand_over_is_two_ranges_that_meet(
    people: PeopleWorld,
) -> None:
    _add_other_partner(people)
    done(people.launch(client_mapping_job, FINANCE, **NEW, client_name="X Ltd"))
    done(people.launch(client_mapping_job, FINANCE, **END, staker_address="Stake1"))
    done(
        people.launch(
            client_mapping_job,
            FINANCE,
            **{**NEW, "introducer_id": OTHER_ID, "from_period": "860"},
        )
    )
    assert people.rows(MAPPINGS) == [
        (PARTNER_ID, "Stake1", 850, 860),
        (OTHER_ID, "Stake1", 860, None),
    ]
    assert people.rows("select client_id, name from governance.clients") == [("XYZ", "X Ltd")]
    assert people.actions()[1:] == [
        "CREATE_CLIENT", "CREATE_CLIENT_MAPPING", "END_CLIENT_MAPPING", "CREATE_CLIENT_MAPPING",
    ]  # fmt: skip


@pytest.fixture
def ranges(people: PeopleWorld, monkeypatch: pytest.MonkeyPatch) -> PeopleWorld:
    """A chain with epochs, and slot ranges of contracts beside them."""
    registry = shorten(load_registry(), period_types=["EPOCH", "SLOT_RANGE"])
    monkeypatch.setattr(
        "cdp_assets.validators.agreements.period_ranges.load_registry", lambda: registry
    )
    return people


def test_a_mapping_of_slot_ranges_is_written_by_their_ids_and_holds_in_them_alone(
    ranges: PeopleWorld,
) -> None:
    slots = {
        **NEW, "period_type": "SLOT_RANGE",
        "from_period": "9235680-9437279", "to_period": "9638880-9840479",
    }  # fmt: skip
    done(ranges.launch(client_mapping_job, FINANCE, **NEW))
    done(ranges.launch(client_mapping_job, FINANCE, **slots))
    typed = "select period_type, from_period, to_period from governance.client_mappings order by 2"
    assert ranges.rows(typed) == [("EPOCH", 850, None), ("SLOT_RANGE", 9235680, 9638880)]
    periods = (slot_range("9235680-9437279"), slot_range("9638880-9840479"), slot_range("860-869"))
    epoch = Period("EPOCH", "849", 849, 0, 9)
    assert [
        mapped_accounts(ranges.connection, "solana-mainnet", period)
        for period in (*periods, epoch, replace(epoch, ordinal=9235680))
    ] == [("Stake1",), (), (), (), ("Stake1",)]
    end = {**END, "staker_address": "Stake1", "period_type": "SLOT_RANGE"}
    end["to_period"] = "9437280-9638879"
    done(ranges.launch(client_mapping_job, FINANCE, **end))
    assert ranges.rows(typed) == [("EPOCH", 850, None), ("SLOT_RANGE", 9235680, 9437280)]


def test_what_is_no_period_of_the_type_is_refused_with_the_field(ranges: PeopleWorld) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"from_period": "850-859"}, "from_period: 850-859 is a slot range; the periods are of"),
        ({"period_type": "BLOCK_WINDOW"}, "period_type: solana-mainnet has the types EPOCH, SLOT"),
        (
            {"period_type": "SLOT_RANGE", "from_period": "20-10"},
            "from_period: slot range '20-10' is reversed",
        ),
        (
            {"period_type": "SLOT_RANGE", "from_period": "20-29", "to_period": "10-19"},
            "to_period: 10-19 is not after from_period 20-29",
        ),
        ({"from_period": 10**12 + 1}, "from_period: 1000000000001 is not allowed"),
        ({"from_period": -1}, "from_period: -1 is not allowed"),
    ]
    for changed, words in wrong:
        refused = ranges.refusal_of(
            change_client_mapping, ClientMappingForm, FINANCE, {**NEW, **changed}
        )
        assert words in refused, changed


def test_what_overlaps_or_is_incomplete_is_refused_with_the_field(people: PeopleWorld) -> None:
    _add_other_partner(people)
    done(people.launch(client_mapping_job, FINANCE, **NEW))
    mapped = "staker_address: the account is mapped in some of these periods already"
    second = "introducer_id: the client is mapped to another partner in some of these periods"
    wrong: list[tuple[dict[str, Any], str]] = [
        ({}, mapped),
        ({"client_id": "ABC", "from_period": 900}, mapped),
        ({"introducer_id": OTHER_ID, "staker_address": "Stake2"}, second),
        ({"introducer_id": None}, "introducer_id: is missing"),
        ({"from_period": None}, "from_period: is missing"),
        ({"to_period": 850}, "to_period: 850 is not after from_period 850"),
        ({"chain_id": "mars"}, "mars: unknown chain"),
        ({"action": "end"}, "to_period: is missing"),
        ({"action": "end", "to_period": 850}, "to_period: no mapping of the account is in force"),
    ]
    for changed, words in wrong:
        config = {**NEW, **changed}
        refused = people.refusal_of(change_client_mapping, ClientMappingForm, FINANCE, config)
        assert words in refused, changed
    assert people.rows(MAPPINGS) == [(PARTNER_ID, "Stake1", 850, None)]
    assert people.rows("select count(*) from governance.clients") == [(1,)]
