"""The canonical text and the hashes of the audit log, by the vectors of the specification."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID

from cdp_assets.governance.audit_log import FIRST_HASH, AuditEntry, canonical_text, change_hash

H1 = AuditEntry(
    at=datetime(2025, 1, 20, 10, tzinfo=UTC),
    actor_id="u-1",
    action="CREATE_AGREEMENT",
    resource_type="agreement",
    resource_id="A",
    before=None,
    after={"version": 1, "agreement_id": "A"},
    reason=None,
    correlation_id="c-1",
    schema_version=1,
)
H2 = AuditEntry(
    at=datetime(2025, 1, 20, 10, 5, tzinfo=UTC),
    actor_id="u-2",
    action="CREATE_OVERRIDE",
    resource_type="override",
    resource_id="O1",
    before=None,
    after={"agreement_id": "A", "period_id": "850", "amount_native": "60000000"},
    reason="goodwill",
    correlation_id="c-2",
    schema_version=1,
)
FIRST = "ed8721cf1bd320ecbf60baa738d1ef92631e8323dd26ed3a25894e4a4521abd9"
SECOND = "15d53ebfca444d9cc1ef27e9673e67e5a2c3afddc63bc08825260155257338c9"


def test_the_canonical_text_has_sorted_keys_and_no_spaces() -> None:
    assert canonical_text(H1, 1) == (
        '{"action":"CREATE_AGREEMENT","actor_id":"u-1","after":{"agreement_id":"A","version":1},'
        '"before":null,"correlation_id":"c-1","reason":null,"resource_id":"A",'
        '"resource_type":"agreement","seq":1,"ts":"2025-01-20T10:00:00.000000Z"}'
    )


def test_the_hashes_are_those_of_the_vectors() -> None:
    assert change_hash(H1, 1, FIRST_HASH) == FIRST
    assert change_hash(H2, 2, FIRST) == SECOND


def test_the_hashes_are_those_of_the_recorded_chain(shared_data: Path) -> None:
    vectors = json.loads((shared_data / "validator" / "vectors.json").read_text())["AUDIT"]
    for seq, vector in enumerate(vectors, 1):
        fields = {name: value for name, value in vector["entry"].items() if name != "seq"}
        at = datetime.fromisoformat(fields.pop("ts"))
        entry = AuditEntry(at, **fields, schema_version=1)
        assert change_hash(entry, seq, vector["prev_hash"]) == vector["change_hash"]
    assert [vector["change_hash"] for vector in vectors] == [FIRST, SECOND]


def test_any_other_place_in_the_chain_has_another_hash() -> None:
    assert len({change_hash(H2, n, prev) for n in (1, 2) for prev in (FIRST_HASH, FIRST)}) == 4


def test_a_time_of_another_zone_is_written_in_utc() -> None:
    there = H1.at.astimezone(timezone(timedelta(hours=5)))
    same = AuditEntry(**{**H1.__dict__, "at": there})
    assert canonical_text(same, 1) == canonical_text(H1, 1)


def test_version_2_hashes_who_acted_for_whom_and_how_that_was_proven() -> None:
    entry = replace(
        H1,
        schema_version=2,
        org_id=UUID(int=1),
        entity_name="Agreement with Ä",
        api_key_id="k-1",
        ip_address="192.0.2.1",
        user_agent="cdp",
        identity_proof="proxy",
    )
    assert canonical_text(entry, 1) == (
        '{"action":"CREATE_AGREEMENT","actor_id":"u-1","after":{"agreement_id":"A","version":1},'
        '"api_key_id":"k-1","before":null,"correlation_id":"c-1",'
        '"entity_name":"Agreement with Ä","identity_proof":"proxy","ip_address":"192.0.2.1",'
        '"org_id":"00000000-0000-0000-0000-000000000001","reason":null,"resource_id":"A",'
        '"resource_type":"agreement","schema_version":2,"seq":1,'
        '"ts":"2025-01-20T10:00:00.000000Z","user_agent":"cdp"}'
    )
    fields = ("org_id", "entity_name", "api_key_id", "ip_address", "user_agent", "identity_proof")
    others = [replace(entry, **{field: None}) for field in fields]
    assert len({change_hash(one, 1, FIRST_HASH) for one in [entry, H1, *others]}) == 8
