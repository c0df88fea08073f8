"""How values of a Postgres type become one column of a DataFrame, exactly.

Scope: types, and how much memory a value takes. Not here: which rows are read (see the package).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
from psycopg.types.json import set_json_loads

if TYPE_CHECKING:
    from pandas.api.extensions import ExtensionArray

Array = Any  # a numpy array of objects, or one of pandas' own arrays

_POINTER = 8  # bytes of a reference in a column of Python objects
# Bytes of one value: numbers as they lie in the array, objects as CPython 3.11 allocates them.
_DATE = _POINTER + 32
_DECIMAL = _POINTER + 104
_OBJECT = _POINTER + 56  # and what is stored, which is counted


def array_of(type_code: int, values: Sequence[Any]) -> Array:
    """Return values of one column as an array; null stays null.

    Args:
        type_code: The type's number in Postgres.
        values: As psycopg gives them in a session whose time zone is UTC.
    """
    kind = _KINDS.get(type_code)
    return (kind.build if kind else _objects)(values)


def fixed_bytes(type_code: int) -> int:
    """Return the memory that each value of a type takes, whatever is stored in it."""
    kind = _KINDS.get(type_code)
    return kind.bytes if kind else _OBJECT


def is_varying(type_code: int) -> bool:
    """Report whether the memory of a value depends on what is stored."""
    kind = _KINDS.get(type_code)
    return kind is None or kind.is_varying


def read_numbers_exactly(cursor: psycopg.Cursor[Any]) -> None:
    """Read fractions within JSON as ``Decimal``, as those of columns are."""
    set_json_loads(partial(json.loads, parse_float=Decimal), cursor)


class _Kind(NamedTuple):
    build: Callable[[Sequence[Any]], Array]
    bytes: int
    is_varying: bool = False


def _masked(values: Sequence[Any], dtype: str) -> tuple[Any, Any]:
    import numpy as np

    missing = np.fromiter((value is None for value in values), dtype=bool, count=len(values))
    filled = np.array([0 if value is None else value for value in values], dtype=dtype)
    return filled, missing


def _integers(values: Sequence[Any]) -> ExtensionArray:
    import pandas as pd

    return pd.arrays.IntegerArray(*_masked(values, "int64"))


def _doubles(values: Sequence[Any]) -> ExtensionArray:
    """A stored NaN stays a NaN and is not taken for null, nor null for it."""
    import pandas as pd

    return pd.arrays.FloatingArray(*_masked(values, "float64"))


def _truths(values: Sequence[Any]) -> ExtensionArray:
    import pandas as pd

    return pd.arrays.BooleanArray(*_masked(values, "bool"))


def _texts(values: Sequence[Any]) -> ExtensionArray:
    import pandas as pd

    return pd.array(list(values), dtype=pd.StringDtype("python", na_value=pd.NA))


def _instants(values: Sequence[datetime | None]) -> Array:
    """Instants with and without a zone: every time of the warehouse is UTC."""
    import numpy as np
    import pandas as pd

    naive = [None if value is None else value.replace(tzinfo=None) for value in values]
    return pd.DatetimeIndex(np.array(naive, dtype="datetime64[us]")).tz_localize("UTC").array


def _objects(values: Sequence[Any]) -> Array:
    import numpy as np

    column = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):  # one by one: lists must not become a second dimension
        column[place] = value
    return column


_INTEGER, _DOUBLE = _Kind(_integers, 9), _Kind(_doubles, 9)
_TEXT, _INSTANT = _Kind(_texts, _OBJECT, is_varying=True), _Kind(_instants, 8)
# By the numbers of Postgres' own types, which never change.
_KINDS = {
    20: _INTEGER,
    21: _INTEGER,
    23: _INTEGER,  # int8, int2, int4
    700: _DOUBLE,
    701: _DOUBLE,  # float4, float8
    16: _Kind(_truths, 2),  # bool
    1700: _Kind(_objects, _DECIMAL),  # numeric
    1114: _INSTANT,
    1184: _INSTANT,  # timestamp, timestamptz
    1082: _Kind(_objects, _DATE),  # date
    25: _TEXT,
    1043: _TEXT,
    1042: _TEXT,
    19: _TEXT,  # text, varchar, char, name
}
