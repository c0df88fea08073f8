"""The page of the last full run."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.page import BEGIN, END, write_page


def test_the_measured_part_of_a_page_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write_page(page, "new\n")
    assert page.read_text() == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    page.write_text("no marks")
    with pytest.raises(ValueError, match="no lines"):
        write_page(page, "new\n")
