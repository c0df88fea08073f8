"""Organisations and API keys: who may issue one, what is refused, and where no secret is."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import jwt
import psycopg
import pytest
from psycopg import sql

from cdp_assets.cli.app import main
from cdp_assets.governance.api_key_jobs import (
    IssueForm,
    RevokeForm,
    api_key_issue,
    api_key_revoke,
    issue_key,
    revoke_key,
)
from cdp_assets.governance.organisation_job import (
    OrganisationForm,
    change_organisation,
    organisation_job,
)
from cdp_assets.governance.user_job import UserForm, change_user
from cdp_assets.settings import publish_environment
from query_layer.settings import DEVELOPMENT_ISSUER
from tests.integration.governance.people_world import PeopleWorld, done, email_of, refusal

pytestmark = pytest.mark.integration
ADMIN = email_of("admin")
HASH = hashlib.sha256(b"a secret").hexdigest()
ORG: dict[str, Any] = {"action": "make", "name": "Example Ltd", "plan": "professional"}
KEY: dict[str, Any] = {
    "email": email_of("finance"), "organisation": "example ltd", "label": "nightly",
    "secret_sha256": HASH,
}  # fmt: skip
Cdp = Callable[..., tuple[int, str, str]]


def test_a_key_is_issued_and_revoked_with_its_audit_rows(people: PeopleWorld) -> None:
    done(people.launch(organisation_job, ADMIN, **ORG))
    issued = done(people.launch(api_key_issue, ADMIN, **KEY, scopes=["cdp:read"]))
    stored = "select key_id, encode(secret_sha256, 'hex'), role, scopes, issued_by from {}"
    (user_id,) = people.rows("select user_id::text from governance.users where role = 'admin'")[0]
    assert people.rows(stored.format("governance.api_keys")) == [
        (issued["key_id"], HASH, "finance", ["cdp:read"], user_id)
    ]
    assert issued["expires_at"] == "2027-06-15T09:00:00+00:00"
    done(people.launch(api_key_revoke, ADMIN, key_id=issued["key_id"]))
    assert people.rows("select revoked_at is not null from governance.api_keys") == [(True,)]
    assert people.actions() == ["CREATE_ORGANISATION", "ISSUE_API_KEY", "REVOKE_API_KEY"]
    assert people.rows("select 1 from audit.log l where l::text like %s", f"%{HASH}%") == []


def test_an_organisation_is_changed_suspended_and_resumed(people: PeopleWorld) -> None:
    columns = "select plan, read_per_minute, is_active from governance.organisations"
    with people.change_by(ADMIN) as change:
        for form, wanted in (
            (ORG, ("professional", None, True)),
            ({"action": "change", "name": "EXAMPLE LTD", "read_per_minute": 900},
             ("professional", 900, True)),
            ({"action": "suspend", "name": "Example Ltd"}, ("professional", 900, False)),
            ({"action": "resume", "name": "Example Ltd"}, ("professional", 900, True)),
        ):  # fmt: skip
            change_organisation(change, OrganisationForm(**form))
            assert change.cursor.execute(columns).fetchall() == [wanted]
    assert people.actions() == [
        "CREATE_ORGANISATION", "UPDATE_ORGANISATION", "SUSPEND_ORGANISATION", "RESUME_ORGANISATION",
    ]  # fmt: skip


WRONG_KEYS = [
    ("nobody", {"email": "nobody@example.org"}, "is no user"),
    ("unknown organisation", {"organisation": "Other"}, "the organisation Other is unknown"),
    ("a past expiry", {"expires_at": "2026-06-15T09:00:00Z"}, "expires_at: must be after now"),
    ("a long life", {"expires_at": "2028-01-01T00:00:00Z"}, "and not after 2027-06-15"),
    ("an auditor's long life",
     {"email": email_of("auditor"), "expires_at": "2026-08-02T00:00:00Z"},
     "and not after 2026-08-01"),
    ("no hash", {"secret_sha256": "secret"}, "secret_sha256: "),
    ("no version", {"api_version": "1"}, "api_version: "),
]  # fmt: skip


def test_a_key_that_could_not_be_used_well_is_refused(people: PeopleWorld) -> None:
    with people.change_by(ADMIN) as change:
        change_organisation(change, OrganisationForm(**ORG))
    for name, wrong, words in WRONG_KEYS:
        assert words in people.refusal_of(issue_key, IssueForm, ADMIN, {**KEY, **wrong}), name
    with people.change_by(ADMIN) as change:
        key_id = issue_key(change, IssueForm(**KEY))["key_id"]
    again = people.refusal_of(issue_key, IssueForm, ADMIN, {**KEY, "label": "second"})
    assert "a key with this secret was issued before" in again
    with people.change_by(ADMIN) as change:
        revoke_key(change, RevokeForm(key_id=key_id))
    for unknown, words in ((key_id, "revoked already"), ("0" * 16, "unknown")):
        assert words in people.refusal_of(revoke_key, RevokeForm, ADMIN, {"key_id": unknown})
    again = people.refusal_of(change_organisation, OrganisationForm, ADMIN, ORG)
    assert "the organisation exists already" in again
    absent = {"action": "suspend", "name": "Other"}
    assert "does not exist" in people.refusal_of(
        change_organisation, OrganisationForm, ADMIN, absent
    )


def test_a_user_belongs_to_an_organisation_and_gets_no_key_of_another(people: PeopleWorld) -> None:
    with people.change_by(ADMIN) as change:
        for name in ("Example Ltd", "Other"):
            change_organisation(change, OrganisationForm(**{**ORG, "name": name}))
        joins = {"action": "change", "email": email_of("finance"), "organisation": "Other"}
        change_user(change, UserForm(**joins))
        stays = {"action": "change", "email": email_of("finance"), "role": "finance"}
        change_user(change, UserForm(**stays))
    assert "of another organisation" in people.refusal_of(issue_key, IssueForm, ADMIN, KEY)
    with people.change_by(ADMIN) as change:
        change_user(change, UserForm(**{**joins, "organisation": None}))
        issue_key(change, IssueForm(**KEY))


@pytest.mark.parametrize("role", ["finance", "ops", "auditor", "partner"])
def test_only_an_admin_issues_a_key(people: PeopleWorld, role: str) -> None:
    refused = refusal(people.launch(api_key_issue, email_of(role), **KEY))
    assert f"has the role {role}, which has no right to manage users" in refused


@pytest.fixture
def cdp(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cdp:
    """Call a command; return its exit code and what it wrote."""

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["cdp", *arguments])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


def test_the_command_shows_the_key_once_and_the_secret_is_nowhere(
    instance: dg.DagsterInstance, cdp: Cdp, tmp_path: Path, ready_dsn: str
) -> None:
    with PeopleWorld.over(ready_dsn) as world:
        world.add_everybody()
        with world.change_by(ADMIN) as change:
            change_organisation(change, OrganisationForm(**ORG))
    path = tmp_path / "key.json"
    path.write_text(json.dumps({k: v for k, v in KEY.items() if k != "secret_sha256"}))
    reason = ("--reason", "asked for by mail", "--config", str(path))
    code, out, err = cdp("job", "api_key_issue", "--user", ADMIN, *reason)
    assert code == 0, err
    (line,) = [line for line in out.splitlines() if line.startswith("API key, shown this once: ")]
    key = line.rpartition(" ")[2]
    prefix, key_id, secret = key.split("_", 2)
    assert (prefix, len(secret)) == ("cdp", 43)
    assert out.count(secret) == 1
    with psycopg.connect(ready_dsn) as connection:
        stored = connection.execute("select key_id, secret_sha256 from governance.api_keys")
        assert stored.fetchall() == [(key_id, hashlib.sha256(secret.encode()).digest())]
        tables = connection.execute(
            "select schemaname, tablename from pg_tables "
            "where schemaname in ('governance', 'audit', 'ops')"
        ).fetchall()
        for table in tables:
            found = sql.SQL("select count(*) from {} t where t::text like %s")
            query = found.format(sql.Identifier(*table))
            assert connection.execute(query, [f"%{secret}%"]).fetchone() == (0,), table
    (run,) = instance.get_runs()
    told = [str(record) for record in instance.all_logs(run.run_id)]
    assert len(told) > 3
    assert not any(secret in text for text in [*told, str(run.run_config), str(run.tags)])
    code, _, err = cdp("job", "api_key_issue", "--user", email_of("ops"), *reason)
    assert (code, "has no right to manage users" in err) == (1, True)


def test_cdp_token_signs_for_a_user_in_development_alone(cdp: Cdp, ready_dsn: str) -> None:
    with PeopleWorld.over(ready_dsn) as world:
        world.add_everybody()
    secret = "a secret of the tests, and a long one"
    publish_environment(
        {"DATABASE_URL": ready_dsn, "CDP_QUERY_DATABASE_URL": ready_dsn,
         "CDP_QUERY_AUTH_DATABASE_URL": ready_dsn, "CDP_QUERY_TOKEN_SECRET": secret}
    )  # fmt: skip
    code, out, err = cdp("token", "--user", email_of("finance"), "--minutes", "5")
    assert code == 0, err
    content = jwt.decode(out.strip(), secret, ["HS256"], audience="cdp", issuer=DEVELOPMENT_ISSUER)
    assert (content["role"], content["exp"] - content["iat"]) == ("finance", 300)
    code, out, err = cdp("token", "--user", "nobody@example.org")
    assert (code, out, "is not a known user" in err) == (1, "", True)
    publish_environment({"CDP_QUERY_TOKEN_SECRET": ""})
    code, out, err = cdp("token", "--user", email_of("finance"))
    assert (code, out, "there is no secret to sign with" in err) == (1, "", True)
    publish_environment({"CDP_ENVIRONMENT": "production"})
    code, out, err = cdp("token", "--user", email_of("finance"))
    assert (code, out, "in development only" in err) == (1, "", True)
