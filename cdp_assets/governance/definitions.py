"""Governance's part of the code location: jobs about people, and the audit log's verification."""

from __future__ import annotations

import dagster as dg

from cdp_assets.core.tables.contracts import declared_by
from cdp_assets.governance.api_key_jobs import api_key_issue, api_key_revoke
from cdp_assets.governance.audit_verification import AUDIT_JOB, audit_verifications
from cdp_assets.governance.introducer_job import introducer_job
from cdp_assets.governance.organisation_job import organisation_job
from cdp_assets.governance.user_job import user_job

TEAM = "team:data-platform"


def build_definitions() -> dg.Definitions:
    """Return the verification of the audit log and the jobs about users, partners and API keys."""
    verification = dg.define_asset_job(
        AUDIT_JOB,
        selection=dg.AssetSelection.assets(audit_verifications),
        description="Verify the chain of hashes of the audit log, and write its newest entry to a "
        "signed file outside of the database.",
    )
    return dg.Definitions(
        assets=list(dg.map_asset_specs(declared_by(TEAM), [audit_verifications])),
        jobs=[
            user_job,
            introducer_job,
            organisation_job,
            api_key_issue,
            api_key_revoke,
            verification,
        ],
    )
