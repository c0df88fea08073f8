"""Raw responses of a fetch: stored before they are parsed, once per content (validator §4, 4.1).

Each response is committed by itself, so nothing that was received is lost when the fetch fails. A
fetch of many responses (role ``part``) becomes visible to normalisation by its ``manifest``,
written last in the transaction that publishes it; a killed or failed fetch leaves parts that are
never read. A response that is complete by itself (role ``answer``) needs none. Scope: staging rows
and ``ops.ingestion_runs``; not here: choosing (``source_priority``) or reading numbers.
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

from cdp_assets.core.ingestion.response_store import ResponseTable
from cdp_assets.errors import CdpError
from cdp_assets.validators.rules.source_priority import CONFIRMATION_GAP, Candidate
from resources.http.raw_response import RawResponse, hash_response

Role = Literal["answer", "part", "manifest"]
PAYLOAD_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "cdp-staging-payload")
READ_ROWS = 50  # stored responses held in memory while a fetch is read back


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
    """One response of a complete fetch: its request and its content."""

    request: str
    response_hash: str


@dataclass
class Archive:
    """Stores the responses of one fetch.

    Attributes:
        connection: In autocommit mode; every response is committed when :meth:`store` returns.
        scope: What is fetched.
        run_id: Id of the row in ``ops.ingestion_runs``.
        requests: Responses received.
        complete: Usable ones among them.
        parts: Responses that the complete fetch consists of, by request.
    """

    connection: psycopg.Connection
    scope: FetchScope
    run_id: str
    requests: int = 0
    complete: int = 0
    parts: dict[str, Part] = field(default_factory=dict)

    def store(self, responses: Sequence[RawResponse], role: Role = "part") -> None:
        """Store responses as received; call this before reading any of them."""
        for response in responses:
            self.requests += 1
            self.complete += 1 if response.is_complete else 0
            store_payload(self.connection, self.scope, self.run_id, response, role)

    def store_cut(
        self, name: str, text: str, sources: Sequence[RawResponse], role: Role = "answer"
    ) -> RawResponse:
        """Store what responses about many periods say of this one.

        The responses are stored as received with the period for which they were fetched, once; each
        period of the range gets its own rows, copied without change. So a further fetch with the
        same values of a period has the same content, even where other periods changed.

        Args:
            name: What is cut out.
            text: JSON, by :func:`resources.codecs.exact_json.exact_text`, so that no digit is lost.
            sources: The responses, at least one.
            role: As a part it counts once the fetch names it.
        """
        body = text.encode()
        newest = max(sources, key=lambda one: one.fetched_at)
        digest = hashlib.sha256(
            "\n".join(sorted(one.request_fingerprint for one in sources)).encode()
        ).hexdigest()
        cut = RawResponse(
            request_fingerprint=f"{name} {digest[:32]}",
            http_status=newest.http_status,
            provider_version=newest.provider_version,
            fetched_at=newest.fetched_at,
            body=body,
            response_hash=hash_response(body, ()),
            is_complete=True,
        )
        store_payload(self.connection, self.scope, self.run_id, cut, role)
        return cut

    def promote(self, responses: Sequence[RawResponse]) -> None:
        """Make the last response of a call, stored as a part, complete by itself."""
        self.connection.execute(
            "update staging.staging_payloads set role = 'answer' "
            "where data_type = %s and payload_id = %s",
            [self.scope.data_type, self.scope.payload_id(responses[-1].response_hash)],
        )

    def name_part(self, request: str, responses: Sequence[RawResponse]) -> None:
        """Count the last response of a call among those of the complete fetch."""
        self.parts[request] = Part(request, responses[-1].response_hash)

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
    the staging table, so no other fetch of the same kind is alive. :func:`finish` sets SUCCESS.

    Args:
        connection: In autocommit mode.
        scope: What is fetched.
        dagster_run_id: The run that fetches.
        started_at: The present.
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


_PAYLOADS = ResponseTable(
    name=("staging", "staging_payloads"),
    id_column="payload_id",
    once_per=(
        "data_type",
        "chain_id",
        "period_id",
        "validator_key",
        "provider_name",
        "response_hash",
    ),
    received_again="""
        fetch_timestamp = least(s.fetch_timestamp, excluded.fetch_timestamp),
        last_seen_at = greatest(s.last_seen_at, excluded.last_seen_at),
        is_complete = s.is_complete or excluded.is_complete
    """,
    columns={
        "provider_version": "provider_version",
        "request_fingerprint": "request_fingerprint",
        "http_status": "http_status",
        "fetch_timestamp": "fetched_at",
        "last_seen_at": "fetched_at",
        "is_complete": "is_complete",
        "response_hash": "response_hash",
        "raw_body": "body",
    },
    expressions={"raw_payload": "staging.jsonb_or_null({})"},
)


def store_payload(
    connection: psycopg.Connection | psycopg.Cursor,
    scope: FetchScope,
    run_id: str,
    response: RawResponse,
    role: Role,
) -> uuid.UUID:
    """Store one response; if its content is stored already, only ``last_seen_at`` is updated.

    Returns:
        Its payload id.
    """
    payload_id = scope.payload_id(response.response_hash)
    _PAYLOADS.store(
        connection,
        response,
        {
            "payload_id": payload_id,
            "run_id": run_id,
            "chain_id": scope.chain_id,
            "period_id": scope.period_id,
            "provider_name": scope.provider,
            "data_type": scope.data_type,
            "role": role,
            "raw_payload": _text_or_none(response.body),
        },
    )
    return payload_id


def store_manifest(
    cursor: psycopg.Cursor, archive: Archive, fetched_at: datetime, provider_version: str | None
) -> uuid.UUID:
    """Store the list of parts that makes a fetch complete; its hash identifies all of them."""
    listed = [
        {"asked": part.request, "response_hash": part.response_hash}
        for _, part in sorted(archive.parts.items())
    ]
    body = json.dumps({"parts": listed}, sort_keys=True, separators=(",", ":")).encode()
    manifest = RawResponse(
        request_fingerprint="manifest",
        http_status=200,
        provider_version=provider_version,
        fetched_at=fetched_at,
        body=body,
        response_hash=hashlib.sha256(body).hexdigest(),
        is_complete=True,
    )
    return store_payload(cursor, archive.scope, archive.run_id, manifest, "manifest")


def candidates(
    cursor: psycopg.Cursor, chain_id: str, period_id: str, data_type: str
) -> list[Candidate]:
    """Return the complete responses and fetches of a period, for ``source_priority.rank``."""
    cursor.execute(
        "select payload_id, provider_name, response_hash, fetch_timestamp, last_seen_at "
        "from staging.staging_payloads where data_type = %s and chain_id = %s and period_id = %s "
        "and validator_key = '' and is_complete and role in ('answer', 'manifest')",
        [data_type, chain_id, period_id],
    )
    return [Candidate(*row) for row in cursor.fetchall()]


def newest_content(
    connection: psycopg.Connection, scope: FetchScope
) -> list[tuple[str, str, bool]]:
    """Return (provider, hash, is confirmed) of each provider's newest complete fetch."""
    rows = connection.execute(
        "select distinct on (provider_name) provider_name, response_hash, "
        "last_seen_at - fetch_timestamp >= %s "
        "from staging.staging_payloads where data_type = %s and chain_id = %s and period_id = %s "
        "and validator_key = '' and is_complete and role in ('answer', 'manifest') "
        "order by provider_name, last_seen_at desc, response_hash",
        [CONFIRMATION_GAP, scope.data_type, scope.chain_id, scope.period_id],
    ).fetchall()
    return [(str(row[0]), str(row[1]), bool(row[2])) for row in rows]


def last_succeeded(connection: psycopg.Connection, scope: FetchScope) -> bool:
    """Return whether the newest fetch of a scope succeeded; false before the first one."""
    row = connection.execute(
        "select bool_and(status = 'SUCCESS') from ops.ingestion_runs r where chain_id = %(c)s "
        "and period_id = %(p)s and data_type = %(d)s and provider_name = %(n)s "
        "and started_at = (select max(started_at) from ops.ingestion_runs where chain_id = %(c)s "
        "and period_id = %(p)s and data_type = %(d)s and provider_name = %(n)s)",
        {
            "c": scope.chain_id,
            "p": scope.period_id,
            "d": scope.data_type,
            "n": scope.provider,
        },
    ).fetchone()
    return row is not None and bool(row[0])


@dataclass(frozen=True)
class StoredFetch:
    """One complete response or fetch, read back from its stored bytes.

    Attributes:
        connection: Outside or inside of a transaction; parts need one.
        scope: What was fetched.
        winner: The response, or the manifest of the fetch.
    """

    connection: psycopg.Connection
    scope: FetchScope
    winner: Candidate

    def body(self) -> bytes:
        """Return the body of the response, or the manifest."""
        with self.connection.cursor() as cursor:
            return read_body(cursor, self.scope.data_type, self.winner.payload_id)

    def parts(self, kind: str) -> Iterator[tuple[str, bytes]]:
        """Stream (request, body) of the parts whose request begins with ``kind:``."""
        return read_parts(self.connection, self.scope, self.winner.payload_id, kind)


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
    """Stream (request, body) of the parts of a fetch whose request begins with ``kind:``.

    In the order of the manifest, a few bodies in memory at a time. Needs an open transaction.
    """
    with connection.cursor() as cursor:
        manifest = json.loads(read_body(cursor, scope.data_type, manifest_id))
    wanted = [p for p in manifest["parts"] if p["asked"].startswith(f"{kind}:")]
    if not wanted:
        return
    with connection.cursor(name=f"parts_of_{kind}_{uuid.uuid4().hex[:8]}") as stream:
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
        for request, body in stream:
            yield request, bytes(body)


def _text_or_none(body: bytes) -> str | None:
    """Return the body as text for jsonb; a zero byte cannot even be sent as text."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\x00" in text else text
