"""A small world of allocators, clients and providers, written straight into the input tables.

The tables that other assets make are created here only where the migrations do not have them.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

NOW = datetime(2026, 3, 15, 6, tzinfo=UTC)
TIB = 2**40
_GENESIS = 1_598_306_400

INPUT_TABLES = """
create table if not exists filplus.allocator_registry (
    allocator_id text primary key, allocator_address text not null unique, json_path text not null,
    registry_info json not null, rejected boolean not null default false,
    data_type text not null, status text, metapathway_type text, audit text[], data_types text[],
    required_sps text, required_replicas text, tranche_schedule text, bookkeeping_repository text,
    audits jsonb not null, first_audit_ended_at timestamp(3), approved_at timestamp(3),
    blob_sha text not null
);
create table if not exists filplus.allocator_registry_archive (
    like filplus.allocator_registry including all
);
create table if not exists filplus.allocator_client_bookkeeping (
    allocator_id text not null, client_id text not null, client_address text not null,
    json_path text not null, bookkeeping_info json not null, client_name text,
    client_contract_address text, declared_providers text[] not null, is_public_dataset boolean,
    confirms_open_data boolean not null, total_requested_amount_bytes numeric,
    expected_size_of_single_dataset_bytes numeric, blob_sha text not null,
    absent_since timestamp(3), primary key (allocator_id, client_id)
);
create table if not exists filplus.client_provider_distribution (
    client text not null, provider text not null, total_deal_size bigint not null,
    unique_data_size bigint not null, claims_count bigint, primary key (client, provider)
);
create table if not exists filplus.client_replica_distribution (
    client text not null, num_of_replicas integer not null, total_deal_size bigint not null,
    unique_data_size bigint not null, primary key (client, num_of_replicas)
);
create table if not exists filplus.cid_sharing (
    client text not null, other_client text not null, total_deal_size bigint not null,
    unique_cid_count integer not null, primary key (client, other_client)
);
create table if not exists filplus.client_claims_hourly (
    hour timestamp(3) not null, client text not null, total_deal_size bigint not null,
    primary key (hour, client)
);
create table if not exists filplus.storage_provider_url_finder_metric (
    id uuid primary key, metric_type text not null unique, name text, description text, unit text
);
create table if not exists filplus.storage_provider_url_finder_daily_snapshot (
    id uuid primary key, provider text not null, snapshot_date timestamp(3) not null,
    tested_at timestamp(3) not null, result_code text not null, unique (provider, snapshot_date)
);
create table if not exists filplus.storage_provider_url_finder_metric_value (
    id uuid primary key, provider text not null, metric_id uuid not null,
    snapshot_id uuid not null references filplus.storage_provider_url_finder_daily_snapshot,
    value double precision, tested_at timestamp(3)
);
create table if not exists filplus.provider_ipni_reporting (
    provider text primary key, ipni_reporting_status text not null,
    ipni_reported_claims_count bigint, claims_count bigint, peer_id text,
    data_as_of timestamp(3) not null
);
create table if not exists filplus.provider_ip_info (
    provider text not null, date timestamp(3) not null, lat text, long text, country text,
    region text, city text, primary key (provider, date)
);
create table if not exists filplus.client_allocator_distribution_weekly_acc (
    week timestamp(3) not null, client text not null, allocator text not null,
    num_of_allocations integer not null, sum_of_allocations bigint not null,
    primary key (week, client, allocator)
);
create table if not exists filplus.client_provider_distribution_weekly_acc (
    week timestamp(3) not null, client text not null, provider text not null,
    total_deal_size bigint not null, unique_data_size bigint not null,
    primary key (week, client, provider)
);
create table if not exists filplus.providers_weekly_acc (
    week timestamp(3) not null, provider text not null, num_of_clients integer not null,
    biggest_client_total_deal_size bigint not null, total_deal_size bigint not null,
    avg_retrievability_success_rate double precision,
    avg_retrievability_success_rate_http double precision,
    avg_retrievability_success_rate_url_finder double precision, primary key (week, provider)
);
"""


class ReportWorld:
    """Writes rows; every argument has a value that makes a healthy world."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        self._row = 0
        connection.execute(INPUT_TABLES)
        connection.execute("set timezone = 'UTC'")
        self._metrics = {name: uuid.uuid5(uuid.NAMESPACE_OID, name) for name in
                         ("RPA_RETRIEVABILITY", "CAR_FILES", "TTFB", "BANDWIDTH")}  # fmt: skip
        for name, key in self._metrics.items():
            self._insert("filplus.storage_provider_url_finder_metric", id=key, metric_type=name)

    def allocator(
        self, allocator: str, *, registered: bool = True, data_type: str = "openData",
        is_meta: bool = False, **more: Any,
    ) -> None:  # fmt: skip
        verifier = {k: more.pop(k) for k in ("address_eth", "is_virtual", "dc_source") if k in more}
        self._insert(
            "raw_dmob.verifier", id=self._next(), address_id=allocator, name=f"Name {allocator}",
            address=f"f2{allocator}", is_multisig=True, is_meta_allocator=is_meta, _sync_version=1,
            created_at_height=4_000_000, **{"is_virtual": False, **verifier},
        )  # fmt: skip
        if registered:
            self.registry(allocator, data_type=data_type, **more)

    def registry(self, allocator: str, **more: Any) -> None:
        values = {
            "allocator_address": f"f2{allocator}", "json_path": f"Allocators/{allocator}.json",
            "registry_info": Jsonb({}), "data_type": "openData", "audit": ["Public Open"],
            "data_types": ["Slingshot"], "required_sps": "5", "required_replicas": "2",
            "tranche_schedule": "I will use the standard Allocation Tranche Schedule",
            "audits": Jsonb([]), "first_audit_ended_at": "2025-09-15 06:00",
            "blob_sha": "0" * 40, **more,
        }  # fmt: skip
        self._insert("filplus.allocator_registry", allocator_id=allocator, **values)

    def client(
        self, client: str, allocator: str, *, grants: tuple[int, ...] = (TIB,),
        applied: bool = True, first_grant: datetime = NOW - timedelta(days=40), **application: Any,
    ) -> None:  # fmt: skip
        self._insert(
            "raw_dmob.verified_client", id=self._next(), address_id=client, address=f"f1{client}",
            verifier_address_id=allocator, name="n/a", org_name=f" Org {client} ", _sync_version=1,
        )  # fmt: skip
        for number, size in enumerate(grants):
            at = int((first_grant + timedelta(days=number)).timestamp())
            self._insert(
                "raw_dmob.verified_client_allowance", id=self._next(), address_id=client,
                verifier_address_id=allocator, height=(at - _GENESIS) // 30, allowance=size,
                audit_trail=f"https://example.org/{client}", issue_create_timestamp=at,
                create_message_timestamp=at, _sync_version=1,
            )  # fmt: skip
        if applied:
            self.application(client, allocator, **application)

    def application(self, client: str, allocator: str, **more: Any) -> None:
        values = {
            "client_address": f"f1{client}", "json_path": f"applications/{client}.json",
            "bookkeeping_info": Jsonb({}), "client_name": None, "declared_providers": [],
            "is_public_dataset": True, "confirms_open_data": True,
            "total_requested_amount_bytes": 100 * TIB,
            "expected_size_of_single_dataset_bytes": 10 * TIB, "blob_sha": "0" * 40, **more,
        }  # fmt: skip
        self._insert(
            "filplus.allocator_client_bookkeeping", client_id=client, allocator_id=allocator,
            **values,
        )  # fmt: skip

    def deals(self, client: str, provider: str, total: int, unique: int, claims: int = 10) -> None:
        self._insert(
            "filplus.client_provider_distribution", client=client, provider=provider,
            total_deal_size=total, unique_data_size=unique, claims_count=claims,
        )  # fmt: skip

    def replicas(self, client: str, copies: int, total: int, unique: int) -> None:
        self._insert(
            "filplus.client_replica_distribution", client=client, num_of_replicas=copies,
            total_deal_size=total, unique_data_size=unique,
        )  # fmt: skip

    def sharing(self, client: str, other: str, total: int) -> None:
        self._insert(
            "filplus.cid_sharing", client=client, other_client=other, total_deal_size=total,
            unique_cid_count=1,
        )  # fmt: skip

    def hour(self, client: str, hour: datetime) -> None:
        self._insert(
            "filplus.client_claims_hourly", hour=hour.replace(tzinfo=None), client=client,
            total_deal_size=1,
        )  # fmt: skip

    def provider(
        self, provider: str, *, rate: float | None = 0.9, consistent: float | None = 0.5,
        status: str = "OK", city: str | None = "Berlin",
    ) -> None:  # fmt: skip
        self.measure(provider, "RPA_RETRIEVABILITY", rate)
        self.measure(provider, "CAR_FILES", consistent)
        self._insert(
            "filplus.provider_ipni_reporting", provider=provider, ipni_reporting_status=status,
            ipni_reported_claims_count=9, claims_count=10, data_as_of=NOW.replace(tzinfo=None),
        )  # fmt: skip
        if city:
            self._insert(
                "filplus.provider_ip_info", provider=provider, lat="52.5", long="13.4", city=city,
                date=(NOW - timedelta(days=1)).replace(tzinfo=None), country="DE", region="BE",
            )  # fmt: skip

    def measure(self, provider: str, metric: str, value: float | None, days_ago: int = 1) -> None:
        at = (NOW - timedelta(days=days_ago)).replace(tzinfo=None)
        day = at.replace(hour=0)
        snapshot = uuid.uuid5(uuid.NAMESPACE_OID, f"{provider} {day}")
        self.connection.execute(
            "insert into filplus.storage_provider_url_finder_daily_snapshot "
            "values (%s, %s, %s, %s, 'SUCCESS') on conflict do nothing",
            [snapshot, provider, day, at],
        )
        self._insert(
            "filplus.storage_provider_url_finder_metric_value", provider=provider, value=value,
            id=uuid.uuid5(snapshot, metric), metric_id=self._metrics[metric], snapshot_id=snapshot,
            tested_at=at,
        )  # fmt: skip

    def standard(self) -> None:
        """Two open-data allocators, an enterprise one and clients with different fates."""
        self.allocator("f0300")
        self.allocator("f0301", required_replicas=None)
        self.allocator("f0302", data_type="enterprise", audit=["Enterprise Data"])
        for n in range(1, 5):
            self.provider(f"f020{n}", rate=n / 4, city=f"City {n}",
                          status="OK" if n > 1 else "MISREPORTING")  # fmt: skip
        for number, (client, allocator) in enumerate(
            [("f0100", "f0300"), ("f0101", "f0300"), ("f0102", "f0301"), ("f0103", "f0302")], 1
        ):
            self.client(client, allocator, grants=(TIB,) * number,
                        declared_providers=["f0201", "f0202"])  # fmt: skip
            self.deals(client, "f0201", 6 * TIB, 6 * TIB)
            self.deals(client, f"f020{(2, 3, 4, 2)[number - 1]}", 4 * TIB, number * TIB)
            self.replicas(client, 1, 3 * TIB, 3 * TIB)
            self.replicas(client, 2, 7 * TIB, 4 * TIB)
            self.hour(client, (NOW - timedelta(days=10)).replace(hour=3))
        self.sharing("f0100", "f0101", TIB)
        self.sharing("f0101", "f0100", TIB // 2)

    def _insert(self, table: str, **values: Any) -> None:
        names = ", ".join(values)
        marks = ", ".join(["%s"] * len(values))
        self.connection.execute(
            f"insert into {table} ({names}) values ({marks})", [*values.values()]
        )

    def _next(self) -> int:
        self._row += 1
        return self._row
