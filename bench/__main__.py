"""``python -m bench``: measure everything on a server of its own, print the report.

Each part runs in a process of its own, because memory, imports and settings are part of the
measurement. Scope: arguments, order and clean-up of the parts.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from bench import from_empty
from bench.machine import describe_machine, load_average
from bench.page import PAGE, write_page
from bench.report import render
from bench.scales import SCALES, Sizes, first_week
from bench.ticks import environment
from cdp_assets.clock import wall_clock
from cdp_assets.stack.migrate import migrate_warehouse
from resources.postgres.embedded_postgres import EmbeddedPostgres, EmbeddedServer, create_database
from simulator.dmob.database import create_dmob

PARTS = ("starts", "landing", "reports", "validators", "history", "ticks", "reference", "duckdb")
_NEEDS_TICKS = ("reference", "duckdb")
# Source, landing and tables of one size with the results of the formulas and of DuckDB.
_BYTES_PER_DEAL = 2_000


@dataclass(frozen=True)
class Place:
    """Resources of a bench run: a server, a migrated template on it, a folder for files."""

    server: EmbeddedServer
    template: str
    folder: Path

    @property
    def admin(self) -> str:
        """Return the address from which databases are created."""
        return self.server.dsn("postgres")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen parts; return 0 even if a bar is missed, which the report shows."""
    given = parser().parse_args(arguments)
    sizes, parts = SCALES[given.scale], tuple(given.parts.split(","))
    if given.deals:
        sizes = replace(sizes, deals=tuple(int(part) for part in given.deals.split(",")))
    _require(sizes, parts)
    metrics: dict[str, Any] = {
        "command": " ".join(["python -m bench", *(arguments or sys.argv[1:])])
    }
    try:
        with _own_place(sizes) as place:
            measure(metrics, sizes, place, parts)
    finally:  # a part that fails does not lose an hour of measurements
        if given.json:
            given.json.write_text(json.dumps(metrics, indent=2))
    text = render(metrics)
    print(text)
    if given.page:
        write_page(PAGE, text)
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the argument parser."""
    found = argparse.ArgumentParser(prog="bench", description=__doc__.split("\n", 1)[0])
    found.add_argument("--scale", choices=sorted(SCALES), default="full", help="small: a smoke run")
    found.add_argument("--deals", help="sizes instead of the scale's, ascending: 50000,200000")
    found.add_argument(
        "--parts",
        default=",".join(PARTS),
        help=f"of {', '.join(PARTS)}; the last two need ticks, duckdb also bench/requirements.lock",
    )
    found.add_argument("--json", type=Path, help="also write all measurements to this file")
    found.add_argument("--page", action="store_true", help=f"write the report into {PAGE}")
    return found


def measure(metrics: dict[str, Any], sizes: Sizes, place: Place, parts: Collection[str]) -> None:
    """Add the measurements of the chosen parts, each when it is done."""
    metrics |= {
        "date": f"{wall_clock():%Y-%m-%d}",
        "machine": describe_machine(),
        "postgres": _version(place.admin),
        "loads": [load_average()],
        "phases": {},
    }
    if "starts" in parts:
        with _phase(metrics, "process starts"):
            metrics["starts"] = _child("bench.starts", {}, rounds=sizes.starts)
    if "landing" in parts:
        with _phase(metrics, "landing"):
            metrics["landing"] = _landing(sizes, place)
    if "reports" in parts:
        with _phase(metrics, "reports"):
            metrics["reports"] = _child(
                "bench.report_runs",
                {},
                admin=place.admin,
                template=place.template,
                allocators=sizes.report_allocators,
                clients=sizes.report_clients,
            )
    if "validators" in parts:
        with _phase(metrics, "validators"):
            metrics["validators"] = _child(
                "bench.recomputation",
                {},
                admin=place.admin,
                template=place.template,
                periods=10,
                validators=sizes.validators,
                agreements=sizes.validators // 5,
            )
        _drop(place.admin, "recomputation")
        metrics["chain_backfill"] = {}
        for size in (sizes.backfill_epochs // 4, sizes.backfill_epochs):
            with _phase(metrics, f"backfill of {size} epochs"):
                metrics["chain_backfill"][str(size)] = _child(
                    "bench.chain_backfill",
                    {},
                    admin=place.admin,
                    template=place.template,
                    epochs=size,
                    validators=sizes.validators,
                    agreements=sizes.validators // 5,
                )
            _drop(place.admin, f"backfill_{size}")
    if "history" in parts:
        metrics["history"] = {}
        for name in ("off", "on", "floor"):
            with _phase(metrics, f"history from empty, {name}"):
                metrics["history"][name] = _history(sizes, place, name)
        _drop(place.admin, "dmob_history")
    if "ticks" in parts:
        metrics["sizes"] = []
        for deals in sizes.deals:
            _size(metrics, sizes, place, deals, parts)


def _landing(sizes: Sizes, place: Place) -> dict[str, Any]:
    create_database(place.admin, "landing_source")
    source = place.server.dsn("landing_source")
    with psycopg.connect(source) as connection:
        create_dmob(connection, sizes.scale(sizes.landing_rows))
    found = _child(
        "bench.landing",
        {},
        admin=place.admin,
        source=source,
        template=place.template,
        rounds=sizes.landing_rounds,
    )
    _drop(place.admin, "landing_source")
    return found


def _history(sizes: Sizes, place: Place, name: str) -> dict[str, Any]:
    """Load a long history into an empty warehouse; the first load creates the source."""
    if name == "off":
        from_empty.make_source(place.server, sizes)
    settings = from_empty.environment(place.server, sizes, name, place.folder / f"state_{name}")
    Path(settings["CDP_STATE_DIR"]).mkdir()
    found = _child(
        "bench.from_empty",
        settings,
        server=asdict(place.server),
        sizes=sizes.as_dict(),
        template=place.template,
        name=name,
    )
    for database in ("warehouse", "dagster"):
        _drop(place.admin, f"{database}_{name}")
    return found


def _size(
    metrics: dict[str, Any], sizes: Sizes, place: Place, deals: int, parts: Collection[str]
) -> None:
    """Measure one size; the largest one also with the formulas, in Postgres and DuckDB."""
    is_last = deals == sizes.deals[-1]
    first = first_week(sizes.start(deals)).isoformat()
    settings = environment(place.server, sizes, deals, place.folder / f"state_{deals}")
    Path(settings["CDP_STATE_DIR"]).mkdir()
    with _phase(metrics, f"{deals:,} deals"):
        found = _child(
            "bench.ticks",
            settings,
            server=asdict(place.server),
            sizes=sizes.as_dict(),
            template=place.template,
            deals=deals,
            with_reference=is_last and "reference" in parts,
        )
    metrics["sizes"].append(found)
    if is_last and "duckdb" in parts:
        with _phase(metrics, "DuckDB"):
            metrics["duckdb"] = _child(
                "bench.duck",
                {},
                dmob=settings["DMOB_DATABASE_URL"],
                warehouse=settings["DATABASE_URL"],
                folder=str(place.folder / "duckdb"),
                as_of=sizes.last_as_of.isoformat(),
                first=first,
            )
    for name in ("dmob", "warehouse", "dagster"):
        _drop(place.admin, f"{name}_{deals}")


@contextmanager
def _phase(metrics: dict[str, Any], name: str) -> Iterator[None]:
    """Print the name of the phase; record its seconds and the load after it."""
    print(f"[bench] {wall_clock():%H:%M:%S} {name} …", file=sys.stderr, flush=True)
    started = time.monotonic()
    yield
    metrics["phases"][name] = time.monotonic() - started
    metrics["loads"].append(load_average())


@contextmanager
def _own_place(sizes: Sizes) -> Iterator[Place]:
    """Start a server in a temporary folder with a migrated template; remove both at the end."""
    folder = Path(tempfile.mkdtemp(prefix="cdp-bench-"))
    folder.chmod(0o755)
    postgres = EmbeddedPostgres(folder, shared_buffers_mib=sizes.shared_buffers_mib)
    try:
        server = postgres.start()
        create_database(server.dsn("postgres"), "bench_template")
        migrate_warehouse(server.dsn("bench_template"))
        _close(server.dsn("postgres"), "bench_template")
        yield Place(server, "bench_template", folder)
    finally:
        postgres.remove()
        shutil.rmtree(folder, ignore_errors=True)


def _require(sizes: Sizes, parts: Sequence[str]) -> None:
    """Refuse arguments that would fail after half an hour.

    Raises:
        SystemExit: A part is unknown or lacks what it needs, or the disk is too small.
    """
    unknown = sorted(set(parts) - set(PARTS))
    if unknown:
        raise SystemExit(f"unknown parts: {', '.join(unknown)}; known parts: {', '.join(PARTS)}")
    lonely = [part for part in _NEEDS_TICKS if part in parts and "ticks" not in parts]
    if lonely:
        raise SystemExit(f"{lonely[0]} needs the tables of the part ticks: name both in --parts")
    if "duckdb" in parts and importlib.util.find_spec("duckdb") is None:
        raise SystemExit(
            "duckdb is not installed: `make bench` installs it, or omit the part with --parts"
        )
    needed = sizes.deals[-1] * _BYTES_PER_DEAL
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if "ticks" in parts and free < needed:
        raise SystemExit(
            f"{tempfile.gettempdir()} has {free / 1e9:.0f} GB free and {needed / 1e9:.0f} GB are "
            "needed: set TMPDIR to a larger disk, or give smaller --deals"
        )


def _child(module: str, settings: dict[str, str], **parameters: object) -> dict[str, Any]:
    """Run a part in a fresh process and return its measurements, the last line that it prints.

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
        check=False,
        stdout=subprocess.PIPE,
        text=True,
        env={**own, **settings},
    )
    if done.returncode != 0:
        raise RuntimeError(f"{module} ended with code {done.returncode}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _version(admin: str) -> str:
    with psycopg.connect(admin) as connection:
        row = connection.execute("show server_version").fetchone()
    return f"Postgres {row[0] if row else ''}".strip()


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


if __name__ == "__main__":
    sys.exit(main())
