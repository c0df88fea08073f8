"""Forms of the launchpad: the values of a run's config, read and checked at its first step.

Before it launches a run, Dagster checks names, types and closed lists of a form, but not patterns,
ranges, dates and lengths. Scope: which part of a form it checks, and how the rest fails, the same
way for every job; not here: the forms, which are beside the steps that read them.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin
from uuid import UUID

import dagster as dg
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from cdp_assets.errors import BadConfiguration

Form = TypeVar("Form", bound=BaseModel)
_WRITTEN_AS_TEXT = (datetime, UUID)


def launch_fields(form: type[BaseModel], **own: dg.Field) -> dict[str, dg.Field]:
    """Return the fields of a form as the launchpad checks them.

    No field takes a variable of the environment, as a ``dg.Config`` would: its value would appear
    in a report or a log.

    Args:
        form: Of texts, numbers, booleans, instants, ids, literals and lists, each described.
        own: Fields that replace those of the form.
    """
    return {
        name: own.get(name) or _launch_field(field) for name, field in form.model_fields.items()
    }


def one_of(*words: str) -> dg.Enum:
    """Return the type of a closed list, named after its words: an error shows only the name."""
    return dg.Enum(" | ".join(words), [dg.EnumValue(word) for word in words])


def _launch_field(field: FieldInfo) -> dg.Field:
    kind = _config_type(field.annotation)
    if field.is_required():
        return dg.Field(kind, description=field.description)
    if field.default is None:  # a form can tell an absent value from null
        return dg.Field(kind, is_required=False, description=field.description)
    return dg.Field(
        kind, default_value=field.default, is_required=False, description=field.description
    )


def _config_type(annotation: Any) -> Any:
    """Return the type that the launchpad checks; what it cannot check is ``Any``."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _config_type(inner[0])
    if origin is Literal:
        return one_of(*inner)
    if type(None) in inner:
        rest = [_config_type(kind) for kind in inner if kind is not type(None)]
        return dg.Noneable(rest[0] if len(rest) == 1 else dg.Any)
    if origin is list:
        return dg.Array(_config_type(inner[0]))
    if origin is dict:
        return dg.Permissive()  # type: ignore[no-untyped-call]
    if origin is not None:  # an amount: an integer, or digits, which no YAML reader shortens
        return dg.Any
    if annotation in _WRITTEN_AS_TEXT:
        return str
    return dg.Any if annotation is Any else annotation


def read_form(form: type[Form], config: Mapping[str, Any]) -> Form:
    """Return the values of a form.

    Args:
        form: What is allowed; its fields have descriptions.
        config: Of the run.

    Raises:
        BadConfiguration: A value is not allowed; names the field, the value and what is expected.
    """
    try:
        return form(**config)
    except ValidationError as error:
        wrong = {_field(detail["loc"]): detail for detail in error.errors(include_url=False)}
    sentences = [f"{field}: {_in_words(form, field, detail)}" for field, detail in wrong.items()]
    raise BadConfiguration(
        "; ".join(sentences).removeprefix(f"{next(iter(wrong))}: "),
        key=next(iter(wrong)),
        hint="correct the config in the launchpad and launch the run again",
    )


def _field(place: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in place) or "config"


def _in_words(form: type[BaseModel], field: str, detail: Mapping[str, Any]) -> str:
    known = form.model_fields.get(field.split(".", maxsplit=1)[0])
    expected = known.description.rstrip(".") if known and known.description else ""
    message = str(detail["msg"]).removeprefix("Value error, ")
    sentence = f"{reprlib.repr(detail['input'])} is not allowed: {message}"
    return f"{sentence} (expected: {expected})" if expected else sentence
