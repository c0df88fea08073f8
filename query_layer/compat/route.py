"""Compat routes: one entry per address of the live platform.

An entry names a statement over views of ``api_v1`` (``sql/<name>.sql``), its parameters and its
envelope. The statement's columns are the fields of the response, by their names there; the types of
the columns decide their JSON: 64-bit integers and numerics are text, dates and instants are
``YYYY-MM-DDTHH:MM:SS.mmmZ``, all else is as Postgres has it. Scope: the form of an entry; not here:
the entries (``query_layer.compat.routes``) or reading (``query_layer.compat.statements``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from query_layer.registry import ASSETS
from query_layer.registry.asset import Asset

SQL = Path(__file__).parent / "sql"
MAX_LIMIT = 1_000_000
Kind = Literal["text", "flag", "day", "edition", "choice", "number", "positive", "list"]
_VIEW = re.compile(r"\bapi_v1\.(\w+)")
_PART = re.compile(r"\{\{ ([\w/]+) \}\}")  # a statement may include another file
_VARIABLE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Given:
    """One query parameter; others of a request are ignored, as on the live platform.

    Attributes:
        name: As in the address.
        kind: ``flag`` is true or false, any other text leaves the default; ``day`` is a day or an
            instant, UTC; ``edition`` is 4, 5 or 6; ``list`` may be repeated.
        default: Value where it is absent.
        choices: Of a ``choice``.
        is_required: 400 where it is absent.
    """

    name: str
    kind: Kind = "text"
    default: Any = None
    choices: tuple[str, ...] = ()
    is_required: bool = False


@dataclass(frozen=True, eq=False)
class CompatRoute:
    """One address of the live platform.

    Attributes:
        path: With path parameters in braces.
        name: Of its statement with its folder, ``sql/<name>.sql``, and of
            ``sql/<name>.head.sql`` where the envelope has fields beside the rows; one row is read
            there, none means 404.
        title: What it returns, as one sentence.
        order: Columns that order the rows where no sort is requested and break its ties; never
            null; ``-`` before one: descending.
        rows_key: Member of the envelope with the rows; empty: the response is a bare array.
        is_paged: ``limit`` and ``page`` are read, and the envelope has ``pagination`` and
            ``count``.
        is_sorted: ``sort`` and ``order`` are read.
        sorts: Fields to sort by; empty: all of the row, and another one is 400.
        is_single: The response is the first row alone; none means 404.
        given: Query parameters.
        hidden: Columns for the order alone, which the response does not show.
        excludes: Pairs of parameter and value that are 400 together.
        refused: Values of ``editionId`` that are 400 here.
        default_order: Direction of a sort without ``order``.
    """

    path: str
    name: str
    title: str
    order: tuple[str, ...]
    rows_key: str = ""
    is_paged: bool = False
    is_sorted: bool = False
    sorts: tuple[str, ...] = ()
    is_single: bool = False
    given: tuple[Given, ...] = ()
    refused: tuple[int, ...] = ()
    default_order: Literal["asc", "desc"] = "asc"
    hidden: tuple[str, ...] = ()
    excludes: tuple[tuple[str, Any, str, Any], ...] = ()

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of the path parameters, in order."""
        return tuple(_VARIABLE.findall(self.path))

    @cached_property
    def rows_text(self) -> str:
        """The statement of the rows."""
        return _read(SQL / f"{self.name}.sql")

    @cached_property
    def head_text(self) -> str | None:
        """The statement of the fields beside the rows; null where there are none."""
        file = SQL / f"{self.name}.head.sql"
        return _read(file) if file.is_file() else None

    @cached_property
    def assets(self) -> tuple[Asset, ...]:
        """Registry entries of the views that are read, the first one first."""
        names = dict.fromkeys(_VIEW.findall(self.rows_text + (self.head_text or "")))
        return tuple(ASSETS[name] for name in names)

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """Keys of the assets whose versions the response depends on."""
        return tuple(dict.fromkeys(key for asset in self.assets for key in asset.reads))

    @property
    def asset(self) -> Asset:
        """The first view, whose scope a caller needs; all are public compliance data."""
        return self.assets[0]


def _read(file: Path) -> str:
    lines = file.read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("--"))
    return _PART.sub(lambda found: _read(SQL / f"{found.group(1)}.sql"), text)
