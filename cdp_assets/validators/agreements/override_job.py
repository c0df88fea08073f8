"""The job by which people set the total of an agreement and period, or take that back (§8).

Scope: the form and what is refused; not here: how a total is spread over lines
(``engine.overrides``). The newest override that was not revoked counts; none is ever deleted.
"""

from __future__ import annotations

from typing import Any, Final, Literal

import psycopg
from pydantic import Field

from cdp_assets.errors import PermanentFailure
from cdp_assets.governance.change_job import Change, build_change_job
from cdp_assets.governance.form_fields import ChangeForm, Key, WholeNumber
from cdp_assets.governance.governance_ids import governance_id
from cdp_assets.governance.people import Right
from cdp_assets.validators.agreements.agreement_store import (
    require_agreement,
    versions_of_agreement,
)
from cdp_assets.validators.commissions.engine.agreement_terms import MONTH_RULE
from cdp_assets.validators.rules.nullable_amounts import int_or_none, sql_sum_or_null

OVERRIDES: Final = "governance/overrides"


class OverrideForm(ChangeForm):
    """An override to create, or one to revoke."""

    action: Literal["create", "revoke"] = Field(
        description="`create` an override, or `revoke` one; it is never edited."
    )
    agreement_id: str | None = Field(None, description="Agreement; of `create`.")
    chain_id: str | None = Field(None, description="Chain; needed where the agreement has several.")
    period_id: Key | None = Field(None, description="Period, such as 850; of `create`.")
    amount_native: WholeNumber | None = Field(
        None,
        ge=0,
        lt=10**78,
        description="Total final amount in the chain's smallest unit; of `create`.",
    )
    override_id: str | None = Field(
        None, description="Key of the override; of `revoke`.", pattern=r"^[0-9a-fA-F-]{36}$"
    )


def change_override(change: Change, form: OverrideForm) -> dict[str, Any]:
    """Create or revoke an override, with its audit row.

    Raises:
        PermanentFailure: The period is closed, unknown or outside of the agreement, a field is
            missing, or the override does not hold.
    """
    return _create(change, form) if form.action == "create" else _revoke(change, form)


def _create(change: Change, form: OverrideForm) -> dict[str, Any]:
    for field in ("agreement_id", "period_id", "amount_native"):
        if getattr(form, field) is None:
            raise PermanentFailure("is missing", key=field, hint="an override needs it")
    agreement_id, period_id = str(form.agreement_id), str(form.period_id)
    chain_id = _chain_of(change.cursor, agreement_id, form.chain_id)
    _require_open_period(change.cursor, agreement_id, chain_id, period_id)
    seen = _total_before(change.cursor, agreement_id, chain_id, period_id)
    override_id = _next_id(change.cursor, agreement_id, chain_id, period_id)
    change.cursor.execute(
        """
        insert into governance.overrides (override_id, agreement_id, chain_id, period_id,
            amount_native, reason, pre_override_native, created_at, created_by)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        [
            override_id,
            agreement_id,
            chain_id,
            period_id,
            form.amount_native,
            change.reason,
            seen,
            change.now,
            change.actor.audit_id,
        ],
    )
    after = {
        "agreement_id": agreement_id,
        "amount_native": str(form.amount_native),
        "chain_id": chain_id,
        "period_id": period_id,
    }
    before = {"pre_override_native": None if seen is None else str(seen)}
    change.audit("CREATE_OVERRIDE", "override", override_id, before, after)
    return {"override_id": str(override_id), **before, **after}


def _revoke(change: Change, form: OverrideForm) -> dict[str, Any]:
    if form.override_id is None:
        raise PermanentFailure("is missing", key="override_id", hint="name the override")
    row = change.cursor.execute(
        """
        select agreement_id, chain_id, period_id, amount_native, revoked_at is null
        from governance.overrides where override_id = %s for update
        """,
        [form.override_id],
    ).fetchone()
    if row is None or not row[4]:
        raise PermanentFailure(
            f"override {form.override_id} {'is revoked already' if row else 'does not exist'}",
            key="override_id",
            hint="look it up in governance.overrides",
        )
    _require_open_period(change.cursor, *row[:3])
    change.cursor.execute(
        "update governance.overrides set revoked_at = %s, revoked_by = %s, revoke_reason = %s "
        "where override_id = %s",
        [change.now, change.actor.audit_id, change.reason, form.override_id],
    )
    before = {"amount_native": str(row[3]), "agreement_id": row[0], "period_id": row[2]}
    change.audit("REVOKE_OVERRIDE", "override", form.override_id, before, {"is_revoked": True})
    return {"override_id": form.override_id}


def _chain_of(cursor: psycopg.Cursor, agreement_id: str, given: str | None) -> str:
    """Return the chain of the override: the agreement's only one, unless it is named."""
    require_agreement(cursor, agreement_id)
    chains = sorted({one.chain_id for one in versions_of_agreement(cursor, agreement_id)})
    if given is None and len(chains) == 1:
        return chains[0]
    if given not in chains:
        raise PermanentFailure(
            f"agreement {agreement_id} has the chains {', '.join(chains)}",
            key="chain_id",
            hint="name one of them",
        )
    return given


def _require_open_period(
    cursor: psycopg.Cursor, agreement_id: str, chain_id: str, period_id: str
) -> None:
    """Refuse a period that is closed, unknown, or in which the agreement is not in force."""
    row = cursor.execute(
        """
        select p.status, exists (
            select from governance.agreement_versions v
            where v.agreement_id = %s and v.chain_id = p.chain_id
                and v.period_type = p.period_type and v.effective_from_period <= p.period_ordinal
                and coalesce(v.effective_to_period > p.period_ordinal, true)
        )
        from validators.canonical_periods p
        where p.chain_id = %s and p.period_id = %s and p.is_current and not p.is_void
        """,
        [agreement_id, chain_id, period_id],
    ).fetchone()
    if row is None:
        raise PermanentFailure(
            f"{chain_id} has no period {period_id}", key="period_id", hint="name a known period"
        )
    if row[0] == "CLOSED":
        raise PermanentFailure(
            f"period {period_id} is closed: a released statement has used it",
            key="period_id",
            hint="override an open period; what is released never changes",
        )
    if not row[1]:
        raise PermanentFailure(
            f"agreement {agreement_id} is not in force in period {period_id}",
            key="period_id",
            hint="name a period within its range",
        )


def _total_before(
    cursor: psycopg.Cursor, agreement_id: str, chain_id: str, period_id: str
) -> int | None:
    """Return the total that the author of an override sees; null: incomplete or not computed."""
    row = cursor.execute(
        f"""
        select {sql_sum_or_null("pre_override_amount_native")}
        from validators.partner_commission_lines
        where chain_id = %s and period_id = %s and agreement_id = %s and is_current
            and not is_void and line_kind not in ('ADJUSTMENT', 'OVERRIDE')
            and rule_id is distinct from %s
        """,
        [chain_id, period_id, agreement_id, MONTH_RULE],
    ).fetchone()
    return None if row is None else int_or_none(row[0])


def _next_id(cursor: psycopg.Cursor, agreement_id: str, chain_id: str, period_id: str) -> Any:
    key = [agreement_id, chain_id, period_id]
    row = cursor.execute(
        "select count(*) from governance.overrides "
        "where agreement_id = %s and chain_id = %s and period_id = %s",
        key,
    ).fetchone()
    assert row is not None
    return governance_id("override", *key, row[0])


override_job = build_change_job(
    "override_job",
    OverrideForm,
    change_override,
    right=Right.MANAGE_OVERRIDES,
    locks=[OVERRIDES],
    description="Set the total of an agreement in an open period, after floors and caps, or revoke "
    "that. The run tag `user` is your e-mail address. Example: "
    '`{"action": "create", "agreement_id": "A", "period_id": "850", "amount_native": "60000000", '
    '"reason": "goodwill for the delay"}`.',
)
