"""Which identity belongs to which validator."""

from __future__ import annotations

from cdp_assets.validators.rules.identity_rules import (
    IdentityRow,
    ObservedValidator,
    identity_rows,
)


def account(vote: str, identity: str, stake: int = 1) -> ObservedValidator:
    return ObservedValidator(vote, (("vote", vote), ("identity", identity)), total_stake=stake)


def rows(*observations: tuple[str, list[ObservedValidator]]) -> dict[tuple[str, str, str], str]:
    found = identity_rows(observations, lambda _: True)
    return {(r.validator_key, r.kind, r.value): origin for r, origin in found}


def test_each_validator_has_its_vote_account_and_its_identity() -> None:
    assert rows(("now", [account("v", "i")])) == {
        ("v", "vote", "v"): "now",
        ("v", "identity", "i"): "now",
    }


def test_an_identity_that_changed_within_the_period_is_there_twice() -> None:
    found = rows(("late", [account("v", "new")]), ("early", [account("v", "old")]))
    assert found[("v", "identity", "new")] == "late"
    assert found[("v", "identity", "old")] == "early"


def test_an_identity_that_moved_belongs_to_its_newest_validator() -> None:
    found = rows(
        ("late", [account("v", "new"), account("w", "moved")]),
        ("early", [account("v", "moved"), account("w", "other")]),
    )
    assert ("w", "identity", "moved") in found
    assert ("v", "identity", "moved") not in found


def test_of_two_vote_accounts_of_one_node_the_one_with_stake_has_the_identity() -> None:
    found = rows(("now", [account("a-old", "i", 0), account("b-live", "i", 9)]))
    assert ("b-live", "identity", "i") in found
    assert ("a-old", "identity", "i") not in found
    assert ("a-old", "vote", "a-old") in found


def test_equal_stakes_are_decided_by_key() -> None:
    accounts = [account("b", "i", 5), account("a", "i", 5)]
    assert ("a", "identity", "i") in rows(("now", accounts))
    assert ("a", "identity", "i") in rows(("now", accounts[::-1]))


def test_untracked_validators_are_left_out_and_rows_are_in_total_order() -> None:
    found = identity_rows(
        [("now", [account("w", "j"), account("v", "i"), account("u", "h")])], lambda v: v != "u"
    )
    assert [row for row, _ in found] == [
        IdentityRow("v", "identity", "i"),
        IdentityRow("v", "vote", "v"),
        IdentityRow("w", "identity", "j"),
        IdentityRow("w", "vote", "w"),
    ]


def test_an_unknown_stake_is_less_than_the_smallest_known_one() -> None:
    unknown = ObservedValidator("a", (("vote", "a"), ("identity", "i")))
    assert ("b", "identity", "i") in rows(("now", [unknown, account("b", "i", 1)]))


def test_an_address_that_receives_fees_may_belong_to_many() -> None:
    shared = [
        ObservedValidator(name, (("index", name), ("fee_recipient", "0xaa")), total_stake=1)
        for name in ("7", "8")
    ]
    assert [key for key in rows(("now", shared)) if key[1] == "fee_recipient"] == [
        ("7", "fee_recipient", "0xaa"),
        ("8", "fee_recipient", "0xaa"),
    ]
