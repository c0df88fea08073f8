"""Any arrival order, any replay: the same current rows; and history never changes (I5, I9)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdp_assets.core.runs.partition_run import DirectRun, PartitionRun
from cdp_assets.validators.canonical.canonical_tables import FEES, IDENTITIES
from cdp_assets.validators.canonical.normalise import WriteContext
from cdp_assets.validators.canonical.normalise import normalise as normalise_table
from cdp_assets.validators.canonical.table_rows import FEES_WRITER
from cdp_assets.validators.chains.chain_registry import Registry, load_registry
from cdp_assets.validators.rules.period_rules import Period
from cdp_assets.validators.storage.payload_store import Archive, FetchScope, Part, store_manifest
from cdp_assets.validators.storage.versioned_append import (
    Appended,
    RowScope,
    Stamp,
    VersionedRow,
    append_versions,
)
from resources.http.raw_response import RawResponse, hash_response
from resources.postgres.embedded_postgres import EmbeddedServer
from resources.postgres.ops_status import RunRecord
from resources.postgres.warehouse import Warehouse
from tests.conftest import fresh_database
from tests.integration.validators.conftest import AS_OF

CHAIN = "solana-mainnet"
LEADERS = ("a", "b", "c", "d")  # each leads two of the eight slots of a period
FEW = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
_numbers = count(1)

Fetch = tuple[int, dict[str, int]]  # hour of the fetch, lamports by leader; absent: no leader


@pytest.fixture(scope="module")
def warehouse(server: EmbeddedServer, chain_template: str) -> Iterator[Warehouse]:
    """One warehouse for all examples; every example takes a period of its own."""
    for dsn in fresh_database(server, chain_template):
        yield Warehouse(url=dsn)


@pytest.fixture(scope="module")
def loaded() -> Registry:
    return load_registry()


fetches = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.dictionaries(st.sampled_from(LEADERS), st.sampled_from([0, 1, 2**63]), min_size=1),
    ),
    min_size=1,
    max_size=4,
)


def new_period(warehouse: Warehouse) -> Period:
    """Return an unused period whose identities are known: identity ``a`` is validator ``A``.

    All have the same slots, so that equal fetches have equal hashes in every period.
    """
    number = next(_numbers)
    period = Period("EPOCH", str(number), number, 80, 87)
    rows = [
        VersionedRow((period.period_id, name.upper(), "identity", name), (), ("solana_rpc", None))
        for name in LEADERS
    ]
    with warehouse.connect() as connection, connection.cursor() as cursor:
        stamp = Stamp(AS_OF, "config")
        append_versions(cursor, IDENTITIES, CHAIN, [period.period_id], rows, stamp)
    return period


def answer(body: object, at: datetime) -> RawResponse:
    data = json.dumps(body).encode()
    return RawResponse("asked", 200, None, at, data, hash_response(data, ()), True)


def store_fetch(connection: psycopg.Connection, period: Period, fetch: Fetch) -> None:
    """Store a whole fetch as a node would have answered it at its hour."""
    hour, fees = fetch
    at = AS_OF + timedelta(hours=hour)
    leaders = sorted(fees)
    schedule = {name: [] for name in leaders}  # type: ignore[var-annotated]
    for index in range(8):
        schedule[leaders[index % len(leaders)]].append(index)
    slots = {name: period.start_slot + indexes[0] for name, indexes in schedule.items()}
    blocks = [
        {
            "id": f"getBlock:{slots[name]}",
            "jsonrpc": "2.0",
            "result": {
                "parentSlot": slots[name] - 1,
                "blockHeight": 1,
                "blockTime": 1,
                "rewards": [{"pubkey": name, "lamports": fees[name], "rewardType": "Fee"}],
            },
        }
        for name in leaders
    ]
    asked: dict[str, object] = {
        f"getLeaderSchedule:{period.start_slot}": {"id": "s", "result": schedule},
        f"getBlocks:{period.start_slot}..{period.end_slot}": {
            "id": "b",
            "result": sorted(slots.values()),
        },
        f"getBlock:{period.start_slot}": blocks,
    }
    archive = Archive(
        connection, FetchScope(CHAIN, period.period_id, "FEES", "solana_rpc"), str(uuid.uuid4())
    )
    for name, body in asked.items():
        part = answer(body, at)
        archive.store([part])
        archive.parts[name] = Part(name, part.response_hash)
    with connection.cursor() as cursor:
        store_manifest(cursor, archive, at, None)


def normalise(
    connection: psycopg.Connection, registry: Registry, period: Period, hour: int
) -> None:
    now = AS_OF + timedelta(hours=hour)
    run = PartitionRun(
        context=DirectRun(f"run-{hour}"), warehouse=Warehouse(url=connection.info.dsn),
        keys=[period.period_id], definition=None, inputs=(), code_version="1",
        launched_by="test", as_of=now, record=RunRecord(),
    )  # fmt: skip
    context = WriteContext(registry.chain(CHAIN), registry, run)
    normalise_table(connection, context, period, FEES_WRITER)


def current(warehouse: Warehouse, period: Period) -> list[tuple[object, ...]]:
    with warehouse.connect(autocommit=True) as connection:
        return connection.execute(
            "select validator_key, total_fees_native, fee_count, blocks_produced, leader_slots, "
            "quality_flags, content_hash from validators.canonical_validator_fees "
            "where period_id = %s and is_current and not is_void order by 1",
            [period.period_id],
        ).fetchall()


def arrive(
    warehouse: Warehouse, registry: Registry, arrivals: list[Fetch]
) -> tuple[Period, list[tuple[object, ...]]]:
    """Let fetches arrive one by one, each normalised as it comes; return what readers see."""
    period = new_period(warehouse)
    with warehouse.connect(autocommit=True) as staging, warehouse.connect() as writing:
        for hour, fetch in enumerate(arrivals):
            store_fetch(staging, period, fetch)
            normalise(writing, registry, period, hour)
    return period, current(warehouse, period)


@FEW
@given(fetches, st.data())
def test_current_rows_do_not_depend_on_arrival_order(
    warehouse: Warehouse, loaded: Registry, given_fetches: list[Fetch], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(given_fetches))
    replayed = [*shuffled, *data.draw(st.permutations(given_fetches))]
    _, straight = arrive(warehouse, loaded, given_fetches)
    _, mixed = arrive(warehouse, loaded, list(shuffled))
    _, twice = arrive(warehouse, loaded, replayed)
    assert straight == mixed == twice


@FEW
@given(fetches)
def test_current_rows_are_those_of_the_newest_fetch_and_history_is_whole(
    warehouse: Warehouse, loaded: Registry, given_fetches: list[Fetch]
) -> None:
    period, rows = arrive(warehouse, loaded, given_fetches)
    # Of contents with one hash the last hour counts, and the first tells whether a zero came again.
    hours: dict[str, list[int]] = {}
    for hour, fees in given_fetches:
        hours.setdefault(json.dumps(fees, sort_keys=True), []).append(hour)
    paying = {
        text: seen
        for text, seen in hours.items()
        if any(json.loads(text).values()) or max(seen) > min(seen)
    } or hours
    newest = max(max(seen) for seen in paying.values())
    last = [json.loads(text) for text, seen in paying.items() if max(seen) == newest]
    assert {str(row[0]).lower(): row[1] for row in rows} in last
    with warehouse.connect(autocommit=True) as connection:
        histories = connection.execute(
            "select validator_key, array_agg(version order by version), "
            "count(*) filter (where is_current), "
            "bool_and(superseded_by is null or superseded_by = version + 1), "
            "bool_and(not is_void or total_fees_native is null) "
            "from validators.canonical_validator_fees where period_id = %s group by 1",
            [period.period_id],
        ).fetchall()
        chained = connection.execute(
            "select count(*) from validators.canonical_validator_fees p "
            "join validators.canonical_validator_fees n using (chain_id, period_id, validator_key) "
            "where p.period_id = %s and n.version = p.version + 1 "
            "and (p.superseded_at <> n.recorded_at or p.content_hash = n.content_hash)",
            [period.period_id],
        ).fetchone()
    for _, versions, currents, linked, empty in histories:
        assert versions == list(range(1, len(versions) + 1))
        assert (currents, linked, empty) == (1, True, True)
    assert chained == (0,)


@FEW
@given(fetches)
def test_what_was_true_at_a_past_instant_never_changes_and_rows_never_go(
    warehouse: Warehouse, loaded: Registry, given_fetches: list[Fetch]
) -> None:
    period = new_period(warehouse)
    seen: list[tuple[datetime, list[tuple[object, ...]]]] = []
    rows_before = 0
    with warehouse.connect(autocommit=True) as connection, warehouse.connect() as writing:
        for hour, fetch in enumerate(given_fetches):
            store_fetch(connection, period, fetch)
            normalise(writing, loaded, period, hour)
            (rows,) = connection.execute(
                "select count(*) from validators.canonical_validator_fees where period_id = %s",
                [period.period_id],
            ).fetchone() or (0,)
            assert rows >= rows_before
            rows_before = rows
            for instant, then in seen:
                assert as_of(connection, period, instant) == then
            now = AS_OF + timedelta(hours=hour)
            seen.append((now, as_of(connection, period, now)))


def as_of(
    connection: psycopg.Connection, period: Period, instant: datetime
) -> list[tuple[object, ...]]:
    return connection.execute(
        "select validator_key, version, total_fees_native, is_void "
        "from validators.canonical_validator_fees_as_of(%s) where period_id = %s order by 1",
        [instant, period.period_id],
    ).fetchall()


def test_normalising_again_writes_nothing(warehouse: Warehouse, loaded: Registry) -> None:
    period, before = arrive(warehouse, loaded, [(0, {"a": 5, "b": 7})])
    with warehouse.connect() as writing:
        normalise(writing, loaded, period, 9)
    with warehouse.connect(autocommit=True) as connection:
        assert connection.execute(
            "select max(version), count(*) from validators.canonical_validator_fees "
            "where period_id = %s",
            [period.period_id],
        ).fetchone() == (1, 2)
    assert current(warehouse, period) == before


def test_a_clock_that_lies_in_the_past_does_not_rewrite_history(
    warehouse: Warehouse, loaded: Registry
) -> None:
    period = new_period(warehouse)
    rows = [
        VersionedRow((period.period_id, "A"), (n, 1, None, None, 1, 1), ("p", None)) for n in (1, 2)
    ]
    with warehouse.connect() as connection, connection.cursor() as cursor:
        for row, now in zip(rows, (AS_OF, AS_OF - timedelta(days=9)), strict=True):
            append_versions(cursor, FEES, CHAIN, [period.period_id], [row], Stamp(now, "c"))
        past = as_of(connection, period, AS_OF - timedelta(seconds=1))
        present = as_of(connection, period, AS_OF)
    assert past == []
    assert present == [("A", 2, 2, False)]


def test_a_key_twice_is_refused_and_nothing_is_written(warehouse: Warehouse) -> None:
    period = new_period(warehouse)
    row = VersionedRow((period.period_id, "A"), (1, 1, None, None, 1, 1), ("p", None))
    with (
        pytest.raises(psycopg.errors.UniqueViolation),
        warehouse.connect() as connection,
        connection.cursor() as cursor,
    ):
        append_versions(cursor, FEES, CHAIN, [period.period_id], [row, row], Stamp(AS_OF, "c"))
    assert current(warehouse, period) == []


def test_an_append_that_is_rolled_back_leaves_the_old_version_current(
    warehouse: Warehouse, loaded: Registry
) -> None:
    period, before = arrive(warehouse, loaded, [(0, {"a": 5})])
    row = VersionedRow((period.period_id, "A"), (6, 1, None, None, 1, 1), ("p", None))
    with warehouse.connect() as connection, connection.cursor() as cursor:
        done = append_versions(cursor, FEES, CHAIN, [period.period_id], [row], Stamp(AS_OF, "c"))
        assert done.changed == 1
        connection.rollback()
    assert current(warehouse, period) == before


def test_other_periods_and_amounts_beyond_64_bits_are_left_exact(warehouse: Warehouse) -> None:
    first, second = new_period(warehouse), new_period(warehouse)
    amount = 2**256 - 1
    with warehouse.connect() as connection, connection.cursor() as cursor:
        for period in (first, second):
            row = VersionedRow((period.period_id, "A"), (amount, 1, None, None, 1, 1), ("p", None))
            append_versions(cursor, FEES, CHAIN, [period.period_id], [row], Stamp(AS_OF, "c"))
        gone = append_versions(cursor, FEES, CHAIN, [second.period_id], [], Stamp(AS_OF, "c"))
    assert (gone.voided, gone.written) == (1, 1)
    assert [row[1] for row in current(warehouse, first)] == [amount]
    assert current(warehouse, second) == []


def test_each_of_two_writers_replaces_its_own_rows_alone(warehouse: Warehouse) -> None:
    period = new_period(warehouse)
    one, two = (
        RowScope("fee_count = %(count)s", {"count": 1}),
        RowScope("fee_count = %(count)s", {"count": 2}),
    )

    def row(validator: str, count: int) -> VersionedRow:
        return VersionedRow(
            (period.period_id, validator), (7, count, None, None, 1, 1), ("p", None)
        )

    with warehouse.connect() as connection, connection.cursor() as cursor:

        def append(scope: RowScope, *rows: VersionedRow) -> Appended:
            return append_versions(
                cursor, FEES, CHAIN, [period.period_id], rows, Stamp(AS_OF, "c"), scope
            )

        assert append(one, row("A", 1)) == Appended(1, 0, 0, 0)
        assert append(two, row("B", 2)) == Appended(1, 0, 0, 0)
        assert append(one) == Appended(0, 0, 1, 0)
        assert append(two, row("B", 2)) == Appended(0, 0, 0, 1)
        assert append(one, row("A", 1)) == Appended(0, 1, 0, 0)
    assert [row[0] for row in current(warehouse, period)] == ["A", "B"]
