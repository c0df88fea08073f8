"""A warehouse with the mart that the query layer serves, written through the ops contract.

The shape of the table is compliance.md §3.9/§3.10's; dbt makes it in production, so it is made here
with plain SQL to keep these tests free of dbt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg

from query_layer.settings import Settings, parse_settings
from resources.postgres.embedded_postgres import EmbeddedServer
from resources.postgres.ops_status import Publication, publish

ASSET = "filplus/providers_weekly_acc"
PATH = "/v1/storage-providers"
WEEK = date(2026, 11, 2)
AS_OF = datetime(2026, 11, 8, 12, tzinfo=UTC)
MAX_AGE = timedelta(days=8)
TOKEN_SECRET = "a secret of the tests, and a long one"

MART = """
drop view if exists api_v1.providers_weekly_acc, api_v1.things_daily cascade;
drop table if exists filplus.providers_weekly_acc cascade;
truncate ops.asset_catalog, ops.asset_version, ops.asset_partition_status, ops.source_health;
create table filplus.providers_weekly_acc (
    week timestamp(3) not null,
    provider text not null,
    num_of_clients integer not null,
    biggest_client_total_deal_size bigint not null,
    total_deal_size bigint not null,
    avg_retrievability_success_rate_url_finder double precision,
    avg_retrievability_success_rate double precision,
    avg_retrievability_success_rate_http double precision,
    is_measured boolean,
    primary key (week, provider)
);
create index on filplus.providers_weekly_acc ((week::date), provider);
insert into ops.asset_catalog
    (asset_key, description, owner, asset_group, layer, cadence, max_age_seconds)
values
    ('filplus/providers_weekly_acc', 'Providers.', 'owner@example.org', 'filplus_weekly', 'mart',
     'weekly', 8 * 86400);
"""

VIEW = """
create view api_v1.providers_weekly_acc with (security_invoker = true) as
select
    m.week::date as week,
    m.provider,
    m.num_of_clients,
    m.biggest_client_total_deal_size,
    m.total_deal_size,
    m.avg_retrievability_success_rate_url_finder,
    m.avg_retrievability_success_rate,
    m.avg_retrievability_success_rate_http,
    (
        select s.as_of
        from ops.asset_partition_status s
        where s.asset_key = 'filplus/providers_weekly_acc' and s.state = 'MATERIALIZED'
        order by s.window_start desc
        limit 1
    ) as data_as_of,
    m.is_measured
from filplus.providers_weekly_acc m;
grant select on filplus.providers_weekly_acc, api_v1.providers_weekly_acc to api_ro;
"""


@dataclass(frozen=True)
class Provider:
    """One row of a week; the defaults are unremarkable."""

    provider: str
    num_of_clients: int = 1
    biggest: int = 1024
    total: int = 2048
    rate: float | None = 0.5


@dataclass(frozen=True)
class Mart:
    """The mart's database: ``owner`` may do everything, ``reader`` is api_ro, and so on."""

    owner: str
    reader: str
    auth: str
    audit: str

    def run(self, sql: str, *arguments: Any) -> list[tuple[Any, ...]]:
        """Run one statement as the owner and return its rows."""
        with psycopg.connect(self.owner, autocommit=True) as connection:
            cursor = connection.execute(sql, arguments or None)
            return cursor.fetchall() if cursor.description else []

    def forget_reads(self) -> None:
        """Empty the access log, past its guard."""
        self.run("set session_replication_role = replica; truncate audit.access_log")

    def let_in(self, server: EmbeddedServer) -> None:
        """Give the query layer's roles their passwords."""
        for role in ("api_ro", "cdp_auth", "cdp_audit"):
            self.run(f"alter role {role} login password '{server.password_of(role)}'")

    def make(self) -> None:
        """Create the empty mart, in place of whatever a test before left."""
        self.run(MART)
        self.make_view()

    def make_view(self) -> None:
        """Create the view, readable by api_ro."""
        self.run(VIEW)

    def write_week(
        self, rows: Sequence[Provider], week: date = WEEK, as_of: datetime = AS_OF
    ) -> int:
        """Replace a week and publish it in one transaction; return the data version."""
        with psycopg.connect(self.owner) as connection, connection.cursor() as cursor:
            cursor.execute("delete from filplus.providers_weekly_acc where week = %s", [week])
            cursor.executemany(
                "insert into filplus.providers_weekly_acc values (%s, %s, %s, %s, %s, %s)",
                [(week, r.provider, r.num_of_clients, r.biggest, r.total, r.rate) for r in rows],
            )
            return publish(cursor, _publication(week, len(rows), as_of))

    def settings(self, **variables: object) -> Settings:
        """Return settings of a service that reads this mart, with the clock an hour after AS_OF."""
        environment = {
            "CDP_QUERY_DATABASE_URL": self.reader,
            "CDP_QUERY_AUTH_DATABASE_URL": self.auth,
            "CDP_QUERY_AUDIT_DATABASE_URL": self.audit,
            "CDP_QUERY_ANONYMOUS": "cdp:read",
            "CDP_QUERY_ANONYMOUS_PER_MINUTE": "1000000",
            "CDP_QUERY_TOKEN_SECRET": TOKEN_SECRET,
            "CDP_AS_OF": (AS_OF + timedelta(hours=1)).isoformat(),
            "CDP_QUERY_CURSOR_SECRET": "a secret of the tests",
            "CDP_QUERY_VERSION_POLL_SECONDS": "600",  # tests poll themselves
        }
        given = {
            (name if name.startswith("CDP_") else f"CDP_QUERY_{name.upper()}"): str(value)
            for name, value in variables.items()
        }
        return parse_settings(environment | given)


def _publication(week: date, row_count: int, as_of: datetime) -> Publication:
    start = datetime(week.year, week.month, week.day, tzinfo=UTC)
    return Publication(
        asset_key=ASSET,
        partition_key=week.isoformat(),
        window=(start, start + timedelta(days=7)),
        row_count=row_count,
        input_versions={},
        as_of=as_of,
        is_final=False,
        code_version="test",
        run_id="test",
    )
