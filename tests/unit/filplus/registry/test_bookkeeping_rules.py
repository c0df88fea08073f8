"""What a client's application says (compliance §1.4, §2.4)."""

from __future__ import annotations

from typing import Any

import pytest

from cdp_assets.core.ingestion.source_issues import Issue
from cdp_assets.filplus.registry.bookkeeping_rules import (
    PROVIDERS_QUESTION,
    PUBLIC_QUESTION,
    confirms_open_data,
    declared_providers,
    is_public_dataset,
    read_application,
)

PIB = 2**50


@pytest.mark.parametrize(
    ("answer", "is_public", "is_open"),
    [
        ("[x] I confirm", True, True),
        ("[X] I confirm", True, True),
        ("Yes", True, True),
        (" [x] I confirm ", True, False),
        ("yes, it is", True, False),
        ("[ ] I confirm", False, False),
        ("Confirm", False, False),
        ("No", False, False),
        ("", False, False),
        (None, None, False),
        (True, None, False),
    ],
)
def test_a_confirmation_is_public_by_containing_and_open_data_by_being(
    answer: object, is_public: bool | None, is_open: bool
) -> None:
    assert is_public_dataset(answer) is is_public
    assert confirms_open_data(answer) is is_open


def test_providers_are_found_in_free_text_each_once_and_in_order() -> None:
    text = "F03143698 (Hong Kong), f0870354;f03143698\nt01234, f1abc, f0 12, see f0999x"
    assert declared_providers(text) == ["f03143698", "f0870354", "f0999"]
    assert declared_providers("f0007 f07, f00") == ["f07", "f00"]
    assert declared_providers(None) == declared_providers(["f01"]) == []


def test_an_application_is_read_whole() -> None:
    document: dict[str, Any] = {
        "ID": " f1client ",
        "Client": {"Name": "数据"},
        "Client Contract Address": "",
        "Project": {PROVIDERS_QUESTION: "f0100", PUBLIC_QUESTION: "Yes"},
        "Datacap": {"Total Requested Amount": "1.5 PiB", "Single Size Dataset": "500TiB"},
    }
    read = read_application(document)
    assert (read.client_address, read.client_name) == ("f1client", "数据")
    assert read.client_contract_address is None
    assert read.total_requested_amount_bytes == 3 * PIB // 2
    assert read.expected_size_of_single_dataset_bytes == 500 * 2**40
    assert read.issues == []


@pytest.mark.parametrize("size", ["about a petabyte", "-5PiB", "5", 5])
def test_a_size_that_is_none_is_null_and_named(size: object) -> None:
    read = read_application({"Datacap": {"Single Size Dataset": size}}, "o/r/a.json")
    assert read.expected_size_of_single_dataset_bytes is None
    detail = f"Datacap.Single Size Dataset is {str(size)!r}, not a size of 0 or more"
    assert read.issues == [Issue("o/r/a.json", "unreadable_size", "recorded", detail)]


@pytest.mark.parametrize("size", ["", None])
def test_a_size_that_is_not_given_is_null_without_a_word(size: object) -> None:
    assert read_application({"Datacap": {"Single Size Dataset": size}}).issues == []


@pytest.mark.parametrize("document", [{}, {"ID": None}, {"ID": ""}, {"Project": [], "Client": 5}])
def test_an_application_without_its_parts_is_no_error(document: dict[str, Any]) -> None:
    assert read_application(document).client_address is None
