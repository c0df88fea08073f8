"""Ethereum's adapters: keys of validators, expected recipients, ranges of full epochs."""

from __future__ import annotations

from typing import cast

import pytest

from cdp_assets.errors import BadConfiguration
from cdp_assets.validators.canonical.normalise import Observed
from cdp_assets.validators.chains.adapter import ReadContext
from cdp_assets.validators.chains.chain_registry import load_registry
from cdp_assets.validators.chains.ethereum.fetch_headers import FinalView
from cdp_assets.validators.chains.ethereum.window_income import expected_recipients
from cdp_assets.validators.rules.identity_rules import IdentityRow
from cdp_assets.validators.rules.period_rules import block_window, slot_range
from cdp_assets.validators.rules.source_priority import Candidate
from resources.sources.ethereum.beacon_api import BeaconApi

VIEW = FinalView(cast("BeaconApi", None), 32, 10**6)


def test_windows_and_real_pool_intervals_hold_full_epochs() -> None:
    assert len(VIEW.epochs_of(block_window(1_282))) == 225
    assert len(VIEW.epochs_of(slot_range("9235680-9437279"))) == 6_300


@pytest.mark.parametrize("range_", ["9235681-9437279", "9235680-9437280"])
def test_a_range_that_cuts_an_epoch_is_refused(range_: str) -> None:
    with pytest.raises(BadConfiguration, match="cuts an epoch"):
        VIEW.epochs_of(slot_range(range_))


def test_recipients_are_those_of_a_validator_else_those_of_all() -> None:
    context = ReadContext(
        block_window(1), (), lambda _: True, fee_recipients={"a": ["0x1"], "all": ["0x2"]}
    )
    assert (context.recipients_of("a"), context.recipients_of("b")) == (["0x1"], ["0x2"])
    rows = [IdentityRow("a", "fee_recipient", "0x1"), IdentityRow("b", "index", "7")]
    assert expected_recipients(rows) == {"a": frozenset({"0x1"})}


@pytest.mark.parametrize(
    ("total", "is_proven", "expected"), [(0, False, True), (0, True, False), (1, False, False)]
)
def test_a_zero_that_the_fetch_proves_is_not_provisional(
    total: int, is_proven: bool, expected: bool
) -> None:
    class Unconfirmed:
        is_confirmed = False

    observed = Observed((), total, is_proven=is_proven)
    assert observed.is_provisional_zero(cast("Candidate", Unconfirmed())) is expected


def test_the_tokens_of_the_beacon_node_are_sent_to_it_alone() -> None:
    providers = {one.name: one for one in load_registry().providers}
    fees = providers["block_fees"]
    assert fees.key_variable is None
    assert fees.further_addresses == {"beacon": "CDP_BEACON_API_URL"}
    assert fees.further_keys == {"beacon": "CDP_BEACON_API_KEY"}
