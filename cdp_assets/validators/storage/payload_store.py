"""Raw answers of a fetch: kept before they are parsed, once per content (validator §4, 4.1).

Each answer is committed by itself, so nothing that was received is lost when the fetch fails. A
fetch of many answers (``part``) becomes visible to normalisation by its ``manifest``, written last
in the transaction that publishes it; a killed or failed fetch leaves parts that nobody reads. An
answer that says everything by itself (``answer``) needs none. Belongs here: staging rows and
``ops.ingestion_runs``. Does not: choosing (``source_priority``) or reading numbers.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

import psycopg

from cdp_assets.errors import CdpError
from cdp_assets.validators.rules.source_priority import Candidate
from resources.http.raw_response import RawResponse

Role = Literal["answer", "part", "manifest"]
PAYLOAD_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "cdp-staging-payload")
READ_ROWS = 50  # stored answers held in memory while a fetch is read back


@dataclass(frozen=True)
class FetchScope:
    """What one fetch is about: a data type of a period of a chain, from one provider."""

    chain_id: str
    period_id: str
    data_type: str
    provider: str

    def payload_id(self, response_hash: str) -> uuid.UUID:
        """Return the id of a content: the same content has the same id whenever it is fetched."""
        parts = (self.chain_id, self.period_id, "", self.provider, self.data_type, response_hash)
        return uuid.uuid5(PAYLOAD_NAMESPACE, "|".join(parts))


@dataclass(frozen=True)
class Part:
    """One answer that a whole fetch is made of: its question and its content."""

    asked: str
    response_hash: str


@dataclass
class Archive:
    """Keeps the answers of one fetch.

    Attributes:
        connection: In autocommit mode; every answer is committed when :meth:`keep` returns.
        scope: What is fetched.
        run_id: Id of the row in ``ops.ingestion_runs``.
        requests: Answers received.
        complete: Usable ones among them.
    """

    connection: psycopg.Connection
    scope: FetchScope
    run_id: str
    requests: int = 0
    complete: int = 0
    parts: dict[str, Part] = field(default_factory=dict)

    def keep(self, answers: Sequence[RawResponse], role: Role = "part") -> None:
        """Store answers as received; call this before reading any of them."""
        for answer in answers:
            self.requests += 1
            self.complete += 1 if answer.is_complete else 0
            store_answer(self.connection, self.scope, self.run_id, answer, role)

    def promote(self, answers: Sequence[RawResponse]) -> None:
        """Let the last answer of a call, stored as a part, stand alone from now on."""
        self.connection.execute(
            "update staging.staging_payloads set role = 'answer' "
            "where data_type = %s and payload_id = %s",
            [self.scope.data_type, self.scope.payload_id(answers[-1].response_hash)],
        )

    def name_part(self, asked: str, answers: Sequence[RawResponse]) -> None:
        """Count the last answer of a call among those that the whole fetch is made of."""
        self.parts[asked] = Part(asked, answers[-1].response_hash)

    def at(self, period_id: str) -> Archive:
        """Return an archive of the same run for another period."""
        scope = replace(self.scope, period_id=period_id)
        return Archive(self.connection, scope, self.run_id)


@contextmanager
def ingestion_run(
    connection: psycopg.Connection, scope: FetchScope, dagster_run_id: str, started_at: datetime
) -> Iterator[Archive]:
    """Record a fetch in ``ops.ingestion_runs``; on an error as PARTIAL or FAILED with its cause.

    A row left RUNNING by a killed process becomes FAILED here: the caller holds the write lock of
    the staging table, so no other fetch of the same kind is alive. :func:`finish` makes SUCCESS.

    Args:
        connection: In autocommit mode.
        scope: What is fetched.
        dagster_run_id: The run that fetches.
        started_at: Present instant.
    """
    archive = Archive(connection, scope, str(uuid.uuid4()))
    key = [scope.chain_id, scope.period_id, scope.data_type, scope.provider]
    with connection.transaction():
        connection.execute(
            "update ops.ingestion_runs set status = 'FAILED', completed_at = %s, "
            "error_code = 'Abandoned', error_message = 'the process ended before the fetch did' "
            "where status in ('PENDING', 'RUNNING') and chain_id = %s and period_id = %s "
            "and data_type = %s and provider_name = %s",
            [started_at, *key],
        )
        connection.execute(
            "insert into ops.ingestion_runs (run_id, chain_id, period_id, data_type, "
            "provider_name, status, started_at, dagster_run_id) "
            "values (%s, %s, %s, %s, %s, 'RUNNING', %s, %s)",
            [archive.run_id, *key, started_at, dagster_run_id],
        )
    try:
        yield archive
    except Exception as error:
        text = str(error) if isinstance(error, CdpError) else type(error).__name__
        connection.execute(
            "update ops.ingestion_runs set status = %s, completed_at = clock_timestamp(), "
            "error_code = %s, error_message = %s, requests = %s "
            "where run_id = %s and status = 'RUNNING'",
            [
                "PARTIAL" if archive.complete else "FAILED",
                type(error).__name__,
                text[:2000],
                archive.requests,
                archive.run_id,
            ],
        )
        raise


def finish(cursor: psycopg.Cursor, archive: Archive, rows: int) -> None:
    """Mark a fetch SUCCESS, in the transaction that publishes it."""
    cursor.execute(
        "update ops.ingestion_runs set status = 'SUCCESS', completed_at = clock_timestamp(), "
        "requests = %s, rows = %s where run_id = %s",
        [archive.requests, rows, archive.run_id],
    )


def store_answer(
    connection: psycopg.Connection | psycopg.Cursor,
    scope: FetchScope,
    run_id: str,
    answer: RawResponse,
    role: Role,
) -> uuid.UUID:
    """Store one answer; content that is there already only gets a newer ``last_seen_at``.

    Returns:
        Its payload id.
    """
    payload_id = scope.payload_id(answer.response_hash)
    connection.execute(
        """
        insert into staging.staging_payloads as s (
            payload_id, run_id, chain_id, period_id, provider_name, provider_version, data_type,
            request_fingerprint, http_status, fetch_timestamp, last_seen_at, role, is_complete,
            response_hash, raw_payload, raw_body
        )
        values (
            %(id)s, %(run)s, %(chain)s, %(period)s, %(provider)s, %(version)s, %(type)s,
            %(fingerprint)s, %(status)s, %(at)s, %(at)s, %(role)s, %(complete)s, %(hash)s,
            staging.jsonb_or_null(%(text)s), %(body)s
        )
        on conflict (data_type, chain_id, period_id, validator_key, provider_name, response_hash)
        do update set
            fetch_timestamp = least(s.fetch_timestamp, excluded.fetch_timestamp),
            last_seen_at = greatest(s.last_seen_at, excluded.last_seen_at),
            is_complete = s.is_complete or excluded.is_complete
        """,
        {
            "id": payload_id,
            "run": run_id,
            "chain": scope.chain_id,
            "period": scope.period_id,
            "provider": scope.provider,
            "version": answer.provider_version,
            "type": scope.data_type,
            "fingerprint": answer.request_fingerprint,
            "status": answer.http_status,
            "at": answer.fetched_at,
            "role": role,
            "complete": answer.is_complete,
            "hash": answer.response_hash,
            "text": _text_or_none(answer.body),
            "body": answer.body,
        },
    )
    return payload_id


def store_manifest(
    cursor: psycopg.Cursor, archive: Archive, fetched_at: datetime, provider_version: str | None
) -> uuid.UUID:
    """Store the list of parts that makes a fetch whole; its hash stands for all of them."""
    listed = [
        {"asked": part.asked, "response_hash": part.response_hash}
        for _, part in sorted(archive.parts.items())
    ]
    body = json.dumps({"parts": listed}, sort_keys=True, separators=(",", ":")).encode()
    answer = RawResponse(
        request_fingerprint="manifest",
        http_status=200,
        provider_version=provider_version,
        fetched_at=fetched_at,
        body=body,
        response_hash=hashlib.sha256(body).hexdigest(),
        is_complete=True,
    )
    return store_answer(cursor, archive.scope, archive.run_id, answer, "manifest")


def candidates(
    cursor: psycopg.Cursor, chain_id: str, period_id: str, data_type: str
) -> list[Candidate]:
    """Return the complete answers and whole fetches of a period, for ``source_priority.rank``."""
    cursor.execute(
        "select payload_id, provider_name, response_hash, fetch_timestamp, last_seen_at "
        "from staging.staging_payloads where data_type = %s and chain_id = %s and period_id = %s "
        "and validator_key = '' and is_complete and role in ('answer', 'manifest')",
        [data_type, chain_id, period_id],
    )
    return [Candidate(*row) for row in cursor.fetchall()]


def payload_count(cursor: psycopg.Cursor, chain_id: str, period_id: str, data_type: str) -> int:
    """Return how many payloads a period has."""
    row = cursor.execute(
        "select count(*) from staging.staging_payloads "
        "where data_type = %s and chain_id = %s and period_id = %s",
        [data_type, chain_id, period_id],
    ).fetchone()
    return int(row[0]) if row else 0


def read_body(cursor: psycopg.Cursor, data_type: str, payload_id: uuid.UUID) -> bytes:
    """Return one stored body as received."""
    row = cursor.execute(
        "select raw_body from staging.staging_payloads where data_type = %s and payload_id = %s",
        [data_type, payload_id],
    ).fetchone()
    assert row is not None
    return bytes(row[0])


def read_parts(
    connection: psycopg.Connection, scope: FetchScope, manifest_id: uuid.UUID, kind: str
) -> Iterator[tuple[str, bytes]]:
    """Stream (question, body) of the parts of a fetch whose question begins with ``kind:``.

    In the order of the manifest, a few bodies in memory at a time. Needs an open transaction.
    """
    with connection.cursor() as cursor:
        manifest = json.loads(read_body(cursor, scope.data_type, manifest_id))
    wanted = [p for p in manifest["parts"] if p["asked"].startswith(f"{kind}:")]
    with connection.cursor(name="parts_of_a_fetch") as stream:
        stream.itersize = READ_ROWS
        stream.execute(
            "select w.asked, s.raw_body "
            "from unnest(%s::text[], %s::text[]) with ordinality w (asked, hash, place) "
            "join staging.staging_payloads s on s.data_type = %s and s.chain_id = %s "
            "and s.period_id = %s and s.validator_key = '' and s.provider_name = %s "
            "and s.response_hash = w.hash order by w.place",
            [
                [part["asked"] for part in wanted],
                [part["response_hash"] for part in wanted],
                scope.data_type,
                scope.chain_id,
                scope.period_id,
                scope.provider,
            ],
        )
        for asked, body in stream:
            yield asked, bytes(body)


def _text_or_none(body: bytes) -> str | None:
    """Return the body as text for jsonb; a zero byte cannot even be sent as text."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\x00" in text else text
