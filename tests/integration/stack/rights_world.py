"""Rows of every table that has row security, and which of them a role should see (validator §12).

Two partners: P has a fixed share of validator v1 and a client who delegates to v3; Q has v2 and v4.
``expected`` is written from the matrix of the specification, not from the migration's policies.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

NOW = datetime(2026, 6, 1, tzinfo=UTC)
P, Q = uuid.UUID(int=1), uuid.UUID(int=2)
CHAINS = ("alpha-net", "beta-net")
VALIDATORS = ("v1", "v2", "v3", "v4", "v5")
PERIODS = ("1", "2", "3")
# What each partner has: validators of its agreement (until period 2) and of its client, on alpha.
AGREED = {P: "v1", Q: "v2"}
DELEGATED = {P: "v3", Q: "v4"}
STAFF = ("admin", "finance", "ops", "auditor")
USERS = {role: uuid.uuid5(uuid.NAMESPACE_URL, role) for role in (*STAFF, "partner_p", "partner_q")}
HASH = "0" * 64
OWN = (
    "introducers", "client_mappings", "agreements", "canonical_client_stakes",
    "partner_commission_lines",
)  # fmt: skip
OF_A_CHAIN = ("chain_registry", "fx_rates", "canonical_periods")
OF_A_VALIDATOR = (
    "validator_pnl", "canonical_validator_fees", "canonical_validator_mev",
    "canonical_validator_meta", "canonical_validator_identities",
)  # fmt: skip
RELEASED_AMOUNT = 7  # of items whose statement is released or paid
_COMMON: dict[str, Any] = {
    "version": 1, "computation_version": 1, "is_current": True, "recorded_at": NOW,
    "normalized_at": NOW, "computed_at": NOW, "source_provider": "one", "config_hash": "c",
    "content_hash": HASH, "inputs_hash": "i", "code_version": "1", "created_at": NOW,
    "created_by": "someone", "changed_at": NOW, "changed_by": "someone", "name": "Name",
}  # fmt: skip
Row = dict[str, Any]


class Claims(NamedTuple):
    """What a session claims; null: the setting is absent."""

    user_id: str | None
    role: str | None
    introducer_id: str | None = None
    chains: str | None = "null"
    validators: str | None = "null"

    @classmethod
    def of(cls, person: str) -> Claims:
        """Return the claims of one of ``USERS`` without a restriction."""
        partner = {"partner_p": P, "partner_q": Q}.get(person)
        role = "partner" if partner else person
        return cls(str(USERS[person]), role, str(partner) if partner else None)


@contextmanager
def session(connection: psycopg.Connection, claims: Claims | None) -> Iterator[psycopg.Connection]:
    """Open a transaction with claims, as the query layer does, and undo it."""
    with connection.transaction(force_rollback=True):
        for name, value in (claims._asdict() if claims else {}).items():
            if value is not None:
                connection.execute("select set_config(%s, %s, true)", [f"app.{name}", value])
        yield connection


def rows() -> Iterator[tuple[str, Row]]:
    """Yield every row of the world with its table, in an order that references allow."""
    yield from _people()
    for chain in CHAINS:
        yield "validators.chain_registry", {
            "chain_id": chain, "chain_name": chain, "protocol": "toy", "native_symbol": "TOY",
            "native_decimals": 9, "main_period_type": "EPOCH", "first_period": 1,
        }  # fmt: skip
        yield "validators.chain_configs", {
            "config_hash": chain, "chain_id": chain, "config": Jsonb({}), "first_loaded_at": NOW,
        }  # fmt: skip
        yield "validators.fx_rates", {
            "chain_id": chain, "quote_ccy": "EUR", "as_of": NOW, "price": 1, "source": "s",
        }  # fmt: skip
        for period in PERIODS:
            yield from _period(chain, period)
    yield from _agreements()
    yield from _payments()
    yield from _log()


def _people() -> Iterator[tuple[str, Row]]:
    for partner in (P, Q):
        yield "governance.introducers", {"introducer_id": partner}
        yield "governance.clients", {"client_id": f"client {partner.int}"}
    for person, user_id in USERS.items():
        claims = Claims.of(person)
        yield "governance.users", {
            "user_id": user_id, "email": f"{person}@example.org", "role": claims.role,
            "introducer_id": {"partner_p": P, "partner_q": Q}.get(person), "username": person,
            "valid_from": NOW - timedelta(1), "valid_until": NOW + timedelta(1),
        }  # fmt: skip


def _period(chain: str, period: str) -> Iterator[tuple[str, Row]]:
    at = {"chain_id": chain, "period_id": period}
    ordinal = int(period)
    yield "validators.canonical_periods", at | {
        "period_ordinal": ordinal, "period_type": "EPOCH", "start_slot": 10 * ordinal,
        "end_slot": 10 * ordinal + 9, "status": "FINAL",
    }  # fmt: skip
    yield "validators.canonical_provenance", at | {"table_name": "t", "payload_id": uuid.uuid4()}
    yield "ops.ingestion_runs", at | {
        "run_id": "r", "data_type": "FEES", "provider_name": "one", "status": "SUCCESS",
        "started_at": NOW,
    }  # fmt: skip
    yield "ops.record_counts", at | {
        "run_id": "r", "kind": "commission", "label": "FIXED_SHARE", "row_count": 1,
        "counted_at": NOW,
    }  # fmt: skip
    for validator in ("", *VALIDATORS):
        yield "staging.staging_payloads", at | {
            "payload_id": uuid.uuid4(), "run_id": "r", "validator_key": validator,
            "provider_name": "one", "data_type": "FEES", "request_fingerprint": "f",
            "fetch_timestamp": NOW, "last_seen_at": NOW, "role": "answer", "is_complete": True,
            "response_hash": validator, "raw_body": b"{}",
        }  # fmt: skip
    for validator in VALIDATORS:
        yield from _validator(at | {"validator_key": validator})
    for validator_or_none in (None, *VALIDATORS):
        yield "validators.reconciliation_reports", at | {
            "report_id": uuid.uuid4(), "validator_key": validator_or_none, "scope": "s",
            "check": "completeness", "severity": "ERROR", "status": "OPEN", "found_at": NOW,
        }  # fmt: skip


def _validator(at: Row) -> Iterator[tuple[str, Row]]:
    yield "validators.canonical_validator_identities", at | {"kind": "vote", "value": "x"}
    yield "validators.canonical_validator_fees", at | {"total_fees_native": 1, "fee_count": 1}
    yield "validators.canonical_validator_mev", at | {"total_mev_native": 1}
    yield "validators.canonical_validator_meta", at
    yield "validators.validator_pnl", at | {"quality": "INCOMPLETE", "missing_components": ["X"]}
    stakers = ["", "of nobody"]
    stakers += [f"account {p.int}" for p, v in DELEGATED.items() if v == at["validator_key"]]
    for staker in stakers:
        yield "validators.canonical_stake_rewards", at | {
            "staker_address": staker, "is_operator_owned": False,
        }  # fmt: skip


def _agreements() -> Iterator[tuple[str, Row]]:
    for partner, validator in AGREED.items():
        number, owner = partner.int, {"introducer_id": partner}
        agreement = {"agreement_id": f"agreement {number}"}
        yield "governance.agreements", agreement | owner | {"status": "ACTIVE"}
        for place, kind in enumerate(("agreement", "account")):
            yield "governance.range_numbers", {
                "range_number": 2 * number + place, "kind": kind, "owner": str(number),
                "chain_id": "alpha-net",
            }  # fmt: skip
        rules = [{"method": "FIXED_SHARE", "validators": [validator]}]
        rules += [{"method": "CLIENT_REVENUE", "validators": "all"}]
        yield "governance.agreement_versions", agreement | {
            "version": 1, "chain_id": "alpha-net", "period_type": "EPOCH",
            "effective_from_period": 1, "effective_to_period": 3, "rules": Jsonb(rules),
            "range_number": 2 * number, "change_reason": "first",
        }  # fmt: skip
        account = {"client_id": f"client {number}", "staker_address": f"account {number}"}
        yield "governance.client_mappings", account | owner | {
            "mapping_id": uuid.uuid4(), "chain_id": "alpha-net", "from_period": 2,
            "range_number": 2 * number + 1,
        }  # fmt: skip
        yield "governance.overrides", agreement | {
            "override_id": uuid.uuid4(), "chain_id": "alpha-net", "period_id": "1",
            "amount_native": 5, "reason": "ten letters",
        }  # fmt: skip
    yield "governance.approvals", {
        "approval_id": uuid.uuid4(), "resource_type": "statement", "resource_id": "s",
        "content_hash": HASH, "user_id": USERS["finance"], "approved_at": NOW,
        "identity_proof": "unproven",
    }  # fmt: skip


def _payments() -> Iterator[tuple[str, Row]]:
    for partner in (P, Q):
        owner = {"introducer_id": partner, "chain_id": "alpha-net"}
        for period in ("2", "3"):
            yield "validators.canonical_client_stakes", owner | {
                "period_id": period, "staker_address": f"account {partner.int}",
                "validator_key": DELEGATED[partner], "client_id": f"client {partner.int}",
                "from_period": 2,
            }  # fmt: skip
        for validator in (None, AGREED[partner]):
            yield "validators.partner_commission_lines", owner | {
                "line_id": uuid.uuid4(), "period_id": "1", "month": "2026-05",
                "validator_key": validator, "agreement_id": f"agreement {partner.int}",
                "agreement_version": 1, "line_kind": "ATTRIBUTION", "quality": "COMPLETE",
            }  # fmt: skip
        for number, status in enumerate(("DRAFT", "APPROVED", "RELEASED", "PAID", "VOID"), 1):
            is_out = status in ("RELEASED", "PAID")
            statement = {"statement_id": uuid.uuid4()} | owner
            yield "validators.partner_commission_statements", statement | {
                "month": f"2026-0{number}", "revision": 1, "status": status, "total_native": 1,
                "released_at": NOW if is_out else None,
                "paid_at": NOW if status == "PAID" else None,
            }  # fmt: skip
            yield "validators.partner_statement_items", statement | {
                "line_id": uuid.uuid4(), "period_id": "1", "validator_key": AGREED[partner],
                "kind": "ATTRIBUTION", "amount_native": RELEASED_AMOUNT if is_out else 1,
            }  # fmt: skip


def _log() -> Iterator[tuple[str, Row]]:
    entries = [
        ("statement", str(USERS["finance"])),
        ("user", str(USERS["admin"])),
        ("input_override", "ops@example.org"),
        ("run", str(USERS["ops"])),
    ]
    for seq, (kind, actor) in enumerate(entries, 1):
        yield "audit.log", {
            "seq": seq, "ts": NOW, "actor_id": actor, "action": "DO_IT", "resource_type": kind,
            "resource_id": "1", "prev_hash": HASH, "change_hash": f"{seq:064}",
        }  # fmt: skip


def insert(connection: psycopg.Connection) -> dict[str, list[Row]]:
    """Write the world as the superuser; return the rows by table, each with its place.

    Triggers are off: an item of a released statement is written after it.
    """
    written: dict[str, list[Row]] = {}
    connection.execute("set session_replication_role = replica")
    for table, row in rows():
        known = [
            name
            for (name,) in connection.execute(
                "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0",
                [table],
            )
        ]
        full = {key: value for key, value in (_COMMON | row).items() if key in known}
        statement = sql.SQL("insert into {} ({}) overriding system value values ({})").format(
            sql.Identifier(*table.split(".")),
            sql.SQL(", ").join(map(sql.Identifier, full)),
            sql.SQL(", ").join(sql.Placeholder() * len(full)),
        )
        connection.execute(statement, list(full.values()))
        written.setdefault(table, []).append(row)
    connection.execute("set session_replication_role = origin")
    return written


def visible(connection: psycopg.Connection, table: str, rows: list[Row]) -> Counter[Any]:
    """Return how often a session sees each row, as the values that the world gave it."""
    columns = _values_of(rows)
    statement = sql.SQL("select {} from {}").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(*table.split("."))
    )
    return Counter(connection.execute(statement).fetchall())


def as_seen(rows: list[Row], shown: Iterable[Row]) -> Counter[Any]:
    """Return rows in the form of :func:`visible`."""
    return Counter(tuple(row.get(column) for column in _values_of(rows)) for row in shown)


def _values_of(rows: list[Row]) -> list[str]:
    """Return the columns that can be compared."""
    return [
        column for column, value in rows[0].items() if not isinstance(value, Jsonb | bytes | list)
    ]


def expected(table: str, person: str, row: Mapping[str, Any]) -> bool:
    """Return whether the matrix of §12 lets one of ``USERS`` see a row, without a scope."""
    if person.startswith("partner"):
        return _shown_to_partner(table, P if person == "partner_p" else Q, row)
    if table == "governance.users":
        return person in ("admin", "auditor")
    if table == "audit.log":
        return {
            "finance": row["resource_type"] == "statement",
            "ops": row["actor_id"] in (str(USERS["ops"]), "ops@example.org"),
        }.get(person, True)
    return person != "ops" or not table.startswith("governance.")


def _shown_to_partner(table: str, partner: uuid.UUID, row: Mapping[str, Any]) -> bool:
    """Return what a partner sees: its own, what is released, and the validators that it has."""
    schema, name = table.split(".")
    is_own = row.get("introducer_id") == partner
    on_alpha, period = row.get("chain_id") == "alpha-net", row.get("period_id")
    periods = {AGREED[partner]: ("1", "2"), DELEGATED[partner]: ("2", "3")}
    is_covered = on_alpha and period in periods.get(row.get("validator_key", ""), ())
    own_account = row.get("staker_address") == f"account {partner.int}" and period in ("2", "3")
    conditions = {
        **dict.fromkeys(OWN, is_own),
        **dict.fromkeys(OF_A_CHAIN, on_alpha),
        **dict.fromkeys(OF_A_VALIDATOR, is_covered),
        "partner_commission_statements": is_own and row.get("status") in ("RELEASED", "PAID"),
        "partner_statement_items": is_own and row.get("amount_native") == RELEASED_AMOUNT,
        "clients": row.get("client_id") == f"client {partner.int}",
        "agreement_versions": row.get("agreement_id") == f"agreement {partner.int}",
        "canonical_stake_rewards": is_covered
        if row.get("staker_address") == ""
        else on_alpha and own_account,
    }
    return schema in ("validators", "governance") and bool(conditions.get(name))


def json_list(*members: str) -> str:
    """Return a list as claims have it."""
    return json.dumps(members)
