"""Sizes as people write them (compliance §1.5, data README)."""

from __future__ import annotations

import pytest

from cdp_assets.filplus.registry.data_size import parse_size

TIB, PIB = 2**40, 2**50


@pytest.mark.parametrize(
    ("text", "size"),
    [
        pytest.param("500TiB", 500 * TIB, id="no space"),
        pytest.param("1.5 PiB", 3 * PIB // 2, id="a half and a space"),
        pytest.param(" 5PiB ", 5 * PIB, id="spaces around"),
        pytest.param("400Tib", 400 * TIB, id="a small b"),
        pytest.param("5pib", 5 * PIB, id="all small"),
        pytest.param("1125899906842624B", PIB, id="plain bytes"),
        pytest.param("450359962737049 B", 450_359_962_737_049, id="plain bytes and a space"),
        pytest.param("-450359962737049 B", -450_359_962_737_049, id="a decrease"),
        pytest.param("1.5TB", 1_500_000_000_000, id="decimal"),
        pytest.param("1kB", 1_000, id="kilo"),
        pytest.param("1KiB", 1_024, id="kibi"),
        pytest.param(".5KiB", 512, id="no digit before the point"),
        pytest.param("0.7PiB", 788_129_934_789_836, id="a part of a byte is cut off"),
        pytest.param("0B", 0, id="nothing"),
        pytest.param("9007199254740993B", 9_007_199_254_740_993, id="past what a double holds"),
    ],
)
def test_a_size_is_read_exactly(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text",
    ["", "5", "5 Pi", "about 5PiB", "5PiB per month", "1,024 TiB", "5 PiB*", "iB", "1iB", "1 QiB",
     "five PiB", "NaN B", "1e3 B", "٥PiB", "5" * 80 + "B", None, 5, 5.0, ["5PiB"]],
)  # fmt: skip
def test_anything_else_is_no_size(text: object) -> None:
    assert parse_size(text) is None
