"""Exports over a socket: flat memory, an end that cannot be mistaken, a caller that leaves."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import psutil
import pytest

from resources.postgres.embedded_postgres import EmbeddedServer
from tests.query_layer.auth.people import add_people, bearer, token
from tests.query_layer.conftest import database_with_mart
from tests.query_layer.ops.test_process import started
from tests.query_layer.warehouse import TOKEN_SECRET, Mart, Provider

PATH = "/v1/export/providers_weekly_acc"
FEW, MANY = 30_000, 300_000
SMALL, LARGE = "2026-10-26", "2026-11-02"
_ROWS = """
insert into filplus.providers_weekly_acc
select %s, 'f0' || n, n %% 7, n * 10007, n * 20011, n / 300000.0, 0.5, null, true
from generate_series(1, %s::bigint) n
"""
_ANY_COPY = (
    "select pid from pg_stat_activity where datname = current_database() and query like 'COPY%' "
    "and state = 'active'"
)
_COPIES = (
    "select pid from pg_stat_activity where datname = current_database() and query like 'COPY%%' "
    "and state = 'active' and application_name = %s"
)


class Exporting:
    """A service of its own process, the warehouse behind it and who calls."""

    def __init__(self, mart: Mart, address: str, process: psutil.Process) -> None:
        self.mart = mart
        self.process = process
        self.http = httpx.Client(base_url=address, headers=bearer(token("admin")), timeout=30)

    def copies(self, correlation_id: str) -> list[int]:
        """Return the sessions that copy for a request."""
        return [pid for (pid,) in self.mart.run(_COPIES, correlation_id)]

    def settle(self) -> None:
        """Wait until the callers that left have freed their slots."""
        deadline = time.monotonic() + 5
        while self.mart.run(_ANY_COPY) or self.http.head(PATH).status_code != 200:
            assert time.monotonic() < deadline, "a slot is not freed"
            time.sleep(0.02)

    def growth(self, form: str) -> int:
        """Return by how much memory grew from the small file to one of ten times the rows."""
        sizes, memory = [], []
        for week in (SMALL, LARGE):
            peak = size = 0
            parameters = {"partition": week, "format": form}
            with self.http.stream("GET", PATH, params=parameters) as answer:
                assert answer.status_code == 200, answer.read()
                for part in answer.iter_raw():
                    if size // 1_000_000 < (size + len(part)) // 1_000_000 or not size:
                        peak = max(peak, self.process.memory_info().rss)
                    size += len(part)
            sizes.append(size)
            memory.append(max(peak, self.process.memory_info().rss))
        assert sizes[1] > 8 * sizes[0]
        return memory[1] - memory[0]


@pytest.fixture(scope="module")
def exporting(server: EmbeddedServer, migrated_template: str) -> Iterator[Exporting]:
    """A service with a small and a large week."""
    for mart in database_with_mart(server, migrated_template):
        mart.make()
        add_people(mart)
        mart.run(
            "update governance.plans set export_per_minute = 1000; "
            "insert into governance.organisations (org_id, name, created_at, plan) values "
            "('11111111-1111-4111-8111-111111111111', 'x', now(), 'standard'); "
            "update governance.users set org_id = '11111111-1111-4111-8111-111111111111'"
        )
        mart.write_week([Provider("f01")])
        mart.run("delete from filplus.providers_weekly_acc")
        for week, count in ((SMALL, FEW), (LARGE, MANY)):
            mart.run(_ROWS, week, count)
        mart.run("analyze filplus.providers_weekly_acc")
        variables = {
            "CDP_QUERY_AUTH_DATABASE_URL": mart.auth,
            "CDP_QUERY_AUDIT_DATABASE_URL": mart.audit,
            "CDP_QUERY_TOKEN_SECRET": TOKEN_SECRET,
            "CDP_AS_OF": "2026-11-08T13:00:00Z",
        }
        with started(mart, **variables) as (child, address):
            exporting = Exporting(mart, address, psutil.Process(child.pid))
            yield exporting
            exporting.http.close()


@pytest.mark.parametrize(("form", "most_mb"), [("csv", 16), ("ndjson", 16), ("arrow", 32),
                                               ("parquet", 96)])  # fmt: skip
def test_memory_does_not_grow_with_the_rows(exporting: Exporting, form: str, most_mb: int) -> None:
    assert exporting.growth(form) < most_mb * 1024 * 1024


def test_a_caller_that_leaves_ends_its_statement_and_frees_its_connection(
    exporting: Exporting,
) -> None:
    for number in range(3):  # one more than there are connections
        mark = f"leaves-{number}"
        headers = {"X-Correlation-ID": mark}
        with exporting.http.stream("GET", PATH, headers=headers) as answer:
            parts = answer.iter_raw()
            next(parts)
            assert len(exporting.copies(mark)) == 1
        deadline = time.monotonic() + 5
        while exporting.copies(mark):
            assert time.monotonic() < deadline, "the statement goes on"
            time.sleep(0.02)
    exporting.settle()
    answer = exporting.http.get(PATH, params={"partition": SMALL})
    assert answer.text.count("\n") == FEW + 1


def test_an_export_that_fails_on_its_way_breaks_the_connection(exporting: Exporting) -> None:
    mark = {"X-Correlation-ID": "breaks-1"}
    with exporting.http.stream("GET", PATH, headers=mark) as answer:
        parts = answer.iter_raw()
        next(parts)
        [copying] = exporting.copies("breaks-1")
        exporting.mart.run("select pg_terminate_backend(%s)", copying)
        with pytest.raises(httpx.RemoteProtocolError):
            list(parts)
    assert exporting.http.get("/health/live").status_code == 200
    exporting.settle()
    assert exporting.http.get(PATH, params={"partition": SMALL}).status_code == 200


def test_a_file_is_of_one_data_version_while_the_week_is_rebuilt(exporting: Exporting) -> None:
    with exporting.http.stream("GET", PATH) as answer:
        parts = answer.iter_text()
        text = next(parts)
        exporting.mart.run(
            "delete from filplus.providers_weekly_acc where week = %s and provider < 'f0100'", LARGE
        )
        text += "".join(parts)
    assert text.count("\n") == MANY + 1 == int(answer.headers["x-row-count"]) + 1
    after = exporting.http.head(PATH).headers["x-row-count"]
    assert 0 < int(after) < MANY


def test_a_third_export_of_an_organisation_at_once_is_refused(exporting: Exporting) -> None:
    with (
        exporting.http.stream("GET", PATH, headers={"X-Correlation-ID": "one"}) as first,
        exporting.http.stream("GET", PATH, headers={"X-Correlation-ID": "two"}) as second,
    ):
        assert (first.status_code, second.status_code) == (200, 200)
        third = exporting.http.get(PATH)
        assert (third.status_code, third.json()["error"]["code"]) == (429, "RATE_LIMIT_EXCEEDED")
        assert exporting.http.get("/v1/storage-providers").status_code == 200  # pages have theirs
    exporting.settle()
