"""Rows that no formula computes, the same on both sides: rates of providers, registries.

Scope: filling schema ``reference`` of the source, and the warehouse. Not here: deals and grants
(``simulator``).
"""

from __future__ import annotations

from datetime import datetime

import psycopg

from bench.scales import END, first_week

# The daily table has one row per provider and day of the history, as after as many days of ticks.
_RATES = """
select
    d::timestamp(3) as date,
    'f0' || "providerId" as provider,
    (hashtextextended("providerId", extract(doy from d)::bigint) & 127) / 127.0 as success_rate
from unique_providers
cross join generate_series(%s::timestamp, %s::timestamp, interval '1 day') d
where "providerId" is not null
"""
_CREATE = """
create schema if not exists reference;
create table reference.provider_url_finder_retrievability_daily (
    date timestamp(3), provider text, success_rate double precision);
create table reference.provider_retrievability_daily (
    date timestamp(3), provider text, total integer, successful integer, successful_http integer);
create table reference.allocator_registry (allocator_id text, rejected boolean);
create table reference.allocator_registry_archive (allocator_id text, rejected boolean)
"""
# Every seventh entry is rejected; some allocators are in both registries.
_REGISTRIES = {
    "allocator_registry": "id % 2 = 0 or id % 5 = 0",
    "allocator_registry_archive": "id % 2 = 1 or id % 5 = 0",
}
# A grant of the present edition cannot be older than the first partition: the series of old datacap
# begin with it (spec README, "Partitions").
_LATER_GRANTS = """
update verified_client_allowance
set height = %(first)s + (height - 3698160) %% 20160
where height >= 3698160 and height < %(first)s
"""


def move_grants(source: psycopg.Connection, start: datetime) -> None:
    """Move grants of the present edition before the first partition into its first week."""
    first = (int(first_week(start).timestamp()) - 1_598_306_400) // 30
    source.execute(_LATER_GRANTS, {"first": first})


def fill_given(dmob: str, warehouse: str, start: datetime) -> None:
    """Fill the observations in the source and the warehouse with the same rows."""
    with psycopg.connect(dmob) as source, psycopg.connect(warehouse) as target:
        source.execute(_CREATE)
        _fill_rates(source, target, start)
        for table, chosen in _REGISTRIES.items():
            _fill_registry(source, target, table, chosen)


def _fill_rates(source: psycopg.Connection, target: psycopg.Connection, start: datetime) -> None:
    table = "provider_url_finder_retrievability_daily"
    source.execute(
        f"insert into reference.{table} {_RATES}",
        [first_week(start).replace(tzinfo=None), END.replace(tzinfo=None, hour=0)],
    )
    source.execute(f"analyze reference.{table}")
    rates = source.execute(f"select * from reference.{table} order by 1, 2")
    with target.cursor().copy(
        f"copy filplus.{table} (date, provider, success_rate) from stdin"
    ) as sink:
        for row in rates:
            sink.write_row(row)


def _fill_registry(
    source: psycopg.Connection, target: psycopg.Connection, table: str, chosen: str
) -> None:
    rows = source.execute(
        f'select "addressId", id % 7 = 3 from verifier where {chosen} order by id'
    ).fetchall()
    source.cursor().executemany(f"insert into reference.{table} values (%s, %s)", rows)
    target.cursor().executemany(
        f"insert into filplus.{table} (allocator_id, allocator_address, json_path, registry_info, "
        "rejected, data_type, audits, blob_sha) "
        "values (%(id)s, 'f2' || %(id)s, %(id)s || '.json', '{}', %(rejected)s, 'openData', '[]',"
        " '')",
        [{"id": allocator, "rejected": rejected} for allocator, rejected in rows],
    )
