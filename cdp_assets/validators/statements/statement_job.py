"""The jobs by which people draft, decide on and export statements (validator §9).

Scope: forms and the way from a form to a step; not here: the steps (``drafting``, ``decisions``),
rights and audit (``governance.change_job``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Literal
from uuid import UUID

import dagster as dg
from pydantic import Field

from cdp_assets.errors import PermanentFailure
from cdp_assets.governance.change_job import Change, build_change_job
from cdp_assets.governance.form_fields import UUID_PATTERN, ChangeForm
from cdp_assets.governance.people import Right
from cdp_assets.settings import get_settings
from cdp_assets.validators.chains.chain_keys import ChainKeys
from cdp_assets.validators.chains.chain_registry import Chain, Registry
from cdp_assets.validators.statements.balances import balance_at
from cdp_assets.validators.statements.decisions import (
    Decision,
    approve_statement,
    pay,
    release,
    require_transaction,
    submit,
    void,
)
from cdp_assets.validators.statements.documents.statement_csv import statement_csv
from cdp_assets.validators.statements.documents.statement_document import read_document
from cdp_assets.validators.statements.drafting import draft_statements
from cdp_assets.validators.statements.statement_store import (
    RESOURCE,
    STATEMENTS_KEY,
    Statement,
    statements_in_force,
)
from cdp_assets.validators.statements.states import Action, right_of
from resources.local.state_files import write_file

EXPORTS = "statements"  # folder of exported files in the state folder
_DECISIONS: Mapping[Action, Callable[[Decision], Statement]] = {
    Action.SUBMIT: submit,
    Action.APPROVE: approve_statement,
    Action.RELEASE: release,
    Action.VOID: void,
}


class StatementForm(ChangeForm):
    """What is done with the statement of a partner, chain and month."""

    action: Literal["draft", "submit", "approve", "release", "pay", "void"] = Field(
        description="What is done: draft, submit, approve, release, pay or void."
    )
    introducer_id: str = Field(description="The partner: a UUID.", pattern=UUID_PATTERN)
    chain_id: str = Field(description="The chain, such as solana-mainnet.")
    month: str = Field(
        description="UTC month, YYYY-MM: of the ends of its periods.",
        pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$",
    )
    transaction_id: str | None = Field(
        None, description="Of the payment; needed for pay, else empty.", max_length=200
    )
    force: bool = Field(
        False,
        description="Submit or release although a period is not FINAL and COMPLETE; admins only.",
    )


class ExportForm(ChangeForm):
    """The statement that is exported."""

    statement_id: str = Field(
        description="Of validators.partner_commission_statements: a UUID.", pattern=UUID_PATTERN
    )


def build_statement_jobs(registry: Registry) -> list[dg.JobDefinition]:
    """Return the job of decisions and the job of exports.

    Args:
        registry: Of chains.
    """
    keys = [ChainKeys(chain.key_name) for chain in registry.chains]
    tables = [table for key in keys for table in (key.periods, key.lines)]
    return [
        build_change_job(
            "statement_job",
            StatementForm,
            lambda change, form: change_statement(change, registry, form),
            right=lambda form: right_of(Action(form.action)),
            description="Draft, submit, approve, release, pay or void the statement of a partner, "
            "chain and month. Each approval is a launch of its own by another person. Example: "
            '`{"action": "draft", "introducer_id": "11111111-1111-4111-8111-111111111111", '
            '"chain_id": "solana-mainnet", "month": "2025-01", "reason": "monthly closing"}`.',
            locks=tables,
            check=lambda form: require_fitting(registry, form),
        ),
        build_change_job(
            "statement_export_job",
            ExportForm,
            lambda change, form: export_statement(change, registry, form),
            right=Right.PREPARE_STATEMENTS,
            description="Write a statement as CSV and PDF into the folder `statements` of the "
            "state folder. Example: "
            '`{"statement_id": "11111111-1111-4111-8111-111111111111", "reason": "to a partner"}`.',
        ),
    ]


def change_statement(change: Change, registry: Registry, form: StatementForm) -> dict[str, Any]:
    """Carry out a form; return the state of the statement and the partner's balance.

    Raises:
        PermanentFailure: Its status, its periods or the person do not allow it.
        BadConfiguration: Unknown chain.
    """
    action, chain = Action(form.action), require_fitting(registry, form)
    introducer = UUID(form.introducer_id)
    if action is Action.DRAFT:
        statement = _draft(change, registry, form)
    else:
        found = statements_in_force(change.cursor, chain.chain_id, form.month, [introducer])
        if introducer not in found:
            raise PermanentFailure(
                "there is no statement of this partner, chain and month",
                key=f"{introducer} {chain.chain_id} {form.month}",
                hint="launch `draft` first",
            )
        decision = Decision(change, registry, chain, found[introducer], form.force)
        statement = (
            pay(decision, form.transaction_id)
            if action is Action.PAY
            else _DECISIONS[action](decision)
        )
    change.bump(STATEMENTS_KEY)
    balance = balance_at(change.cursor, statement)
    return {
        "statement_id": str(statement.statement_id),
        **statement.for_audit(),
        **{name: str(amount) for name, amount in asdict(balance).items()},
    }


def export_statement(change: Change, registry: Registry, form: ExportForm) -> dict[str, Any]:
    """Write the files of a statement; an audit row has their hashes.

    Raises:
        PermanentFailure: There is no such statement.
    """
    # The library of PDF takes half a second, which every load of the definitions would wait for.
    from cdp_assets.validators.statements.documents.statement_pdf import statement_pdf

    document = read_document(change.cursor, registry.chains, UUID(form.statement_id))
    folder = get_settings().state_dir / EXPORTS
    files = {
        folder / f"{document.file_name}.csv": statement_csv(document),
        folder / f"{document.file_name}.pdf": statement_pdf(document),
    }
    hashes = {path.name: hashlib.sha256(content).hexdigest() for path, content in files.items()}
    after = {"content_hash": document.statement.content_hash, "files": hashes}
    change.audit(
        "EXPORT_STATEMENT", RESOURCE, form.statement_id, None, after, name=document.statement.name
    )
    for path, content in files.items():
        write_file(path, content)
    return {"files": [str(path) for path in files], **after}


def _draft(change: Change, registry: Registry, form: StatementForm) -> Statement:
    chain, introducer = registry.chain(form.chain_id), UUID(form.introducer_id)
    config_hash = registry.config_hash(chain.chain_id)
    drafted = draft_statements(change, chain, config_hash, form.month, [introducer])
    if drafted:
        return drafted[0].statement
    found = statements_in_force(change.cursor, chain.chain_id, form.month, [introducer])
    if introducer in found:
        raise PermanentFailure(
            f"the statement is {found[introducer].status} and never changes",
            key=found[introducer].name,
            hint="later differences become adjustments of the next open month: draft that one",
        )
    raise PermanentFailure(
        "the partner has neither lines in the month nor an agreement that was active in it",
        key=f"{introducer} {chain.chain_id} {form.month}",
        hint="look at the months of validators.partner_commission_lines",
    )


def require_fitting(registry: Registry, form: StatementForm) -> Chain:
    """Return the chain of a form; refuse fields that its action does not have.

    Raises:
        BadConfiguration: The chain is unknown.
        PermanentFailure: A payment has no transaction, another action has one, or is forced and
            cannot be; names the field.
    """
    action, chain = Action(form.action), registry.chain(form.chain_id)
    if action is Action.PAY:
        require_transaction(form.transaction_id)
    if form.transaction_id and action is not Action.PAY:
        raise PermanentFailure(
            f"`{form.action}` has no transaction", key="transaction_id", hint="leave it empty"
        )
    if form.force and action not in (Action.SUBMIT, Action.RELEASE):
        raise PermanentFailure(
            f"`{form.action}` cannot be forced", key="force", hint="leave it out"
        )
    return chain
