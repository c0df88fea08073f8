"""The job by which people set the total of an agreement and period, or take that back (§8).

An override may be about one validator or component of the agreement. Scope: the form and what is
refused; not here: how a total is spread over lines and which override counts
(``engine.overrides``). None is ever deleted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, NamedTuple

import psycopg
from pydantic import Field

from cdp_assets.errors import PermanentFailure
from cdp_assets.governance.change_job import Change, build_change_job
from cdp_assets.governance.form_fields import UUID_PATTERN, ChangeForm, Key, WholeNumber
from cdp_assets.governance.governance_ids import governance_id
from cdp_assets.governance.people import Right
from cdp_assets.validators.agreements.agreement_store import (
    require_agreement,
    versions_of_agreement,
)
from cdp_assets.validators.agreements.known_validators import require_known_validators
from cdp_assets.validators.agreements.period_ranges import require_chain
from cdp_assets.validators.chains.chain_keys import ChainKeys
from cdp_assets.validators.commissions.engine.agreement_terms import (
    MONTH_RULE,
    AgreementVersion,
    Rule,
    TierScope,
)
from cdp_assets.validators.rules.nullable_amounts import int_or_none, sql_sum_or_null

OVERRIDES: Final = "governance/overrides"


class Part(NamedTuple):
    """What an override sets: lines of an agreement in a period; null: of all."""

    agreement_id: str
    chain_id: str
    period_id: str
    validator_key: str | None
    component: str | None


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
    validator_key: str | None = Field(
        None, description="Set the lines of this validator alone; null: of all.", min_length=1
    )
    component: (
        Literal["EXEC_FEES", "MEV_TIPS", "VOTE_REWARDS", "COMMISSION", "STAKE_REWARDS", "TOTAL"]
        | None
    ) = Field(None, description="Set the lines of this component alone; null: of all.")
    override_id: str | None = Field(
        None, description="Key of the override; of `revoke`.", pattern=UUID_PATTERN
    )


def change_override(change: Change, form: OverrideForm) -> dict[str, Any]:
    """Create or revoke an override, with its audit row.

    Raises:
        PermanentFailure: The period is closed, unknown or outside of the agreement, the agreement
            has no lines of the validator or component, an override in force sets some of them, a
            field is missing, or the override to revoke does not hold.
    """
    require_fields(form)
    return _create(change, form) if form.action == "create" else _revoke(change, form)


def require_fields(form: OverrideForm) -> None:
    """Refuse a form without a field that its action needs.

    Raises:
        PermanentFailure: Names the field.
    """
    needed = {
        "create": ("agreement_id", "period_id", "amount_native"),
        "revoke": ("override_id",),
    }
    for field in needed[form.action]:
        if getattr(form, field) is None:
            hint = "an override needs it" if form.action == "create" else "name the override"
            raise PermanentFailure("is missing", key=field, hint=hint)


def _create(change: Change, form: OverrideForm) -> dict[str, Any]:
    agreement_id, period_id = str(form.agreement_id), str(form.period_id)
    chain_id = _chain_of(change.cursor, agreement_id, form.chain_id)
    version = _require_open_period(change.cursor, agreement_id, chain_id, period_id)
    _require_part(change.cursor, form, version)
    part = Part(agreement_id, chain_id, period_id, form.validator_key, form.component)
    _require_no_wider(change.cursor, part)
    seen = _total_before(change.cursor, part)
    override_id = _next_id(change.cursor, agreement_id, chain_id, period_id)
    change.cursor.execute(
        """
        insert into governance.overrides (override_id, agreement_id, chain_id, period_id,
            validator_key, component, amount_native, reason, pre_override_native, created_at,
            created_by)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        [
            override_id,
            *part,
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
    if form.validator_key is not None:
        after["validator_key"] = form.validator_key
    if form.component is not None:
        after["component"] = form.component
    before = {"pre_override_native": None if seen is None else str(seen)}
    change.audit("CREATE_OVERRIDE", "override", override_id, before, after)
    return {"override_id": str(override_id), **before, **after}


def _revoke(change: Change, form: OverrideForm) -> dict[str, Any]:
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
    _require_not_closed(change.cursor, row[1], row[2])
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
) -> AgreementVersion:
    """Return the version in force in a period.

    Raises:
        PermanentFailure: The period is closed, unknown, or the agreement is not in force in it.
    """
    period_type, ordinal = _require_not_closed(cursor, chain_id, period_id)
    for version in versions_of_agreement(cursor, agreement_id):
        is_of_type = (version.chain_id, version.period_type) == (chain_id, period_type)
        if is_of_type and version.holds(ordinal):
            return version
    raise PermanentFailure(
        f"agreement {agreement_id} is not in force in period {period_id}",
        key="period_id",
        hint="name a period within its range",
    )


def _require_not_closed(cursor: psycopg.Cursor, chain_id: str, period_id: str) -> tuple[str, int]:
    """Return type and ordinal of a period; refuse a closed or unknown one."""
    row = cursor.execute(
        "select status, period_type, period_ordinal from validators.canonical_periods "
        "where chain_id = %s and period_id = %s and is_current and not is_void",
        [chain_id, period_id],
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
    return str(row[1]), int(row[2])


def _require_part(cursor: psycopg.Cursor, form: OverrideForm, version: AgreementVersion) -> None:
    """Refuse a validator or component of which the agreement has no lines."""
    rules: Sequence[Rule] = version.rules
    if form.component is not None:
        rules = [rule for rule in rules if rule.component == form.component]
        if not rules:
            shared = ", ".join(sorted({rule.component for rule in version.rules}))
            raise PermanentFailure(
                f"version {version.version} of agreement {version.agreement_id} shares {shared}",
                key="component",
                hint="name one of them, or none",
            )
    if form.validator_key is None:
        return
    chain = require_chain(version.chain_id)
    require_known_validators(cursor, chain, [form.validator_key], "validator_key")
    # Tiers over all validators yield one line of all of them.
    if not any(
        rule.covers(form.validator_key) and rule.tier_scope is TierScope.VALIDATOR for rule in rules
    ):
        raise PermanentFailure(
            f"version {version.version} of agreement {version.agreement_id} has no lines of "
            f"validator {form.validator_key}",
            key="validator_key",
            hint="name a validator of its rules, or none",
        )


def _require_no_wider(cursor: psycopg.Cursor, part: Part) -> None:
    """Refuse an override that would change a part of what another one in force sets.

    The sum that its author set would no longer hold. One about the same lines, or more, is the
    newer word.
    """
    row = cursor.execute(
        """
        select override_id from governance.overrides
        where agreement_id = %(agreement_id)s and chain_id = %(chain_id)s
            and period_id = %(period_id)s and revoked_at is null
            and coalesce(validator_key = %(validator_key)s, true)
            and coalesce(component = %(component)s, true)
            and not (
                coalesce(validator_key = %(validator_key)s, %(validator_key)s::text is null)
                and coalesce(component = %(component)s, %(component)s::text is null)
            )
        limit 1
        """,
        part._asdict(),
    ).fetchone()
    if row is not None:
        raise PermanentFailure(
            f"override {row[0]} sets some of these lines together with others",
            key="component" if part.validator_key is None else "validator_key",
            hint="revoke it first, or override the total of the period",
        )


def _total_before(cursor: psycopg.Cursor, part: Part) -> int | None:
    """Return the total that the author of an override sees; null: incomplete or not computed."""
    row = cursor.execute(
        f"""
        select {sql_sum_or_null("pre_override_amount_native")}, count(*)
        from validators.partner_commission_lines
        where chain_id = %(chain_id)s and period_id = %(period_id)s
            and agreement_id = %(agreement_id)s and is_current and not is_void
            and line_kind not in ('ADJUSTMENT', 'OVERRIDE') and rule_id is distinct from %(month)s
            and (%(validator_key)s::text is null or validator_key = %(validator_key)s)
            and (%(component)s::text is null or revenue_component = %(component)s)
        """,
        {**part._asdict(), "month": MONTH_RULE},
    ).fetchone()
    assert row is not None
    if row[1] == 0:
        return 0 if _is_computed(cursor, part) else None
    return int_or_none(row[0])


def _is_computed(cursor: psycopg.Cursor, part: Part) -> bool:
    """Return whether the lines of the period were computed, so that no line is an amount of 0."""
    key = ChainKeys(require_chain(part.chain_id).key_name).lines
    row = cursor.execute(
        "select exists (select from ops.asset_partition_status "
        "where asset_key = %s and partition_key = %s and version is not null)",
        [key, part.period_id],
    ).fetchone()
    return row == (True,)


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
    check=require_fields,
    description="Set the total of an agreement in an open period, after floors and caps, or revoke "
    "that. The run tag `user` is your e-mail address. Example: "
    '`{"action": "create", "agreement_id": "A", "period_id": "850", "amount_native": "60000000", '
    '"reason": "goodwill for the delay"}`.',
)
