"""Names that scripts outside this repository launch jobs with: a rename here breaks their calls."""

from __future__ import annotations

from typing import get_args

import pytest
from pydantic import BaseModel

from cdp_assets.governance.introducer_job import IntroducerForm
from cdp_assets.governance.user_job import UserForm
from cdp_assets.validators.agreements.agreement_job import AgreementForm
from cdp_assets.validators.agreements.override_job import OverrideForm
from cdp_assets.validators.chain_assets.recompute_job import RecomputeForm
from cdp_assets.validators.reconciliation.acknowledge_job import Acknowledgement
from cdp_assets.validators.statements.statement_job import StatementForm

FIELDS: dict[type[BaseModel], str] = {
    UserForm: "action email role introducer_id chains validators valid_from valid_until",
    IntroducerForm: "action introducer_id name legal_entity contact_email",
    AgreementForm: (
        "action agreement_id introducer_id name chain_id period_type effective_from_period "
        "effective_to_period rules floors caps"
    ),
    OverrideForm: "action agreement_id chain_id period_id amount_native override_id",
    StatementForm: "action introducer_id chain_id month transaction_id",
    RecomputeForm: "chain_id from_period to_period",
    Acknowledgement: "report_id note",
}
ACTIONS: dict[type[BaseModel], tuple[str, ...]] = {
    UserForm: ("make", "change", "close"),
    IntroducerForm: ("make", "change", "close"),
    AgreementForm: ("create", "new_version", "suspend", "end"),
    OverrideForm: ("create", "revoke"),
    StatementForm: ("draft", "submit", "approve", "release", "pay", "void"),
}


@pytest.mark.parametrize("form", FIELDS, ids=lambda form: form.__name__)
def test_a_launch_has_the_agreed_fields(form: type[BaseModel]) -> None:
    assert set(FIELDS[form].split()) <= set(form.model_fields)


@pytest.mark.parametrize("form", ACTIONS, ids=lambda form: form.__name__)
def test_a_launch_has_the_agreed_actions(form: type[BaseModel]) -> None:
    assert get_args(form.model_fields["action"].annotation) == ACTIONS[form]
