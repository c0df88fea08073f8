"""The job by which people map clients' accounts to the partners who brought them, or end that.

A hand-over is two ranges that meet. A mapping that reaches into a closed period needs two people
(``closed_changes``). Scope: the form and what is refused; not here: what a mapping
pays (``cdp_assets.validators.commissions``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from pydantic import Field

from cdp_assets.errors import PermanentFailure
from cdp_assets.governance.change_job import Change, build_change_job
from cdp_assets.governance.form_fields import ChangeForm, PeriodNumber
from cdp_assets.governance.governance_ids import governance_id
from cdp_assets.governance.introducer_job import introducer_uuid, require_introducer
from cdp_assets.governance.people import Right
from cdp_assets.validators.agreements.closed_changes import apply_or_approve
from cdp_assets.validators.agreements.period_ranges import (
    range_number,
    refused_by_field,
    require_chain,
    require_number,
    require_range,
    require_type,
)
from cdp_assets.validators.chains.chain_registry import Chain
from cdp_assets.validators.rules.period_rules import PeriodType

CLIENT_MAPPINGS: Final = "governance/client_mappings"


class ClientMappingForm(ChangeForm):
    """One account of a client, and the partner who is paid for it in a range of periods."""

    action: Literal["create", "end"] = Field(
        "create", description="`create` a mapping, or `end` the one in force at to_period."
    )
    client_id: str = Field(
        description="Key of the client; a new one is added.", min_length=1, pattern=r"^[^|]+$"
    )
    client_name: str | None = Field(
        None, description="Name of a new client; null: its key.", min_length=1
    )
    introducer_id: str | None = Field(
        None, description="UUID of the partner; needed to `create` a mapping."
    )
    chain_id: str = Field(description="Chain, such as solana-mainnet.")
    staker_address: str = Field(description="Stake account of the client.", min_length=1)
    period_type: Literal["EPOCH", "BLOCK_WINDOW", "SLOT_RANGE"] | None = Field(
        None, description="What a period is; null: the chain's main type."
    )
    from_period: PeriodNumber | None = Field(
        None,
        description="Number of the first period, or its slot range; needed to `create` a mapping.",
    )
    to_period: PeriodNumber | None = Field(
        None,
        description="Number of the period after the last one, or its slot range; null: open.",
    )


def change_client_mapping(change: Change, form: ClientMappingForm) -> dict[str, Any]:
    """Create or end a mapping, with its audit row.

    Raises:
        PermanentFailure: It overlaps another one, a field is missing, or nothing is there to end.
    """
    wanted = require_mapping(form)
    act = _create if form.action == "create" else _end
    return act(change, form, wanted)


class Wanted(NamedTuple):
    """What a form says; ``start`` is null where a mapping ends, ``end`` where one stays open."""

    chain: Chain
    period_type: PeriodType
    introducer_id: str | None
    start: int | None
    end: int | None


def require_mapping(form: ClientMappingForm) -> Wanted:
    """Return what a form says; refuse it where fields are missing or contradict each other.

    Raises:
        BadConfiguration: The chain is unknown.
        PermanentFailure: A field is missing, is no period of the type or no UUID, or the range
            ends before it begins; names the field.
    """
    chain = require_chain(form.chain_id)
    period_type = require_type(chain, form.period_type)
    if form.action == "end":
        if form.to_period is None:
            raise PermanentFailure(
                "is missing", key="to_period", hint="give the period after the last one"
            )
        end = require_number(form.to_period, period_type, "to_period")
        return Wanted(chain, period_type, None, None, end)
    fields = ("from_period", "to_period")
    start, past = require_range(form.from_period, form.to_period, period_type, fields)
    if form.introducer_id is None:
        raise PermanentFailure("is missing", key="introducer_id", hint="name the partner")
    introducer_uuid(form.introducer_id)
    return Wanted(chain, period_type, form.introducer_id, start, past)


def _create(change: Change, form: ClientMappingForm, wanted: Wanted) -> dict[str, Any]:
    chain, period_type, introducer_id, start, end = wanted
    assert introducer_id is not None
    assert start is not None
    require_introducer(change.cursor, introducer_id)
    owner = _owner(form, chain, period_type)
    mapping_id = governance_id("client_mapping", form.client_id, form.chain_id, owner, start)
    after = {
        **_key(form, period_type),
        "introducer_id": form.introducer_id,
        "from_period": start,
        "to_period": end,
    }

    def write() -> None:
        _add_client(change, form)
        number = range_number(change.cursor, "account", owner, form.chain_id)
        _insert(change, form, mapping_id, period_type, (start, end), number)
        change.audit("CREATE_CLIENT_MAPPING", "client_mapping", mapping_id, None, after)

    return _write(change, form, mapping_id, start, after, write)


def _insert(
    change: Change,
    form: ClientMappingForm,
    mapping_id: UUID,
    period_type: PeriodType,
    periods: tuple[int, int | None],
    number: int,
) -> None:
    with refused_by_field():
        change.cursor.execute(
            """
            insert into governance.client_mappings (mapping_id, client_id, introducer_id, chain_id,
                staker_address, period_type, from_period, to_period, range_number, created_at,
                created_by)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            """,
            [
                mapping_id,
                form.client_id,
                form.introducer_id,
                form.chain_id,
                form.staker_address,
                period_type,
                *periods,
                number,
                change.now,
                change.actor.audit_id,
            ],
        )


def _write(
    change: Change,
    form: ClientMappingForm,
    mapping_id: UUID,
    first: int,
    content: dict[str, Any],
    write: Callable[[], None],
) -> dict[str, Any]:
    resource = ("client_mapping_change", str(mapping_id))
    agreed = {"action": form.action, **content}
    result = apply_or_approve(change, resource, {form.chain_id: first}, agreed, write)
    return {"mapping_id": str(mapping_id), "result": result}


def _add_client(change: Change, form: ClientMappingForm) -> None:
    name = form.client_name or form.client_id
    change.cursor.execute(
        "insert into governance.clients (client_id, name, created_at) values (%s, %s, %s) "
        "on conflict (client_id) do nothing",
        [form.client_id, name, change.now],
    )
    if change.cursor.rowcount:
        change.audit("CREATE_CLIENT", "client", form.client_id, None, {"name": name}, name=name)


def _end(change: Change, form: ClientMappingForm, wanted: Wanted) -> dict[str, Any]:
    period_type, end = wanted.period_type, wanted.end
    assert end is not None
    row = change.cursor.execute(
        """
        select mapping_id, to_period from governance.client_mappings
        where client_id = %s and chain_id = %s and staker_address = %s and period_type = %s
            and from_period < %s and coalesce(to_period > %s, true)
        for update
        """,
        [form.client_id, form.chain_id, form.staker_address, period_type, end, end],
    ).fetchone()
    if row is None:
        raise PermanentFailure(
            "no mapping of the account is in force there",
            key="to_period",
            hint="look it up in governance.client_mappings",
        )
    mapping_id, before = row[0], {"to_period": row[1]}
    after = {**_key(form, period_type), "to_period": end}

    def write() -> None:
        change.cursor.execute(
            "update governance.client_mappings set to_period = %s where mapping_id = %s",
            [end, mapping_id],
        )
        change.audit("END_CLIENT_MAPPING", "client_mapping", mapping_id, before, after)

    return _write(change, form, mapping_id, end, after, write)


def _owner(form: ClientMappingForm, chain: Chain, period_type: PeriodType) -> str:
    """Return whose ranges must not overlap; numbers of another period type say nothing of them."""
    if period_type == chain.main_period_type:
        return form.staker_address
    return f"{form.staker_address}|{period_type}"


def _key(form: ClientMappingForm, period_type: PeriodType) -> dict[str, Any]:
    return {
        "period_type": period_type,
        "client_id": form.client_id,
        "chain_id": form.chain_id,
        "staker_address": form.staker_address,
    }


client_mapping_job = build_change_job(
    "client_mapping_job",
    ClientMappingForm,
    change_client_mapping,
    right=Right.MANAGE_AGREEMENTS,
    locks=[CLIENT_MAPPINGS],
    check=require_mapping,
    description="Map an account of a client to the partner who brought it, from a period on, or "
    "end that. The run tag `user` is your e-mail address. Example: "
    '`{"action": "create", "client_id": "XYZ", "introducer_id": '
    '"11111111-1111-4111-8111-111111111111", "chain_id": "solana-mainnet", "staker_address": '
    '"StakeAccount1", "from_period": 850, "reason": "brought by the partner"}`.',
)
