"""The job by which people map clients' accounts to the partners who brought them, or end that.

A hand-over is two ranges that meet. A mapping that reaches into a closed period needs two people
(``closed_changes``). Scope: the form and what is refused; not here: what a mapping
pays (``cdp_assets.validators.commissions``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal
from uuid import UUID

from pydantic import Field

from cdp_assets.errors import PermanentFailure
from cdp_assets.governance.change_job import Change, build_change_job
from cdp_assets.governance.form_fields import ChangeForm, Ordinal
from cdp_assets.governance.governance_ids import governance_id
from cdp_assets.governance.introducer_job import require_introducer
from cdp_assets.governance.people import Right
from cdp_assets.validators.agreements.closed_changes import apply_or_approve
from cdp_assets.validators.agreements.period_ranges import (
    range_number,
    refused_by_field,
    require_chain,
    require_range,
)

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
    from_period: Ordinal | None = Field(
        None, description="Number of the first period; needed to `create` a mapping."
    )
    to_period: Ordinal | None = Field(
        None, description="Number of the period after the last one; null: open."
    )


def change_client_mapping(change: Change, form: ClientMappingForm) -> dict[str, Any]:
    """Create or end a mapping, with its audit row.

    Raises:
        PermanentFailure: It overlaps another one, a field is missing, or nothing is there to end.
    """
    require_chain(form.chain_id)
    return _create(change, form) if form.action == "create" else _end(change, form)


def _create(change: Change, form: ClientMappingForm) -> dict[str, Any]:
    start = require_range(form.from_period, form.to_period, ("from_period", "to_period"))  # type: ignore[arg-type]
    if form.introducer_id is None:
        raise PermanentFailure("is missing", key="introducer_id", hint="name the partner")
    require_introducer(change.cursor, form.introducer_id)
    mapping_id = governance_id(
        "client_mapping", form.client_id, form.chain_id, form.staker_address, start
    )
    after = {**_key(form), "introducer_id": form.introducer_id, "from_period": start}
    after["to_period"] = form.to_period

    def write() -> None:
        _add_client(change, form)
        _insert(change, form, mapping_id, start)
        change.audit("CREATE_CLIENT_MAPPING", "client_mapping", mapping_id, None, after)

    return _write(change, form, mapping_id, start, after, write)


def _insert(change: Change, form: ClientMappingForm, mapping_id: UUID, start: int) -> None:
    with refused_by_field():
        change.cursor.execute(
            """
            insert into governance.client_mappings (mapping_id, client_id, introducer_id, chain_id,
                staker_address, from_period, to_period, range_number, created_at, created_by)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            """,
            [
                mapping_id,
                form.client_id,
                form.introducer_id,
                form.chain_id,
                form.staker_address,
                start,
                form.to_period,
                range_number(change.cursor, "account", form.staker_address, form.chain_id),
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


def _end(change: Change, form: ClientMappingForm) -> dict[str, Any]:
    if form.to_period is None:
        raise PermanentFailure(
            "is missing", key="to_period", hint="give the period after the last one"
        )
    row = change.cursor.execute(
        """
        select mapping_id, to_period from governance.client_mappings
        where client_id = %s and chain_id = %s and staker_address = %s
            and from_period < %s and coalesce(to_period > %s, true)
        for update
        """,
        [form.client_id, form.chain_id, form.staker_address, form.to_period, form.to_period],
    ).fetchone()
    if row is None:
        raise PermanentFailure(
            "no mapping of the account is in force there",
            key="to_period",
            hint="look it up in governance.client_mappings",
        )
    mapping_id, before = row[0], {"to_period": row[1]}
    after = {**_key(form), "to_period": form.to_period}

    def write() -> None:
        change.cursor.execute(
            "update governance.client_mappings set to_period = %s where mapping_id = %s",
            [form.to_period, mapping_id],
        )
        change.audit("END_CLIENT_MAPPING", "client_mapping", mapping_id, before, after)

    return _write(change, form, mapping_id, int(form.to_period), after, write)


def _key(form: ClientMappingForm) -> dict[str, Any]:
    return {
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
    description="Map an account of a client to the partner who brought it, from a period on, or "
    "end that. The run tag `user` is your e-mail address. Example: "
    '`{"action": "create", "client_id": "XYZ", "introducer_id": '
    '"11111111-1111-4111-8111-111111111111", "chain_id": "solana-mainnet", "staker_address": '
    '"StakeAccount1", "from_period": 850, "reason": "brought by the partner"}`.',
)
