"""Several processes: one port, one cursor secret, one sum of every counter."""

from __future__ import annotations

import contextlib
import re
import signal
import time
from collections.abc import Iterator

import httpx
import psutil
import pytest

from resources.postgres.embedded_postgres import EmbeddedServer
from tests.query_layer.conftest import database_with_mart
from tests.query_layer.ops.test_process import started
from tests.query_layer.warehouse import PATH, Mart, Provider

_REQUESTS = 40
_LIMITS = {"CDP_QUERY_ANONYMOUS_PER_MINUTE": "10000"}


@pytest.fixture
def many(server: EmbeddedServer, migrated_template: str) -> Iterator[Mart]:
    """A mart of more than one page."""
    for mart in database_with_mart(server, migrated_template):
        mart.make()
        mart.write_week([Provider(f"f0{n}") for n in range(60)])
        yield mart


def metric(text: str, name: str) -> float:
    """Return the sum of the samples whose line begins so."""
    return sum(
        float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name)
    )


def workers_of(parent: psutil.Process) -> list[psutil.Process]:
    """Return the processes that serve."""
    found = []
    for child in parent.children():
        with contextlib.suppress(psutil.ZombieProcess, psutil.NoSuchProcess):
            if "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
    return found


def walk(address: str) -> None:
    """Walk the list, each page over a connection of its own."""
    for _ in range(_REQUESTS // 2):
        first = httpx.get(f"{address}{PATH}").json()
        cursor = first["meta"]["page"]["next_cursor"]
        second = httpx.get(f"{address}{PATH}", params={"cursor": cursor})
        assert (second.status_code, len(second.json()["data"])) == (200, 10)


def test_workers_share_port_and_cursors_and_their_counters_add_up(many: Mart) -> None:
    with started(many, CDP_QUERY_WORKERS="2", **_LIMITS) as (child, address):
        parent = psutil.Process(child.pid)
        ports = {c.laddr.port for c in parent.net_connections("tcp") if c.status == "LISTEN"}
        [metrics_port] = ports - {int(address.rpartition(":")[2])}
        metrics = f"http://127.0.0.1:{metrics_port}/metrics"
        walk(address)
        wanted = f'api_requests_total{{method="GET",path="{PATH}",status="200"}}'
        texts = [httpx.get(metrics).text for _ in range(4)]
        assert [metric(text, wanted) for text in texts] == [_REQUESTS] * 4  # whichever answers
        count = f'api_request_duration_seconds_count{{method="GET",path="{PATH}"}}'
        assert metric(texts[0], count) == _REQUESTS
        served = workers_of(parent)
        assert len(served) == 2
        served[0].send_signal(signal.SIGKILL)
        deadline = time.monotonic() + 15
        while True:  # it is replaced, its counts stay and its connections are gone
            now = [worker.pid for worker in workers_of(parent)]
            if len(now) == 2 and served[0].pid not in now:
                break
            assert time.monotonic() < deadline
            time.sleep(0.1)
        text = httpx.get(metrics, timeout=20).text
        assert metric(text, wanted) == _REQUESTS
        assert httpx.get(f"{address}{PATH}").status_code == 200
        assert re.search(r"^db_pool_max_connections (8|16)\.0$", text, re.MULTILINE)
    assert not psutil.pid_exists(served[1].pid)
