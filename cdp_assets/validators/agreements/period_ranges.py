"""Ranges of periods that must not overlap: their numbers, and the sentences of the refusals.

The database excludes overlaps over one shifted range (spec README, "Servers and settings"), for
which each pair of an agreement or account and a chain has a number.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import psycopg
from psycopg import errors

from cdp_assets.errors import PermanentFailure
from cdp_assets.validators.chains.chain_registry import Chain, load_registry
from cdp_assets.validators.rules.period_rules import PeriodType, slot_range

# Field and hint of a refusal, by the constraint that refused.
_MAPPED = (
    "staker_address",
    "the account is mapped in some of these periods already",
    "end the other mapping first; ranges may meet",
)
_REFUSALS = {
    "one_version_in_force": (
        "effective_from_period",
        "the range overlaps that of another version of the agreement on this chain",
        "begin after the start of the version in force, and end where the next one begins",
    ),
    "account_mapped_once": _MAPPED,
    "client_mappings_pkey": _MAPPED,
    "client_of_one_introducer": (
        "introducer_id",
        "the client is mapped to another partner in some of these periods",
        "end the other mappings first; ranges may meet",
    ),
}


def range_number(
    cursor: psycopg.Cursor, kind: Literal["agreement", "account"], owner: str, chain_id: str
) -> int:
    """Return the number of an agreement or account on a chain; a new one for a new pair."""
    row = cursor.execute(
        """
        with added as (
            insert into governance.range_numbers (kind, owner, chain_id)
            select %(kind)s, %(owner)s, %(chain)s
            where not exists (
                select from governance.range_numbers
                where kind = %(kind)s and owner = %(owner)s and chain_id = %(chain)s
            )
            on conflict (kind, owner, chain_id) do nothing
            returning range_number
        )
        select range_number from added
        union all
        select range_number from governance.range_numbers
        where kind = %(kind)s and owner = %(owner)s and chain_id = %(chain)s
        """,
        {"kind": kind, "owner": owner, "chain": chain_id},
    ).fetchone()
    assert row is not None
    return int(row[0])


@contextmanager
def refused_by_field() -> Iterator[None]:
    """Turn an overlap that the database refuses into a refusal that names the field.

    Raises:
        PermanentFailure: The range overlaps another one.
    """
    try:
        yield
    except (errors.ExclusionViolation, errors.UniqueViolation) as error:
        field, message, hint = _REFUSALS[str(error.diag.constraint_name)]
        raise PermanentFailure(message, key=field, hint=hint) from None


def require_chain(chain_id: str) -> Chain:
    """Return a chain of the registry.

    Raises:
        BadConfiguration: There is none with that id; the known ones are named.
    """
    return load_registry().chain(chain_id)


def require_type(chain: Chain, given: PeriodType | None) -> PeriodType:
    """Return the type of the periods that a form counts; null: the chain's main type.

    Raises:
        PermanentFailure: The chain has no periods of the type.
    """
    if given is None:
        return chain.main_period_type
    if given not in chain.period_types:
        raise PermanentFailure(
            f"{chain.chain_id} has the types {', '.join(chain.period_types)}",
            key="period_type",
            hint="name one of them",
        )
    return given


def require_number(value: int | str, period_type: str, field: str) -> int:
    """Return the ordinal of a period from its number, or from its id where it is a slot range.

    Raises:
        PermanentFailure: It is no period of the type; names the field.
    """
    if isinstance(value, int):
        return value
    if period_type != "SLOT_RANGE":
        raise PermanentFailure(
            f"{value} is a slot range; the periods are of type {period_type}",
            key=field,
            hint="give the number of the period",
        )
    try:
        return slot_range(value).ordinal
    except ValueError as refused:
        raise PermanentFailure(
            str(refused), key=field, hint="give first and last slot, or the first slot alone"
        ) from None


def require_range(
    start: int | str | None,
    end: int | str | None,
    period_type: str,
    names: tuple[str, str],
) -> tuple[int, int | None]:
    """Return a half-open range of ordinals; a null end is open.

    Raises:
        PermanentFailure: The start is missing, the end is not after it, or one of them is no period
            of the type; names the field.
    """
    if start is None:
        raise PermanentFailure("is missing", key=names[0], hint="give the first period")
    first = require_number(start, period_type, names[0])
    if end is None:
        return first, None
    past = require_number(end, period_type, names[1])
    if past <= first:
        raise PermanentFailure(
            f"{end} is not after {names[0]} {start}",
            key=names[1],
            hint="the end is the period after the last one; leave it out for an open range",
        )
    return first, past
