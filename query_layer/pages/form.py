"""The filter form of a list: one field per parameter that the JSON has.

Scope: fields as data for the template; not here: what a parameter accepts
(``query_layer.read.parameters``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from query_layer.pages.part_reader import PartQuery
from query_layer.pages.tables import label
from query_layer.read.list_query import list_filters, list_parameters
from query_layer.read.parameters import Parameter
from query_layer.registry.route import Route

_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}|")
_KEPT = ("sort", "order", "fields", "limit")
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True)
class Field:
    """One field.

    Attributes:
        name: Of the parameter.
        label: What it is called.
        hint: What it does.
        kind: ``select``, or the type of an input.
        value: As it is in the address.
        choices: Of a select.
        pattern: Form of a text; empty for any.
        example: A value that is accepted.
        unset: What holds where the field is left empty.
    """

    name: str
    label: str
    hint: str
    kind: str
    value: str
    choices: tuple[str, ...] = ()
    pattern: str = ""
    example: str = ""
    unset: str = "any"


def fields_of(asked: PartQuery, partition: object) -> list[Field]:
    """Return the fields of a list's filters."""
    route = asked.query.route
    given = dict(asked.pairs)
    fixed = {name for name, _ in asked.part.given}
    defaults = {f.name: f.default for f in list_filters(route) if f.default not in (None, False)}
    return [
        _field(parameter, given.get(parameter.name, ""), defaults.get(parameter.name), partition)
        for parameter in _filtering(route)
        if parameter.name not in fixed
    ]


def kept_pairs(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return what a new filter keeps of the address."""
    return [(name, text) for name, text in pairs if name in _KEPT]


def _filtering(route: Route) -> list[Parameter]:
    names = {f.name for f in list_filters(route)} | {route.partition_name}
    return [parameter for parameter in list_parameters(route) if parameter.name in names]


def _field(parameter: Parameter, value: str, default: object, partition: object) -> Field:
    schema, name = parameter.schema, parameter.name
    unset = "any" if default is None else _said(default)
    common = (name, label(_WORDS.sub(" ", name)).replace("  ", " "), parameter.description)
    if "enum" in schema:
        return Field(*common, "select", value, tuple(schema["enum"]), unset=unset)
    if schema["type"] == "boolean":
        return Field(*common, "select", value, ("true", "false"), unset=unset)
    if schema["type"] == "integer":
        return Field(*common, "number", value, example=str(schema["example"]))
    is_day = schema.get("format") == "date" or schema["example"] == "2026-11-02"
    if is_day and _DAY.fullmatch(value):
        newest = f"newest: {partition}" if schema.get("format") == "date" and partition else ""
        return Field(*common, "date", value, unset=newest)
    return Field(
        *common, "search", value, pattern=schema["pattern"], example=str(schema["example"])
    )


def _said(default: object) -> str:
    if default is True:
        return "default: true"
    listed = default if isinstance(default, tuple) else (default,)
    return f"default: {' and '.join(map(str, listed))}"
