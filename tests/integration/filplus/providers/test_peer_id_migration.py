"""Peer ids that an earlier release stored in another form are rewritten by the migration, once."""

from __future__ import annotations

import psycopg
import pytest

from resources.postgres import migrator

pytestmark = pytest.mark.integration
BAFZ = "bafzbeibhqavlasjc7dvbiopygwncnrtvjd2xmryk5laib7zyjor6kf3avm"
QM = "QmQzqxhK82kAmKvARFZSkUVS6fo9sySaiogAnx5EnZ6ZmC"
ADVERTISEMENTS, OTHER = "filplus/ipni_publisher_advertisement", "raw_lotus/client_status"

ANSWERS = """
insert into {schema}.answers (
    answer_id, day, request_fingerprint, asked, http_status, is_complete, fetched_at, response_hash
)
overriding system value values (1, '2026-03-02', 'f', '{{x}}', 200, true, now(), 'h')
"""
BY_PEER = """
insert into raw_ipni.publisher (provider_id, publisher_id, addresses, seen_at)
values (%(peer)s, %(peer)s, '{}', now());
insert into raw_ipni.advertisement (
    ad_cid, provider_id, context_id, entries_cid, is_rm, walked_for, fetched_at, answer_id
)
values ('ad of ' || %(peer)s, %(peer)s, 'c', 'e', false, %(peer)s, now(), 1);
insert into filplus.ipni_publisher_advertisement
values ('ad of ' || %(peer)s, null, %(peer)s, 'c', 5, false)
"""
MINER = """
insert into raw_lotus.miner_info (
    day, provider, peer_id, contract_peer_id, multiaddrs, fetched_at, answer_id, contract_answer_id
)
values ('2026-03-02', 'f01', %s, 'bafzabc', '{}', now(), 1, 1)
"""


def store(connection: psycopg.Connection) -> None:
    """Store one peer id in both forms, as the release before did."""
    cursor = psycopg.ClientCursor(connection)
    for schema in ("raw_ipni", "raw_lotus"):
        cursor.execute(ANSWERS.format(schema=schema).encode())
    for peer in (BAFZ, QM):
        cursor.execute(BY_PEER, {"peer": peer})
    cursor.execute(MINER, [BAFZ])
    for key in (ADVERTISEMENTS, OTHER):
        cursor.execute("select ops.bump_version(%s, 'test')", [key])


def test_both_forms_become_one_and_what_reads_them_is_due(ready_dsn: str) -> None:
    since = [m.revision for m in migrator.status(ready_dsn) if m.revision >= "0023"]
    migrator.migrate_down(ready_dsn, len(since))
    with psycopg.connect(ready_dsn, autocommit=True) as connection:
        store(connection)
        expected = {
            "select provider_id, publisher_id from raw_ipni.publisher": [(QM, QM)],
            "select provider_id, walked_for from raw_ipni.advertisement": [(QM, QM)] * 2,
            "select publisher_id, sum(entries_number)::int "
            "from filplus.ipni_publisher_advertisement group by 1": [(QM, 10)],
            "select peer_id, lotus_peer_id, contract_peer_id from raw_lotus.miner_info": [
                (QM, None, "bafzabc")
            ],
            "select asset_key, version from ops.asset_version where run_id = 'test' order by 1": [
                (ADVERTISEMENTS, 2),
                (OTHER, 1),
            ],
        }
        for _ in range(2):
            assert migrator.migrate(ready_dsn) == since
            for query, rows in expected.items():
                assert connection.execute(query.encode()).fetchall() == rows
            migrator.migrate_down(ready_dsn, len(since))
