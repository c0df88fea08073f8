"""Keys of assets, jobs, schedules and sensors against a list: a change of a name is a decision."""

from __future__ import annotations

import dagster as dg
import pytest

from docs import write_reference

pytestmark = pytest.mark.graph


def test_names_are_those_of_the_list(defs: dg.Definitions) -> None:
    listed = write_reference.NAMES.read_text(encoding="utf-8")
    assert write_reference.names(defs) == listed, "run: python docs/write_reference.py"
