"""A small world of allocators, clients and providers, written straight into the input tables.

Belongs here: writing what reports read, making reports, reading what they hold. Does not: weeks of
compliance (``weekly_world``), and what a test expects.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from cdp_assets.filplus.report_inputs.input_tables import INPUT_TABLES
from cdp_assets.filplus.reports.generation import (
    GenerationReport,
    generate_allocator_reports,
    generate_client_reports,
)
from cdp_assets.filplus.reports.report_tables import ALLOCATOR_TABLES, CLIENT_TABLES
from cdp_assets.filplus.scoring.rules import FILE, RuleBook, load_rules
from cdp_assets.units import time_to_height
from resources.postgres.warehouse import Warehouse

NOW = datetime(2026, 3, 15, 6, tzinfo=UTC)
TODAY = NOW.date()
NIGHT = NOW.replace(hour=1)
TIB = 2**40
_METRICS = {
    name: uuid.uuid5(uuid.NAMESPACE_OID, name)
    for name in ("RPA_RETRIEVABILITY", "CAR_FILES", "TTFB", "BANDWIDTH")
}
# Entries that make the status of a provider with some tens of claims.
_ADVERTISED = {"OK": 1000, "MISREPORTING": 1, "NOT_REPORTING": None}


class ReportWorld:
    """Writes what reports read, makes and reads them; arguments left out make a healthy world."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        self._row = 0

    @classmethod
    @contextmanager
    def over(cls, dsn: str) -> Iterator[ReportWorld]:
        """Open a warehouse as it is; in a copy the ids of rows in the source begin anew."""
        with psycopg.connect(dsn, options="-c timezone=UTC") as connection:
            yield cls(connection)

    @classmethod
    @contextmanager
    def empty(cls, dsn: str) -> Iterator[ReportWorld]:
        """Open a fresh warehouse whose inputs are made, in which nothing was measured."""
        with cls.over(dsn) as world:
            for table in INPUT_TABLES:
                world.connection.execute(
                    "select ops.bump_version(%s, 'test')", [table.replace(".", "/")]
                )
            for name, key in _METRICS.items():
                world.insert("filplus.storage_provider_url_finder_metric", id=key, metric_type=name)
            yield world

    @property
    def dsn(self) -> str:
        """Address of the warehouse."""
        info = self.connection.info
        return f"postgresql://{info.user}:{info.password}@{info.host}:{info.port}/{info.dbname}"

    def shown_to_runs(self) -> ReportWorld:
        """Commit, now and after each statement; return the world."""
        self.connection.commit()
        self.connection.autocommit = True
        return self

    def warehouse(self) -> Warehouse:
        """Return the resource that runs write through."""
        return Warehouse(url=self.dsn)

    def allocator(
        self,
        allocator: str,
        *,
        registered: bool = True,
        data_type: str = "openData",
        is_meta: bool = False,
        **more: Any,
    ) -> None:
        verifier = {k: more.pop(k) for k in ("address_eth", "is_virtual", "dc_source") if k in more}
        self.insert(
            "raw_dmob.verifier",
            id=self._next(),
            address_id=allocator,
            name=f"Name {allocator}",
            address=f"f2{allocator}",
            is_multisig=True,
            is_meta_allocator=is_meta,
            _sync_version=1,
            created_at_height=4_000_000,
            **{"is_virtual": False, **verifier},
        )
        if registered:
            self.registry(allocator, data_type=data_type, **more)

    def registry(self, allocator: str, **more: Any) -> None:
        values = {
            "allocator_address": f"f2{allocator}",
            "json_path": f"Allocators/{allocator}.json",
            "registry_info": Jsonb({}),
            "data_type": "openData",
            "audit": ["Public Open"],
            "data_types": ["Slingshot"],
            "required_sps": "5",
            "required_replicas": "2",
            "tranche_schedule": "I will use the standard Allocation Tranche Schedule",
            "audits": Jsonb([]),
            "first_audit_ended_at": "2025-09-15 06:00",
            "blob_sha": "0" * 40,
            **more,
        }
        self.insert("filplus.allocator_registry", allocator_id=allocator, **values)

    def client(
        self,
        client: str,
        allocator: str,
        *,
        grants: tuple[int, ...] = (TIB,),
        applied: bool = True,
        first_grant: datetime = NOW - timedelta(days=40),
        **application: Any,
    ) -> None:
        self.insert(
            "raw_dmob.verified_client",
            id=self._next(),
            address_id=client,
            address=f"f1{client}",
            verifier_address_id=allocator,
            name="n/a",
            org_name=f" Org {client} ",
            _sync_version=1,
        )
        for number, size in enumerate(grants):
            granted = first_grant + timedelta(days=number)
            at = int(granted.timestamp())
            self.insert(
                "raw_dmob.verified_client_allowance",
                id=self._next(),
                address_id=client,
                verifier_address_id=allocator,
                height=time_to_height(granted),
                allowance=size,
                audit_trail=f"https://example.org/{client}",
                issue_create_timestamp=at,
                create_message_timestamp=at,
                _sync_version=1,
            )
        if applied:
            self.application(client, allocator, **application)

    def application(self, client: str, allocator: str, **more: Any) -> None:
        values = {
            "client_address": f"f1{client}",
            "json_path": f"applications/{client}.json",
            "bookkeeping_info": Jsonb({}),
            "client_name": None,
            "declared_providers": [],
            "is_public_dataset": True,
            "confirms_open_data": True,
            "total_requested_amount_bytes": 100 * TIB,
            "expected_size_of_single_dataset_bytes": 10 * TIB,
            "blob_sha": "0" * 40,
            **more,
        }
        self.insert(
            "filplus.allocator_client_bookkeeping",
            client_id=client,
            allocator_id=allocator,
            **values,
        )

    def deals(self, client: str, provider: str, total: int, unique: int, claims: int = 10) -> None:
        self.insert(
            "filplus.client_provider_distribution",
            client=client,
            provider=provider,
            total_deal_size=total,
            unique_data_size=unique,
            claims_count=claims,
        )

    def replicas(self, client: str, copies: int, total: int, unique: int) -> None:
        self.insert(
            "filplus.client_replica_distribution",
            client=client,
            num_of_replicas=copies,
            total_deal_size=total,
            unique_data_size=unique,
        )

    def sharing(self, client: str, other: str, total: int) -> None:
        self.insert(
            "filplus.cid_sharing",
            client=client,
            other_client=other,
            total_deal_size=total,
            unique_cid_count=1,
        )

    def hour(self, client: str, hour: datetime) -> None:
        self.insert(
            "filplus.client_claims_hourly",
            hour=hour.replace(tzinfo=None),
            client=client,
            total_deal_size=1,
        )

    def provider(
        self,
        provider: str,
        *,
        rate: float | None = 0.9,
        consistent: float | None = 0.5,
        status: str = "OK",
        city: str | None = "Berlin",
    ) -> None:
        self.measure(provider, "RPA_RETRIEVABILITY", rate)
        self.measure(provider, "CAR_FILES", consistent)
        self.insert(
            "filplus.provider_ipni_reporting",
            provider=provider,
            ipni_reporting_status=status,
            ipni_reported_claims_count=_ADVERTISED[status],
            claims_count=10,
            data_as_of=NOW.replace(tzinfo=None),
        )
        if city:
            self.insert(
                "filplus.provider_ip_info",
                provider=provider,
                lat="52.5",
                long="13.4",
                city=city,
                date=(NOW - timedelta(days=1)).replace(tzinfo=None),
                country="DE",
                region="BE",
            )

    def measure(self, provider: str, metric: str, value: float | None, days_ago: int = 1) -> None:
        at = (NOW - timedelta(days=days_ago)).replace(tzinfo=None)
        day = at.replace(hour=0)
        snapshot = uuid.uuid5(uuid.NAMESPACE_OID, f"{provider} {day}")
        self.connection.execute(
            "insert into filplus.storage_provider_url_finder_daily_snapshot "
            "values (%s, %s, %s, %s, 'SUCCESS') on conflict do nothing",
            [snapshot, provider, day, at],
        )
        self.insert(
            "filplus.storage_provider_url_finder_metric_value",
            provider=provider,
            value=value,
            id=uuid.uuid5(snapshot, metric),
            metric_id=_METRICS[metric],
            snapshot_id=snapshot,
            tested_at=at,
        )

    def chain(
        self,
        client: str,
        left: int,
        *,
        day: date = TODAY,
        bps: int | None = None,
        contract: str | None = None,
    ) -> None:
        """What the chain answered of a client on a day: bytes left, deviation of its contract."""
        ((answer,),) = self.rows(
            "insert into raw_lotus.responses (day, request_fingerprint, entities, http_status, "
            "is_complete, fetched_at, response_hash) values (%s, %s, %s, 200, true, %s, 'h') "
            "returning response_id",
            day,
            client,
            [client],
            NOW,
        )
        self.insert(
            "raw_lotus.client_status",
            day=day,
            client=client,
            available_datacap=left,
            contract_address=contract,
            max_deviation_bps=bps,
            fetched_at=NOW,
            response_id=answer,
        )

    def standard(self) -> None:
        """Two open-data allocators, an enterprise one and clients with different fates."""
        self.allocator("f0300")
        self.allocator("f0301", required_replicas=None)
        self.allocator("f0302", data_type="enterprise", audit=["Enterprise Data"])
        for n in range(1, 5):
            self.provider(
                f"f020{n}", rate=n / 4, city=f"City {n}", status="OK" if n > 1 else "MISREPORTING"
            )
        for number, (client, allocator) in enumerate(
            [("f0100", "f0300"), ("f0101", "f0300"), ("f0102", "f0301"), ("f0103", "f0302")], 1
        ):
            self.client(
                client, allocator, grants=(TIB,) * number, declared_providers=["f0201", "f0202"]
            )
            self.deals(client, "f0201", 6 * TIB, 6 * TIB)
            self.deals(client, f"f020{(2, 3, 4, 2)[number - 1]}", 4 * TIB, number * TIB)
            self.replicas(client, 1, 3 * TIB, 3 * TIB)
            self.replicas(client, 2, 7 * TIB, 4 * TIB)
            self.hour(client, (NOW - timedelta(days=10)).replace(hour=3))
        self.sharing("f0100", "f0101", TIB)
        self.sharing("f0101", "f0100", TIB // 2)

    def client_reports(
        self, rules: RuleBook | None = None, now: datetime = NIGHT
    ) -> GenerationReport:
        with self.connection.cursor() as cursor:
            return generate_client_reports(self.connection, cursor, now, rules or load_rules())

    def allocator_reports(
        self,
        rules: RuleBook | None = None,
        now: datetime = NOW,
        allocators: Sequence[str] | None = None,
    ) -> GenerationReport:
        book = rules or load_rules()
        with self.connection.cursor() as cursor:
            return generate_allocator_reports(self.connection, cursor, now, book, allocators)

    def night(
        self, rules: RuleBook | None = None, now: datetime = NOW
    ) -> tuple[GenerationReport, GenerationReport]:
        """Client reports at one, allocator reports at six."""
        book = rules or load_rules()
        return self.client_reports(book, now.replace(hour=1)), self.allocator_reports(book, now)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.connection.execute(query, values).fetchall()

    def client_value(self, client: str, column: str) -> Any:
        query = f"select {column} from filplus.client_report where client = %s"
        return self.rows(query, client)[0][0]

    def allocator_value(self, allocator: str, column: str) -> Any:
        query = f"select {column} from filplus.allocator_report where allocator = %s"
        return self.rows(query, allocator)[0][0]

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return every row of every table of reports."""
        return {
            table.name: self.rows(f"select * from filplus.{table.name} order by {table.name}::text")
            for table in (*CLIENT_TABLES, *ALLOCATOR_TABLES)
        }

    def insert(self, table: str, **values: Any) -> None:
        names = ", ".join(values)
        marks = ", ".join(["%s"] * len(values))
        self.connection.execute(
            f"insert into {table} ({names}) values ({marks})", [*values.values()]
        )

    def _next(self) -> int:
        self._row += 1
        return self._row


def two_versions(folder: Path, old: str, new: str, since: str) -> RuleBook:
    """Return the rules with a second version from a day on, in which one text is another."""
    text = FILE.read_text(encoding="utf-8")
    head, body = text.split("versions:\n")
    second = body.replace("version: 1", "version: 2").replace("2024-03-01", since)
    assert old in second
    path = folder / "scoring_rules.yaml"
    path.write_text(f"{head}versions:\n{body}\n{second.replace(old, new)}", encoding="utf-8")
    return load_rules(path)
