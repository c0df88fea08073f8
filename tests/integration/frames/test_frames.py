"""Tables and views as DataFrames: exact types, whole or by partition, bounded, read only."""

from __future__ import annotations

import math
import tracemalloc
import uuid
import warnings
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pandas as pd
import psycopg
import pytest

from cdp_assets.errors import BadConfiguration, MissingUpstream
from cdp_assets.frames import query_frame, read_frame, size_of
from cdp_assets.settings import publish_environment
from resources.postgres.embedded_postgres import EmbeddedServer
from resources.postgres.warehouse import Warehouse
from tests.conftest import fresh_database

pytestmark = pytest.mark.integration
WEEK, HOUR, DAY = timedelta(days=7), timedelta(hours=1), timedelta(days=1)
ATTO = Decimal("123456789012345678901234567890")
EVERY_TYPE = """
create table filplus.every_type (
    id integer primary key, bytes bigint, amount numeric, exact numeric(12, 3),
    rate double precision, is_there boolean, name text, at_utc timestamp(3), at_zone timestamptz,
    day date, report uuid, listed text[], facts jsonb, file json
);
grant select on filplus.every_type to cdp_writer;
insert into filplus.every_type values
    (2, null, null, null, null, null, null, null, null, null, null, null, null, null),
    (1, 9223372036854775807, 123456789012345678901234567890, 0.100, 'NaN', false, 'é',
     '2026-03-14 23:59:59.123', '2026-03-15 01:00:00.000001+02', '1969-07-20',
     '00000000-0000-0000-0000-000000000001', array['a', null], '{"share": 0.1}', '{"a": 1}')
"""


@pytest.fixture(scope="module")
def filled(server: EmbeddedServer, ready_template: str) -> Iterator[str]:
    """Address of a warehouse with a few partitions of some tables; tests only read it."""
    for dsn in fresh_database(server, ready_template):
        with psycopg.connect(dsn, options="-c timezone=UTC") as owner:
            owner.execute(EVERY_TYPE)
            for day, provider in (("2026-07-27", 1), ("2026-08-03", 1), ("2026-08-03", 2)):
                owner.execute(
                    "insert into filplus.providers_weekly (week, provider, num_of_clients, "
                    "biggest_client_total_deal_size, total_deal_size, "
                    "avg_retrievability_success_rate_url_finder) values (%s, %s, 1, 5, 7, 0)",
                    [day, f"f0{provider}"],
                )
            _publish(owner, "filplus/providers_weekly", datetime(2026, 7, 27, tzinfo=UTC), WEEK)
            _publish(
                owner,
                "filplus/providers_weekly",
                datetime(2026, 8, 3, tzinfo=UTC),
                WEEK,
                "CHECK_FAILED",
            )
            _publish(owner, "filplus/providers_weekly", datetime(2026, 8, 17, tzinfo=UTC), WEEK)
            for hour in (9, 10):
                owner.execute(
                    "insert into filplus.client_claims_hourly (hour, client, total_deal_size) "
                    "values (%s, 'f01', 1)",
                    [datetime(2026, 8, 3, hour, tzinfo=UTC)],
                )
                _publish(
                    owner,
                    "filplus/client_claims_hourly",
                    datetime(2026, 8, 3, hour, tzinfo=UTC),
                    HOUR,
                )
            _publish(
                owner,
                "filplus/ipni_reporting_daily",
                datetime(2026, 8, 3, tzinfo=UTC),
                DAY,
                "NOT_OBSERVED",
            )
            owner.execute(
                "insert into validators.canonical_periods (chain_id, period_id, period_ordinal, "
                "period_type, start_slot, end_slot, status, version, is_current, recorded_at, "
                "source_provider, normalized_at, config_hash, content_hash) "
                "select 'solana-mainnet', n::text, n, 'EPOCH', n, n, 'FINAL', 1, true, now(), 'p', "
                "now(), '', '' from generate_series(850, 851) n"
            )
            owner.execute(
                "insert into ops.asset_partition_status (asset_key, partition_key, state, "
                "is_final, row_count) values "
                "('validators/solana_mainnet/canonical_periods', '850', 'MATERIALIZED', true, 1)"
            )
        yield dsn


def _publish(
    owner: psycopg.Connection,
    asset: str,
    start: datetime,
    length: timedelta,
    state: str = "MATERIALIZED",
) -> None:
    owner.execute(
        "insert into ops.asset_partition_status (asset_key, partition_key, window_start, "
        "window_end, state, is_final, row_count) values (%s, %s, %s, %s, %s, true, 1)",
        [asset, f"{start:%Y-%m-%d-%H:%M}", start, start + length, state],
    )


@pytest.fixture
def warehouse(filled: str) -> str:
    """That warehouse as the one that settings name."""
    publish_environment({"DATABASE_URL": filled})
    return filled


def test_every_type_is_exact_and_null_stays_null(warehouse: str) -> None:
    frame = read_frame("filplus.every_type")
    assert frame.dtypes.astype(str).to_dict() == {
        "id": "Int64",
        "bytes": "Int64",
        "amount": "object",
        "exact": "object",
        "rate": "Float64",
        "is_there": "boolean",
        "name": "string",
        "at_utc": "datetime64[us, UTC]",
        "at_zone": "datetime64[us, UTC]",
        "day": "object",
        "report": "object",
        "listed": "object",
        "facts": "object",
        "file": "object",
    }
    assert frame["id"].tolist() == [1, 2]
    one, none = frame.iloc[0], frame.iloc[1]
    assert (one["bytes"], one["amount"], str(one["exact"])) == (2**63 - 1, ATTO, "0.100")
    assert math.isnan(one["rate"])
    assert (bool(one["is_there"]), one["name"], one["day"]) == (False, "é", date(1969, 7, 20))
    assert one["at_utc"] == datetime(2026, 3, 14, 23, 59, 59, 123_000, tzinfo=UTC)
    assert one["at_zone"] == datetime(2026, 3, 14, 23, 0, 0, 1, tzinfo=UTC)
    assert (one["report"], one["listed"]) == (uuid.UUID(int=1), ["a", None])
    assert one["facts"] == {"share": Decimal("0.1")}
    assert none.drop("id").isna().all()
    assert frame["rate"].isna().tolist() == [False, True], "a stored NaN is not null"


def test_an_empty_read_has_the_types_of_a_full_one(warehouse: str) -> None:
    full, empty = read_frame("filplus.every_type"), read_frame("filplus.every_type", limit=0)
    assert len(empty) == 0
    assert empty.dtypes.tolist() == full.dtypes.tolist()


def test_columns_and_limit_choose_and_rows_come_by_the_key(warehouse: str) -> None:
    frame = read_frame("filplus.every_type", columns=["name", "id"], limit=1)
    assert frame.columns.tolist() == ["name", "id"]
    assert frame.values.tolist() == [["é", 1]]


@pytest.mark.parametrize(
    ("table", "partition", "rows", "states"),
    [
        ("providers_weekly", "2026-07-27", 1, ["MATERIALIZED"]),
        ("filplus.providers_weekly", "2026-08-03", 2, ["CHECK_FAILED"]),
        ("filplus/providers_weekly", "2026-07", 1, ["MATERIALIZED"]),
        ("filplus/providers_weekly", "2026-08", 2, ["CHECK_FAILED", "MATERIALIZED", "MISSING"]),
        ("client_claims_hourly", "2026-08-03-10:00", 1, ["MATERIALIZED"]),
        ("client_claims_hourly", "2026-08-03", 2, ["MATERIALIZED"] * 2),
        ("validators.canonical_periods", "850", 1, ["MATERIALIZED"]),
        ("validators/solana_mainnet/canonical_periods", "850", 1, ["MATERIALIZED"]),
    ],
)
def test_a_partition_is_an_hour_a_day_a_week_a_month_or_a_period(
    warehouse: str, table: str, partition: str, rows: int, states: list[str]
) -> None:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        frame = read_frame(table, partition)
    assert len(frame) == rows
    assert sorted(frame.attrs["states"].values()) == states
    assert bool(warned) is (set(states) != {"MATERIALIZED"}), "what is wrong is said"


@pytest.mark.parametrize(
    ("table", "partition", "error", "words"),
    [
        ("provider_weekly", None, BadConfiguration, "did you mean api_v1.providers_weekly"),
        ("filplus/x/y/providers_weekly", None, BadConfiguration, "no such table or view"),
        ("filplus/solana_mainnet/client", None, BadConfiguration, "no such table or view"),
        ("providers_weekly", "2026-08-04", BadConfiguration, "key of a table of weeks"),
        ("providers_weekly", "2026-08-03-10:00", BadConfiguration, "of a table of weeks"),
        ("providers_weekly", "2026-13", BadConfiguration, "no partition key"),
        ("client", "2026-08", BadConfiguration, "it has no partitions"),
        ("providers_weekly", "2026-08-10", MissingUpstream, "not materialized (MISSING)"),
        ("providers_weekly", "2020-01-06", MissingUpstream, "nothing published it"),
        ("ipni_reporting_daily", "2026-08-03", MissingUpstream, "NOT_OBSERVED"),
        ("validators.canonical_periods", "852", MissingUpstream, "nothing published it"),
    ],
)
def test_what_is_not_there_is_refused_and_is_never_no_rows(
    warehouse: str, table: str, partition: str | None, error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as raised:
        read_frame(table, partition)
    assert words in str(raised.value)


def test_unknown_columns_and_limits_are_refused(warehouse: str) -> None:
    with pytest.raises(BadConfiguration, match="no column nonsense.*its columns: id, bytes"):
        read_frame("filplus.every_type", columns=["id", "nonsense"])
    with pytest.raises(BadConfiguration, match="must not be negative"):
        read_frame("filplus.every_type", limit=-1)


def test_a_frame_that_is_too_large_is_refused_before_it_is_read(warehouse: str) -> None:
    with pytest.raises(BadConfiguration, match="would take 2 rows, about 0.0 MiB, more than 0 MiB"):
        read_frame("filplus.every_type", max_bytes=100)
    assert len(read_frame("filplus.every_type", columns=["id"], max_bytes=100)) == 2


def test_the_size_is_told_beforehand_and_memory_stays_near_it(ready_dsn: str) -> None:
    with psycopg.connect(ready_dsn) as connection:
        connection.execute(
            "create table filplus.large as select n as id, n::numeric * 10^18 as amount, "
            "'f0' || n as client, '2026-01-01'::date + n % 100 as day, "
            "timestamp '2026-01-01' + n * interval '1 second' as at "
            "from generate_series(1, 60000) n"
        )
        told = size_of("filplus.large", connection=connection)
        tracemalloc.start()
        try:
            frame = read_frame("filplus.large", connection=connection)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    taken = frame.memory_usage(deep=True).sum()
    assert told.rows == len(frame) == 60_000
    assert 0.5 < told.bytes / taken < 2
    assert peak < 2.5 * told.bytes


def test_a_read_cannot_write(warehouse: str) -> None:
    with Warehouse().connect(is_read_only=True) as connection:
        assert len(query_frame(connection, "select 1")) == 1
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("delete from filplus.providers_weekly")


@pytest.mark.parametrize("role", ["analyst", "api_ro"])
def test_a_reader_of_views_reads_frames_with_its_own_rights(filled: str, role: str) -> None:
    with psycopg.connect(filled, options="-c timezone=UTC") as connection:
        connection.execute(f"set role {role}")
        assert len(read_frame("providers_weekly", "2026-07-27", connection=connection)) == 1
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            read_frame("ops.landing_blocks", connection=connection)


def test_a_query_gives_the_same_types(warehouse: str) -> None:
    with Warehouse().connect(is_read_only=True) as connection:
        frame = query_frame(
            connection,
            "select %(day)s::date as day, sum(bytes) as bytes, sum(bytes) as bytes "
            "from filplus.every_type",
            {"day": "2026-01-01"},
        )
    assert frame.columns.tolist() == ["day", "bytes", "bytes"], "equal names stay apart"
    assert frame.iloc[0].tolist() == [date(2026, 1, 1), Decimal(2**63 - 1), Decimal(2**63 - 1)]
    assert isinstance(frame, pd.DataFrame)
