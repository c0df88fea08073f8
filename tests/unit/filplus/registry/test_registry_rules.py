"""Rules of single fields of registry files (compliance §1.4, §2.3)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cdp_assets.core.ingestion.source_fields import Fields, first_number
from cdp_assets.filplus.registry import rules as rules
from cdp_assets.filplus.registry.rules import BadFile


@pytest.mark.parametrize("text", ["{0}", "{0}ED", "{0}ed"])
def test_a_match_or_a_double_passed(text: str) -> None:
    assert rules.audit_outcome(text.format("MATCH").upper(), 1) == "passed"
    assert rules.audit_outcome("doubled", 3) == rules.audit_outcome("DOUBLE", 3) == "passed"


@pytest.mark.parametrize(
    ("text", "index", "outcome"),
    [
        ("THROTTLE", 1, "passedConditionally"),
        ("Throttled", 2, "passedConditionally"),
        ("REJECT", 1, "failed"),
        ("REJECTED", 1, "failed"),
        ("fail", 1, "failed"),
        ("FAILED", 1, "failed"),
        ("PENDING", 0, "pending"),
        ("PENDING", 4, "pending"),
        ("GRANTED", 0, "notAudited"),
        ("GRANTED", None, "notAudited"),
        ("GRANTED", 1, "invalid"),
        ("UNKNOWN", 1, "unknown"),
        ("SOMETHING", 1, "unknown"),
        ("", 1, "unknown"),
        (None, 1, "unknown"),
        (7, 1, "unknown"),
        (" match ", 1, "passed"),
        ("REJECTED", 0, "failed"),
        ("MATCHED", 0, "passed"),
    ],
)
def test_an_outcome_is_mapped(text: object, index: int | None, outcome: str) -> None:
    assert rules.audit_outcome(text, index) == outcome


@pytest.mark.parametrize(
    ("audit", "kind"),
    [
        (None, "openData"),
        ([], "openData"),
        (["Public Open"], "openData"),
        (["Other"], "openData"),
        (["Enterprise Data"], "enterprise"),
        (["Public Open", "Automated"], "enterprise"),
        (["Faucet"], "enterprise"),
        (["Market Based"], "enterprise"),
        (["enterprise data"], "openData"),
    ],
)
def test_one_enterprise_audit_makes_an_allocator_enterprise(
    audit: list[str] | None, kind: str
) -> None:
    assert rules.data_type(audit) == kind


def test_spaces_around_an_audit_do_not_change_the_kind() -> None:
    assert (
        rules.data_type(Fields({"audit": [" Enterprise Data ", 7]}).texts("audit")) == "enterprise"
    )
    assert Fields({"audit": "Enterprise Data"}).texts("audit") is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5+", "5"),
        ("over 5", "5"),
        ("3-4", "3"),
        ("8", "8"),
        (4, "4"),
        ("many", None),
        ("", None),
        (None, None),
        (["5"], None),
        ("10 to 12", "10"),
    ],
)
def test_the_first_number_of_a_requirement_counts(text: object, number: str | None) -> None:
    assert first_number(text) == number


def test_a_requirement_with_two_numbers_is_told_apart() -> None:
    assert rules.has_several_numbers("3-4")
    assert not rules.has_several_numbers("over 5")


@pytest.mark.parametrize(
    ("url", "repository"),
    [
        ("https://github.com/o/r", "o/r"),
        ("https://github.com/o/r/", "o/r"),
        ("https://github.com/o/r/issues", "o/r"),
        ("https://github.com/o/r/tree/main", "o/r"),
        ("https://github.com/o/r.git", "o/r"),
        (" https://github.com/o/r ", "o/r"),
        ("https://github.com/o//r?tab=readme#top", "o/r"),
        ("https://github.com/dataswap", None),
        ("https://github.com/", None),
        ("https://gitlab.com/o/r", None),
        ("https://1drv.ms/x/s!Aq?e=1", None),
        ("http://github.com/o/r", None),
        ("https://github.com.evil.example/o/r", None),
        ("https://github.com/o/r%20s", None),
        (None, None),
        (["https://github.com/o/r"], None),
    ],
)
def test_a_bookkeeping_repository_is_owner_and_name_on_github(
    url: object, repository: str | None
) -> None:
    assert rules.bookkeeping_repository(url) == repository


@pytest.mark.parametrize(
    ("document", "address"),
    [
        ({"address": "f1a", "pathway_addresses": {"msig": "f2b"}}, "f2b"),
        ({"address": "f1a", "pathway_addresses": {"msig": ""}}, "f1a"),
        ({"address": " f1a ", "pathway_addresses": {"msig": None}}, "f1a"),
        ({"address": "f1a", "pathway_addresses": ["f2b"]}, "f1a"),
        ({"pathway_addresses": {"msig": "f2b"}}, "f2b"),
        ({"address": None}, None),
        ({}, None),
    ],
)
def test_the_address_of_the_multisig_comes_first(
    document: dict[str, object], address: str | None
) -> None:
    assert rules.declared_address(Fields(document)) == address


def test_amounts_are_numbers_also_as_text_and_what_is_none_is_marked() -> None:
    amounts = [5, "5", "2.5", Decimal("2.5"), "", None, "five", True, [5], "NaN"]
    fields = Fields({"audits": [{"datacap_amount": amount} for amount in amounts]})
    audits = rules.audits_of(fields)
    assert [audit.datacap_amount_pib for audit in audits] == [
        5,
        5,
        Decimal("2.5"),
        Decimal("2.5"),
        None,
        None,
        None,
        None,
        None,
        None,
    ]
    (issue,) = [one for one in fields.issues("a file") if one.reason == "unreadable_amount"]
    assert issue.detail.split("; ") == [
        f"audits[{place}].datacap_amount is {str(amounts[place])!r}, not a number of PiB"
        for place in range(6, 10)
    ]


@pytest.mark.parametrize(
    "amount",
    [
        "1e999999",
        "1_000",
        "1E2",
        "5 PiB",
        "²",
        "9" * 19,
        "1.",
        ".5",
        "+",
        Decimal("1e999999999"),
        Decimal("1e-99999"),
        10**18,
        Decimal("Infinity"),
    ],
    ids=lambda amount: str(amount)[:20],
)
def test_an_amount_that_no_column_holds_is_marked_instead_of_stopping_the_table(
    amount: object,
) -> None:
    fields = Fields({"audits": [{"datacap_amount": amount, "outcome": "MATCH"}]})
    (audit,) = rules.audits_of(fields)
    assert audit.datacap_amount_pib is None
    assert [issue.reason for issue in fields.issues("a file")] == ["unreadable_amount"]


def test_the_longest_amounts_are_read_exactly() -> None:
    texts = [f"-{'9' * 18}.{'1' * 40}", " +0.50 ", Decimal("1e3"), Decimal("5.55e-17")]
    audits = rules.audits_of(Fields({"audits": [{"datacap_amount": text} for text in texts]}))
    assert [f"{audit.datacap_amount_pib:f}" for audit in audits] == [
        texts[0],
        "0.50",
        "1000",
        "0.0000000000000000555",
    ]


def test_audits_that_are_absent_or_odd_are_no_error() -> None:
    assert (
        rules.audits_of(Fields({}))
        == rules.audits_of(Fields({"audits": {"outcome": "REJECT"}}))
        == []
    )
    (odd,) = rules.audits_of(Fields({"audits": ["REJECT"]}))
    assert (odd.outcome, odd.ended) == ("unknown", None)


@pytest.mark.parametrize(
    ("outcomes", "noted"),
    [
        (["GRANTED", "MATCH", "throttled", "PENDING", "UNKNOWN", "FAILED", "Doubled"], []),
        (["GRANTED", ""], ["audits[1].outcome is '', not an outcome of the list"]),
        (["GRANTED", "DENIED"], ["audits[1].outcome is 'DENIED', not an outcome of the list"]),
        (["GRANTED", "GRANTED"], ["audits[1].outcome is 'GRANTED', which only a first audit has"]),
        (
            [None, 7],
            [
                "audits[0].outcome is 'None', not an outcome of the list",
                "audits[1].outcome is '7', not an outcome of the list",
            ],
        ),
    ],
)
def test_an_outcome_outside_the_list_is_noted(outcomes: list[object], noted: list[str]) -> None:
    fields = Fields({"audits": [{"outcome": outcome} for outcome in outcomes]})
    rules.audits_of(fields)
    issues = fields.issues("a file")
    assert [issue.reason for issue in issues] == ["unlisted_outcome"] * bool(noted)
    assert [issue.detail for issue in issues] == ["; ".join(noted)] * bool(noted)


def _rejected(path: str, status: object, *outcomes: str, archived: bool = False) -> bool:
    audits = rules.audits_of(Fields({"audits": [{"outcome": outcome} for outcome in outcomes]}))
    return rules.is_rejected(path, status, audits, archived=archived)


def test_a_failed_audit_rejects_and_nothing_else_does_in_the_present_scheme() -> None:
    assert _rejected("Allocators/recA.json", None, "GRANTED", "REJECTED")
    assert not _rejected("Allocators/recA.json", "removed", "GRANTED", "MATCH", "THROTTLED")
    assert not _rejected("Allocators/recA.json", None)


def test_in_the_archive_the_exact_word_active_decides() -> None:
    assert not _rejected("Allocator_Archive/recA.json", "Active", "REJECTED", archived=True)
    assert _rejected("Allocator_Archive/1001.json", "active", archived=True)
    assert _rejected("Allocator_Archive/1001.json", None, archived=True)


def test_a_file_of_the_old_scheme_is_judged_by_its_status_although_its_path_is_longer() -> None:
    assert _rejected("Allocators/1001.json", "In-Active")
    assert not _rejected("Allocators/1001.json", "Active")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'[{"allocator_id": "f01"}]', "not_an_object"),
        (b'"text"', "not_an_object"),
        (b"null", "not_an_object"),
        (b"", "not_json"),
        (b'{"a": 1', "not_json"),
        (b'{"a": NaN}', "not_json"),
        (b"\xff\xfe", "not_json"),
        (b"[" * 100_000, "not_json"),
        (b'{"a": ["\\u0000"]}', "unusable_text"),
        (b'{"\\ud800": 1}', "unusable_text"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_a_file_that_makes_no_row_says_why(body: bytes, reason: str) -> None:
    with pytest.raises(BadFile) as caught:
        rules.parse_file(body)
    assert caught.value.reason == reason


def test_a_good_file_keeps_names_in_any_script_and_numbers_exact() -> None:
    body = b"\xef\xbb\xbf" + '{"name": "数据 📦", "amount": 0.1, "amount": 0.10}'.encode()
    assert rules.parse_file(body) == {"name": "数据 📦", "amount": Decimal("0.10")}


def test_the_form_itself_and_other_files_are_no_allocators() -> None:
    names = ["recA.json", "1001.json", "with a space.json", rules.SPECIFICATION_FILE, "README.md"]
    assert [rules.is_registry_file(name) for name in names] == [True, True, True, False, False]
