"""``python -m bench``: measure everything on a server of its own, print the report.

Each part runs in a process of its own, because memory, imports and settings are part of what is
measured. Belongs here: arguments, order, clean-up. Does not: measuring.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from bench.machine import describe_machine, load_average
from bench.report import render, write_page
from bench.scales import SMALL, Sizes
from bench.ticks import environment
from cdp_assets.clock import wall_clock
from cdp_assets.migrate import migrate_warehouse
from resources.embedded_postgres import EmbeddedPostgres, EmbeddedServer, create_database
from simulator.dmob import create_dmob

_PAGE = Path("docs/reference/performance.md")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all parts; return 0 also when a bar is missed: the report says so."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--small", action="store_true", help="a smoke run of half a minute")
    parser.add_argument("--deals", help="sizes, ascending: 2500000,10000000")
    parser.add_argument("--json", type=Path, help="also write every figure to this file")
    parser.add_argument("--page", action="store_true", help=f"write the report into {_PAGE}")
    given = parser.parse_args(arguments)
    sizes = SMALL if given.small else Sizes()
    if given.deals:
        sizes = replace(sizes, deals=tuple(int(part) for part in given.deals.split(",")))
    figures = measure(sizes)
    figures["command"] = " ".join(["python -m bench", *(arguments or sys.argv[1:])])
    text = render(figures)
    print(text)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2))
    if given.page:
        write_page(_PAGE, text)
    return 0


def measure(sizes: Sizes) -> dict[str, Any]:
    """Return the figures of every part."""
    figures: dict[str, Any] = {
        "date": f"{wall_clock():%Y-%m-%d}",
        "machine": describe_machine(),
        "loads": [load_average()],
        "sizes": [],
    }
    with _server(sizes) as (server, state):
        admin = server.dsn("postgres")
        with psycopg.connect(admin) as connection:
            version = connection.execute("show server_version").fetchone()
            figures["postgres"] = f"Postgres {version[0] if version else ''}".strip()
        figures["starts"] = _child("bench.starts", {}, rounds=sizes.starts)
        figures["loads"].append(load_average())
        _say("landing")
        create_database(admin, "landing_source")
        with psycopg.connect(server.dsn("landing_source")) as connection:
            create_dmob(connection, sizes.scale(sizes.landing_rows))
        figures["landing"] = _child(
            "bench.landing", {}, admin=admin, source=server.dsn("landing_source"),
            template="bench_template", rounds=sizes.landing_rounds,
        )  # fmt: skip
        _drop(admin, "landing_source")
        figures["loads"].append(load_average())
        for number, deals in enumerate(sizes.deals, 1):
            _say(f"{deals:,} deals")
            folder = state / f"state_{deals}"
            folder.mkdir()
            size = _child(
                "bench.ticks", environment(server, sizes, deals, folder), server=asdict(server),
                sizes=sizes.as_dict(), deals=deals, is_last=number == len(sizes.deals),
            )  # fmt: skip
            figures["sizes"].append(size)
            for name in ("dmob", "warehouse", "dagster"):
                _drop(admin, f"{name}_{deals}")
            figures["loads"].append(load_average())
    return figures


@contextmanager
def _server(sizes: Sizes) -> Iterator[tuple[EmbeddedServer, Path]]:
    """Start a server in a temporary folder with a migrated template; remove both at the end."""
    folder = Path(tempfile.mkdtemp(prefix="cdp-bench-"))
    folder.chmod(0o755)
    postgres = EmbeddedPostgres(folder, shared_buffers_mib=sizes.shared_buffers_mib)
    try:
        server = postgres.start()
        create_database(server.dsn("postgres"), "bench_template")
        migrate_warehouse(server.dsn("bench_template"))
        _close(server.dsn("postgres"), "bench_template")
        yield server, folder
    finally:
        postgres.remove()
        shutil.rmtree(folder, ignore_errors=True)


def _child(module: str, settings: dict[str, str], **parameters: object) -> dict[str, Any]:
    """Run a part in a fresh process and return its figures, the last line that it prints.

    Raises:
        RuntimeError: The part failed.
    """
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("CDP_") and name not in ("DATABASE_URL", "DMOB_DATABASE_URL")
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", module, json.dumps(parameters)],
        check=False, stdout=subprocess.PIPE, text=True, env={**own, **settings},
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(f"{module} ended with code {done.returncode}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _close(admin: str, database: str) -> None:
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [database]
        )


def _drop(admin: str, database: str) -> None:
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(
            sql.SQL("drop database {} with (force)").format(sql.Identifier(database))
        )


def _say(line: str) -> None:
    print(f"[bench] {line} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
