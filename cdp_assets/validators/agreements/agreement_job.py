"""The job by which people create agreements, give them new versions, suspend and end them.

A change that reaches into a closed period needs two people: each launches the same config, the
second launch applies it; what was released is corrected by adjustments (validator §7.1, §9.4).
Scope: the form and what is refused; not here: the terms (``engine.agreement_terms``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal

from pydantic import Field

from cdp_assets.errors import PermanentFailure
from cdp_assets.governance.change_job import Change, build_change_job
from cdp_assets.governance.form_fields import ChangeForm, PeriodNumber
from cdp_assets.governance.introducer_job import introducer_uuid, require_introducer
from cdp_assets.governance.people import Right
from cdp_assets.validators.agreements.agreement_store import (
    Agreement,
    add_agreement,
    add_version,
    end_versions,
    find_agreement,
    require_agreement,
    set_status,
    terms_as_json,
    versions_from,
    versions_of_agreement,
)
from cdp_assets.validators.agreements.closed_changes import apply_or_approve
from cdp_assets.validators.agreements.known_validators import require_known_validators
from cdp_assets.validators.agreements.period_ranges import (
    require_chain,
    require_number,
    require_range,
    require_type,
)
from cdp_assets.validators.chains.chain_registry import Chain
from cdp_assets.validators.commissions.engine.agreement_terms import AgreementVersion, parse_version
from cdp_assets.validators.commissions.engine.over_attribution import (
    OVER_ATTRIBUTION,
    over_attributed_rates,
)

AGREEMENTS: Final = "governance/agreements"
AGREEMENT_VERSIONS: Final = "governance/agreement_versions"
_RANGE: Final = ("effective_from_period", "effective_to_period")


class AgreementForm(ChangeForm):
    """What happens to one agreement."""

    action: Literal["create", "new_version", "suspend", "end"] = Field(
        description="`create` an agreement, give it a `new_version` on a chain, `suspend` or `end` "
        "it; a new version resumes a suspended one."
    )
    agreement_id: str = Field(
        description="Key of the agreement, without |.", min_length=1, pattern=r"^[^|]+$"
    )
    introducer_id: str | None = Field(None, description="UUID of the partner; of `create`.")
    name: str | None = Field(None, description="Name; null: the key; of `create`.", min_length=1)
    chain_id: str | None = Field(None, description="Chain of the version.")
    period_type: Literal["EPOCH", "BLOCK_WINDOW", "SLOT_RANGE"] | None = Field(
        None, description="What a period is; null: the chain's main type."
    )
    effective_from_period: PeriodNumber | None = Field(
        None, description="Number of the version's first period, or its slot range."
    )
    effective_to_period: PeriodNumber | None = Field(
        None,
        description="Number of the period after the last one, or its slot range; null: open. Of "
        "`suspend` and `end`: null is the period after the last one that has ended.",
    )
    rules: list[dict[str, Any]] | None = Field(
        None, description="Rules of the version (docs/how-to/people-and-agreements.md)."
    )
    floors: list[dict[str, Any]] | None = Field(
        None, description="Least sums of a PERIOD or MONTH."
    )
    caps: list[dict[str, Any]] | None = Field(None, description="Most sums of a PERIOD or MONTH.")


def change_agreement(change: Change, form: AgreementForm) -> dict[str, Any]:
    """Change an agreement, with its audit row; a retroactive change waits for a second person.

    Raises:
        PermanentFailure: The agreement exists or does not, the terms do not hold together, the
            range overlaps another one, or partners together would take more than there is.
    """
    require_terms(form)
    if form.action == "create":
        return _create(change, form)
    agreement = require_agreement(change.cursor, form.agreement_id)
    if agreement.status == "ENDED":
        raise PermanentFailure(
            f"agreement {agreement.agreement_id} has ended",
            key="agreement_id",
            hint="create another agreement",
        )
    if form.action == "new_version":
        return _new_version(change, form, agreement)
    return _stop(change, form, agreement)


def require_terms(form: AgreementForm) -> None:
    """Refuse a form whose terms do not hold together, whatever is stored.

    Raises:
        BadConfiguration: The chain is unknown, or the rules, floors and caps are wrong.
        PermanentFailure: A field is missing or wrong, or the version alone would take more than
            there is; names the field.
    """
    if form.action not in ("create", "new_version"):
        return
    if form.action == "create":
        introducer_uuid(_introducer_of(form))
    # No rule looks at the partner or the number; those of a new version are in the database.
    _, version = _parse(form, form.introducer_id or "stored", 1)
    _require_attributable([version], version.effective_from)


def _introducer_of(form: AgreementForm) -> str:
    if form.introducer_id is None:
        raise PermanentFailure("is missing", key="introducer_id", hint="name the partner")
    return form.introducer_id


def _create(change: Change, form: AgreementForm) -> dict[str, Any]:
    if find_agreement(change.cursor, form.agreement_id) is not None:
        raise PermanentFailure(
            f"there is an agreement {form.agreement_id} already",
            key="agreement_id",
            hint="use the action new_version",
        )
    introducer_id = _introducer_of(form)
    require_introducer(change.cursor, introducer_id)
    name = form.name or form.agreement_id
    agreement = Agreement(form.agreement_id, introducer_id, name, "ACTIVE")
    version = _version(change, form, agreement, 1)

    def write() -> None:
        add_agreement(change.cursor, agreement, change.now, change.actor.audit_id)
        _save(change, version)
        after = {**agreement._asdict(), **_as_json(version)}
        change.audit("CREATE_AGREEMENT", "agreement", form.agreement_id, None, after, name=name)

    return _write(change, form, _start(version), _as_json(version), write)


def _new_version(change: Change, form: AgreementForm, agreement: Agreement) -> dict[str, Any]:
    stored = versions_of_agreement(change.cursor, form.agreement_id)
    version = _version(change, form, agreement, len(stored) + 1)

    def write() -> None:
        ended = end_versions(
            change.cursor, version.agreement_id, version.effective_from, version.chain_id
        )
        _save(change, version)
        set_status(change.cursor, form.agreement_id, "ACTIVE")
        before = {"status": agreement.status, "versions": len(stored)}
        after = {"status": "ACTIVE", "ended_versions": ended, **_as_json(version)}
        change.audit(
            "CREATE_AGREEMENT_VERSION",
            "agreement",
            form.agreement_id,
            before,
            after,
            name=agreement.name,
        )

    return _write(change, form, _start(version), _as_json(version), write)


def _stop(change: Change, form: AgreementForm, agreement: Agreement) -> dict[str, Any]:
    """End the ranges of an agreement, on all its chains or on the one that is named."""
    stored = versions_of_agreement(change.cursor, form.agreement_id)
    ends = _ends(change, form, stored)
    is_full = all(one.effective_to is not None or one.chain_id in ends for one in stored)
    status = ("ENDED" if form.action == "end" else "SUSPENDED") if is_full else agreement.status

    def write() -> None:
        ended = [
            number
            for chain_id, at in ends.items()
            for number in end_versions(change.cursor, form.agreement_id, at, chain_id)
        ]
        set_status(change.cursor, form.agreement_id, status)
        change.audit(
            f"{form.action.upper()}_AGREEMENT",
            "agreement",
            form.agreement_id,
            {"status": agreement.status},
            {"status": status, "ended_versions": ended, "effective_to_period": ends},
            name=agreement.name,
        )

    return _write(change, form, ends, {"effective_to_period": ends, "status": status}, write)


def _ends(
    change: Change, form: AgreementForm, stored: Sequence[AgreementVersion]
) -> dict[str, int]:
    """Return the ordinal at which the ranges end, by chain."""
    chains = sorted({one.chain_id for one in stored})
    if form.chain_id is not None and form.chain_id not in chains:
        raise PermanentFailure(
            f"the agreement has the chains {', '.join(chains)}",
            key="chain_id",
            hint="name one of them, or none for all",
        )
    if form.chain_id is None and form.effective_to_period is not None and len(chains) > 1:
        raise PermanentFailure(
            f"periods of {', '.join(chains)} have different numbers",
            key="chain_id",
            hint="launch it once per chain, or leave effective_to_period out",
        )
    given = form.effective_to_period
    newest = {one.chain_id: one for one in stored if form.chain_id in (None, one.chain_id)}
    ends = {
        chain_id: _next_period(change, one)
        if given is None
        else require_number(given, one.period_type, "effective_to_period")
        for chain_id, one in sorted(newest.items())
    }
    for one in stored:
        if one.chain_id in ends and one.effective_from >= ends[one.chain_id]:
            raise PermanentFailure(
                f"version {one.version} begins at period {one.effective_from} only",
                key="effective_to_period",
                hint="give a period after its start",
            )
    return ends


def _write(
    change: Change,
    form: AgreementForm,
    firsts: Mapping[str, int],
    content: dict[str, Any],
    write: Callable[[], None],
) -> dict[str, Any]:
    done = {"agreement_id": form.agreement_id, **content}
    agreed = {"action": form.action, "partner": form.introducer_id, **done}
    resource = ("agreement_change", form.agreement_id)
    return {**done, "result": apply_or_approve(change, resource, firsts, agreed, write)}


def _version(
    change: Change, form: AgreementForm, agreement: Agreement, number: int
) -> AgreementVersion:
    chain, version = _parse(form, agreement.introducer_id, number)
    for place, rule in enumerate(version.rules):
        if rule.validators != "all":
            field = f"rules.{place}.validators"
            require_known_validators(change.cursor, chain, rule.validators, field)
    return version


def _parse(form: AgreementForm, introducer_id: str, number: int) -> tuple[Chain, AgreementVersion]:
    if form.chain_id is None:
        raise PermanentFailure("is missing", key="chain_id", hint="name the chain")
    chain = require_chain(form.chain_id)
    period_type = require_type(chain, form.period_type)
    start, end = require_range(
        form.effective_from_period, form.effective_to_period, period_type, _RANGE
    )
    version = parse_version(
        {
            "agreement_id": form.agreement_id,
            "version": number,
            "introducer_id": introducer_id,
            "chain_id": form.chain_id,
            "period_type": period_type,
            "effective_from": start,
            "effective_to": end,
            "rules": form.rules or [],
            "floors": form.floors or [],
            "caps": form.caps or [],
        }
    )
    return chain, version


def _save(change: Change, version: AgreementVersion) -> None:
    """Write a version; refuse it where partners together would take more than there is."""
    add_version(change.cursor, version, change.now, change.actor.audit_id, change.reason)
    others = versions_from(change.cursor, version.chain_id, version.effective_from)
    starts = {version.effective_from, *(one.effective_from for one in others)}
    for ordinal in sorted(start for start in starts if version.holds(start)):
        _require_attributable([one for one in others if one.holds(ordinal)], ordinal)


def _require_attributable(versions: Sequence[AgreementVersion], ordinal: int) -> None:
    """Refuse versions in force from a period on that take more than there is."""
    found = over_attributed_rates(versions)
    if found:
        one = found[0]
        raise PermanentFailure(
            f"{OVER_ATTRIBUTION}: from period {ordinal} on, {one.attributed} of "
            f"{one.available} basis points of {one.component} of validator "
            f"{one.validator_key} would be paid, by {', '.join(one.agreement_ids)}",
            key="rules",
            hint="lower the rates, or end another agreement first",
        )


def _next_period(change: Change, version: AgreementVersion) -> int:
    """Return the ordinal after the last period of a chain that has ended."""
    row = change.cursor.execute(
        """
        select max(period_ordinal) + 1 from validators.canonical_periods
        where chain_id = %s and period_type = %s and is_current and not is_void
            and status <> 'OPEN'
        """,
        [version.chain_id, version.period_type],
    ).fetchone()
    if row is None or row[0] is None:
        raise PermanentFailure(
            f"no period of {version.chain_id} has ended yet",
            key="effective_to_period",
            hint="give the period after the last one",
        )
    return int(row[0])


def _start(version: AgreementVersion) -> dict[str, int]:
    return {version.chain_id: version.effective_from}


def _as_json(version: AgreementVersion) -> dict[str, Any]:
    return {
        "version": version.version,
        "chain_id": version.chain_id,
        "period_type": version.period_type,
        "effective_from_period": version.effective_from,
        "effective_to_period": version.effective_to,
        **terms_as_json(version),
    }


agreement_job = build_change_job(
    "agreement_job",
    AgreementForm,
    change_agreement,
    right=Right.MANAGE_AGREEMENTS,
    locks=[AGREEMENTS, AGREEMENT_VERSIONS],
    check=require_terms,
    description="Create an agreement with a partner, give it a new version, suspend or end it. "
    "The run tag `user` is your e-mail address. Example: "
    '`{"action": "create", "agreement_id": "A", "introducer_id": '
    '"11111111-1111-4111-8111-111111111111", "chain_id": "solana-mainnet", '
    '"effective_from_period": 850, "rules": [{"rule_id": "r1", "method": "FIXED_SHARE", '
    '"component": "MEV_TIPS", "rate_bps": 500}], "reason": "signed in January"}`.',
)
