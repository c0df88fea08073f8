"""Suites of expectations as data: ``suites.yaml``, checked when the definitions load.

Scope: reading the file, and the bounded query of a suite; not here: running it (``expectations``),
so this module does not import Great Expectations.
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import dagster as dg
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cdp_assets.errors import BadConfiguration
from cdp_assets.partitions import floor_week
from cdp_assets.quality.closed_day import ClosedDay
from resources.codecs.yaml_with_positions import read_yaml

SUITES = Path(__file__).with_name("suites.yaml")
NEWEST_IDS = 131_072  # two blocks of the sweep; some 100,000 ids are new in a day (calibration)
_NAME = r"^[a-z][a-z0-9_]*$"


class Expectation(BaseModel):
    """One expectation, which is one check."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=_NAME)
    expect: str = Field(pattern=r"^expect_[a-z_]+$")
    arguments: dict[str, Any]
    meaning: str = Field(min_length=15)
    severity: Literal["ERROR", "WARN"] = "ERROR"

    def columns(self) -> set[str]:
        """Return the columns that it uses."""
        return {
            str(value) for key, value in self.arguments.items() if key.lower().startswith("column")
        }


class Span(BaseModel):
    """Which part of a table is read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str = Field(pattern=_NAME)
    span: Literal["day", "week", "newest"]


class Suite(BaseModel):
    """The expectations of one table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str = Field(pattern=r"^[a-z_]+\.[a-z0-9_]+$")
    key: tuple[str, ...] = Field(min_length=1)
    window: Span | None = None
    expectations: tuple[Expectation, ...] = Field(min_length=1)

    @property
    def asset_key(self) -> str:
        """Return the asset key of the table."""
        return self.table.replace(".", "/")

    def columns(self) -> list[str]:
        """Return the columns that are read, keys first."""
        used = set().union(*(each.columns() for each in self.expectations))
        return [*self.key, *sorted(used - set(self.key))]

    def specs(self) -> list[dg.AssetCheckSpec]:
        """Return the declarations of its checks."""
        return [
            dg.AssetCheckSpec(each.name, asset=self.asset_key.split("/"), description=each.meaning)
            for each in self.expectations
        ]

    def query(self, day: ClosedDay) -> str:
        """Return the select of the rows to validate: never more than the window."""
        select = f"select {', '.join(self.columns())} from {self.table}"
        if self.window is None:
            return select
        column = self.window.column
        if self.window.span == "newest":
            return (
                f"{select} where {column} > (select max({column}) - {NEWEST_IDS} from {self.table})"
            )
        start, end = day.start, day.end
        if self.window.span == "week":
            end = floor_week(day.end)
            start = end - timedelta(days=7)
        return (
            f"{select} where {column} >= timestamp '{start:%Y-%m-%d}' "
            f"and {column} < timestamp '{end:%Y-%m-%d}'"
        )


@lru_cache
def load_suites(path: Path = SUITES) -> tuple[Suite, ...]:
    """Return every suite, in the order of the file.

    Raises:
        BadConfiguration: The file is invalid; every wrong place is named.
    """
    found = read_yaml(path).value
    try:
        suites = tuple(Suite.model_validate(each) for each in found)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise BadConfiguration(
            f"{path.name} is wrong: {problems}", key=path.name, hint="correct the named places"
        ) from None
    names = [(suite.table, each.name) for suite in suites for each in suite.expectations]
    twice = sorted({f"{table} {name}" for table, name in names if names.count((table, name)) > 1})
    if twice:
        raise BadConfiguration(
            f"{path.name} names checks twice: {', '.join(twice)}",
            key=path.name,
            hint="a check's name is unique within its table",
        )
    return suites
