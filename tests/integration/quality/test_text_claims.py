"""Texts that say never or always null are true of the rows, and one that is not is found."""

from __future__ import annotations

import psycopg
import pytest

from resources.postgres.warehouse import Warehouse
from tests.text_claims import belied_texts

pytestmark = pytest.mark.integration


def test_no_text_is_belied_by_the_worked_example(built: Warehouse) -> None:
    with psycopg.connect(built.url) as owner:
        assert belied_texts(owner) == {}


def test_a_text_that_a_row_contradicts_is_found(built: Warehouse) -> None:
    """As of the rates of FilSpark, which were there and documented as always null."""
    column = "filplus.providers_weekly_acc.avg_retrievability_success_rate"
    with psycopg.connect(built.url) as owner:
        owner.execute(
            "update filplus.providers_weekly_acc set avg_retrievability_success_rate = 0.61"
        )
        assert belied_texts(owner) == {}
        owner.execute(f"comment on column {column} is 'Not written, always null.'")
        assert list(belied_texts(owner)) == [column]
        owner.execute(f"comment on column {column} is 'A rate. Never null.'")
        assert belied_texts(owner) == {}
        owner.execute(
            "update filplus.providers_weekly_acc set avg_retrievability_success_rate = null"
        )
        assert list(belied_texts(owner)) == [column]
