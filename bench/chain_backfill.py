"""Backfill of a Solana chain from the simulator, fetches to commission lines (part validators).

The simulator is a process of its own and holds one epoch after the other with the same validators;
every one of them leads four slots, the least that pays it. Every step runs over all epochs, as a
run of the graph does, without Dagster's own cost; rate limiters are off. Scope: the world, seconds
by table, memory and requests; not here: bars and text (``bench.report``).
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg

from bench.machine import peak_mb
from bench.recomputation import CHAIN, FIRST, add_agreements, copy_seconds
from cdp_assets.core.runs.partition_run import DirectRun
from cdp_assets.settings import publish_environment
from cdp_assets.validators.chain_assets.chain_assets import land_periods
from cdp_assets.validators.chain_assets.chain_steps import period_steps_of
from cdp_assets.validators.chains.chain_registry import Registry, load_registry
from cdp_assets.validators.ingestion.sources import ChainSources
from resources.postgres.embedded_postgres import create_database
from resources.postgres.warehouse import Warehouse
from simulator.solana.keys import solana_key

_STARTS_AT = datetime(2025, 9, 1, tzinfo=UTC)
_EPOCH = timedelta(days=2)
_LEADER_SLOTS = 4
_LAG = 3  # epochs after the last one, so that its MEV is final, too
_WRITTEN = (
    "staging.staging_payloads",
    *(
        f"validators.{table}"
        for table in (
            "canonical_validator_identities",
            "canonical_validator_meta",
            "canonical_validator_fees",
            "canonical_validator_mev",
            "canonical_stake_rewards",
            "canonical_client_stakes",
            "validator_pnl",
            "partner_commission_lines",
        )
    ),
)
_UNLIMITED = {"requests_per_10_seconds": 10**7, "burst": 10**6}


def measure(
    admin: str, template: str, epochs: int, validators: int, agreements: int
) -> dict[str, Any]:
    """Return seconds by table, rows, requests and peak memory of one backfill."""
    database = f"backfill_{epochs}"
    create_database(admin, database, template=template)
    url = psycopg.conninfo.make_conninfo(admin, dbname=database)
    now = _STARTS_AT + (epochs + _LAG) * _EPOCH
    with _simulator(now) as address, httpx.Client(base_url=address, timeout=60) as control:
        for epoch in range(FIRST, FIRST + epochs + _LAG + 1):
            document = _epoch(epoch, validators)
            control.post("/control/solana", json=document).raise_for_status()
        publish_environment(
            {
                "CDP_AS_OF": now.isoformat(),
                "CDP_SOLANA_RPC_URL": f"{address}/solana",
                "CDP_JITO_KOBE_URL": f"{address}/kobe",
            }
        )
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("select validators.add_chain(%s)", [CHAIN])
            accounts = [solana_key(f"V{5 * n}", "stake", 1) for n in range(1, agreements + 1)]
            add_agreements(connection, agreements, accounts)
        found = _backfill(url, _registry(), epochs)
        requests = control.get("/control/requests").raise_for_status().json()
    with psycopg.connect(url, autocommit=True) as connection:
        lines = connection.execute(
            "select count(*), count(*) filter (where quality = 'COMPLETE') "
            "from validators.partner_commission_lines where is_current"
        ).fetchone()
        assert lines is not None
        found["copy_seconds"] = copy_seconds(connection, _WRITTEN)
    return {
        **found,
        "epochs": epochs,
        "lines": lines[0],
        "complete_lines": lines[1],
        "requests": requests["paths"],
        "calls": requests["rpc"],
        "peak_mb": peak_mb(),
    }


def _backfill(url: str, registry: Registry, epochs: int) -> dict[str, Any]:
    """Run every step over all epochs, in the order of the data."""
    chain, warehouse, sources = registry.chains[0], Warehouse(url=url), ChainSources()
    keys = [str(epoch) for epoch in range(FIRST, FIRST + epochs)]
    seconds: dict[str, float] = {}
    rows: dict[str, int] = {}
    before = time.perf_counter()
    cpu = time.process_time()
    land_periods(DirectRun(), warehouse, registry, chain, sources)
    for name, step in period_steps_of(registry, chain).items():
        started = time.perf_counter()
        _, done = step.run(DirectRun(), warehouse, registry, chain, sources, keys)
        table = name.rsplit("/", 1)[1]
        seconds[table] = round(time.perf_counter() - started, 2)
        rows[table] = sum(result.rows for result in done.values())
    return {
        "seconds": round(time.perf_counter() - before, 2),
        "cpu": round(time.process_time() - cpu, 2),
        "by_table": seconds,
        "rows": rows,
    }


def _registry() -> Registry:
    loaded = load_registry()
    chain = loaded.chain(CHAIN).model_copy(
        update={"operator_stake_accounts": {}, "first_period": FIRST}
    )
    providers = [one.model_copy(update=_UNLIMITED) for one in loaded.providers]
    return loaded.model_copy(update={"chains": [chain], "providers": providers})


def _epoch(epoch: int, validators: int) -> Mapping[str, Any]:
    """Return an epoch in the form of the control endpoint; a few slots are the network's."""
    return {
        "epoch": epoch,
        "slots_per_epoch": -(-(_LEADER_SLOTS * validators + 48) // 16) * 16,
        "epoch_seconds": int(_EPOCH.total_seconds()),
        "starts_at": (_STARTS_AT + (epoch - FIRST) * _EPOCH).isoformat(),
        "validators": [
            {
                "vote": f"V{number}",
                "identities": [f"N{number}"],
                "stake": 10**15 + number,
                "leader_slots": _LEADER_SLOTS,
                "fees_lamports": 241_071_861 + number * epoch,
            }
            for number in range(1, validators + 1)
        ],
    }


@contextmanager
def _simulator(now: datetime) -> Iterator[str]:
    """Start the simulator at an instant; yield its address, and end it."""
    command = [sys.executable, "-W", "ignore", "-m", "simulator", "--as-of", now.isoformat()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


if __name__ == "__main__":
    print(json.dumps(measure(**json.loads(sys.argv[1]))))
