"""Users, organisations and API keys of the tests' warehouse, and their credentials."""

from __future__ import annotations

import hashlib
import secrets
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from query_layer.settings import DEVELOPMENT_ISSUER
from tests.query_layer.warehouse import AS_OF, TOKEN_SECRET, Mart

PARTNER = uuid.UUID(int=1)
OTHER_PARTNER = uuid.UUID(int=2)
NOW = AS_OF + timedelta(hours=1)  # of the clock of `Mart.settings`
ROLES = (
    "admin", "finance", "ops", "partner", "auditor", "developer", "designer", "executor",
    "viewer", "executive",
)  # fmt: skip


def user_id(name: str) -> uuid.UUID:
    """Return the id of a user of the tests."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"user {name}")


def add_people(mart: Mart) -> None:
    """Pin the clock, and add two partners and a user per role, named after it."""
    mart.run("update ops.clock set as_of = %s", NOW)
    mart.run("truncate governance.api_keys, governance.users, governance.introducers cascade")
    mart.run("delete from governance.organisations")
    for partner in (PARTNER, OTHER_PARTNER):
        mart.run(
            "insert into governance.introducers (introducer_id, name, created_at) "
            "values (%s, %s, %s)", partner, f"partner {partner.int}", NOW,
        )  # fmt: skip
    for role in ROLES:
        add_user(mart, role, role)


def add_user(mart: Mart, name: str, role: str, **columns: Any) -> uuid.UUID:
    """Add a user; partners belong to ``PARTNER``, auditors have 60 days."""
    values: dict[str, Any] = {"user_id": user_id(name), "email": f"{name}@example.org"}
    values |= {"role": role, "created_at": NOW}
    if role == "partner":
        values["introducer_id"] = PARTNER
    if role == "auditor":
        values |= {"valid_from": NOW - timedelta(days=1), "valid_until": NOW + timedelta(days=60)}
    values |= columns
    mart.run(
        f"insert into governance.users ({', '.join(values)}) "
        f"values ({', '.join(['%s'] * len(values))})",
        *values.values(),
    )
    return user_id(name)


def token(name: str, **claims: Any) -> str:
    """Return a development token of a user; a claim that is null is left out."""
    now = int(time.time())
    content: dict[str, Any] = {"iss": DEVELOPMENT_ISSUER, "aud": "cdp", "sub": str(user_id(name))}
    content |= {"iat": now, "exp": now + 600} | claims
    content = {key: value for key, value in content.items() if value is not None}
    return jwt.encode(content, TOKEN_SECRET, algorithm="HS256")


def bearer(credential: str) -> dict[str, str]:
    """Return the header of a credential."""
    return {"Authorization": f"Bearer {credential}"}


def add_organisation(mart: Mart, name: str = "Example Ltd", **columns: Any) -> uuid.UUID:
    """Add an organisation."""
    org_id = uuid.uuid5(uuid.NAMESPACE_URL, name)
    values = {"org_id": org_id, "name": name, "created_at": NOW} | columns
    mart.run(
        f"insert into governance.organisations ({', '.join(values)}) "
        f"values ({', '.join(['%s'] * len(values))})",
        *values.values(),
    )
    return org_id


def add_key(mart: Mart, org_id: uuid.UUID, name: str, **columns: Any) -> str:
    """Add an API key of a user and return it as a program sends it."""
    secret = secrets.token_urlsafe(32)
    [(role,)] = mart.run("select role from governance.users where user_id = %s", user_id(name))
    values: dict[str, Any] = {
        "key_id": secrets.token_hex(8), "secret_sha256": hashlib.sha256(secret.encode()).digest(),
        "label": "test", "org_id": org_id, "user_id": user_id(name), "role": role,
        "issued_at": NOW - timedelta(days=1), "issued_by": "test",
        "expires_at": NOW + timedelta(days=30),
    } | columns  # fmt: skip
    mart.run(
        f"insert into governance.api_keys ({', '.join(values)}) "
        f"values ({', '.join(['%s'] * len(values))})",
        *values.values(),
    )
    return f"cdp_{values['key_id']}_{secret}"


def at(text: str) -> datetime:
    """Return an instant, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
