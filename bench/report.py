"""The report in Markdown: each metric with its bar, and whether the bar is met.

Scope: text and bars. Not here: measuring, or the page (``bench.page``). Parts that were not run
have no section.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.chain_report import backfill_heads, backfill_rows, chain_bars, recomputation_rows
from bench.from_empty_report import (
    HEADS,
    floors,
    history_bars,
    history_rows,
    slowest_tables,
)
from bench.rebuild import Line, lines, total
from cdp_assets.filplus.reports.generation import CLIENTS_PER_BATCH

_REPORT_MB = 350
_REPORT_SECONDS = 60
_TICK_SHARES = {"cpu_server": 100, "cpu": 50}


@dataclass(frozen=True)
class Bar:
    """One metric with its bar; the caller compares the two."""

    name: str
    measured: str
    bar: str
    is_met: bool


def bars(metrics: Mapping[str, Any]) -> list[Bar]:
    """Return every measured metric for which the specification sets a bar."""
    found: list[Bar] = []
    if "sizes" in metrics:
        found += _tick_bars(metrics["sizes"])
    if "duckdb" in metrics:
        found += _rebuild_bars(metrics)
    if "reports" in metrics:
        found += _report_bars(metrics["reports"])
    if "validators" in metrics:
        found += [Bar(*one) for one in chain_bars(metrics)]
    if "landing" in metrics:
        found += _landing_bars(metrics["landing"])
    if "starts" in metrics:
        found += _start_bars(metrics["starts"])
    if "history" in metrics:
        found += [Bar(*one) for one in history_bars(metrics["history"])]
    return found


def reference_cpu(size: Mapping[str, Any]) -> float:
    """Return the CPU seconds of all reference statements together."""
    return float(sum(statement["cpu"] for statement in size["reference"].values()))


def render(metrics: Mapping[str, Any]) -> str:
    """Return the report in Markdown."""
    parts = [
        _head(metrics),
        _table(
            ("metric", "measured", "bar", ""),
            [
                (b.name, b.measured, b.bar, "met" if b.is_met else "**missed**")
                for b in bars(metrics)
            ],
        ),
    ]
    if "sizes" in metrics:
        parts += [
            "### Ticks\n\n" + _ticks(metrics["sizes"]),
            "### Full rebuild, and the same results by DuckDB\n\n" + _rebuild(metrics),
        ]
        if "reference" in metrics["sizes"][-1]:
            parts.append("### Reference statements\n\n" + _reference(metrics["sizes"][-1]))
    if "history" in metrics:
        parts.append("### A long history from empty\n\n" + _history(metrics["history"]))
    if "reports" in metrics:
        parts.append("### Reports\n\n" + _reports(metrics["reports"]))
    if "validators" in metrics:
        parts.append("### Validators\n\n" + _validators(metrics))
    if "landing" in metrics:
        parts.append("### Landing\n\n" + _landing(metrics["landing"]))
    if "starts" in metrics:
        parts.append("### Process start\n\n" + _starts(metrics["starts"]))
    parts.append("### Duration of the bench\n\n" + _phases(metrics["phases"]))
    return "\n\n".join(parts) + "\n"


def _validators(metrics: Mapping[str, Any]) -> str:
    heads = ("recomputation", "seconds", "CPU s of its process", "versions written")
    return "\n\n".join(
        [
            _table(backfill_heads(metrics), backfill_rows(metrics)),
            _table(heads, recomputation_rows(metrics["validators"])),
        ]
    )


def _history(history: Mapping[str, Any]) -> str:
    steps, tables = HEADS
    return "\n\n".join(
        [
            _table(steps, history_rows(history)),
            floors(history),
            _table(tables, slowest_tables(history)),
        ]
    )


def _tick_bars(sizes: Sequence[Mapping[str, Any]]) -> list[Bar]:
    small, large = sizes[0], sizes[-1]
    found = _reference_bars(large) if "reference" in large else []
    if small is not large:
        name = f"tick({large['deals']:,}) ÷ tick({small['deals']:,}), "
        found += [
            _at_most(name + of, large["tick"][key] / small["tick"][key], 1.3)
            for key, of in (("cpu", "CPU"), ("cpu_server", "database CPU"))
        ]
    return [
        *found,
        _at_most("warm dbt tick of all hourly models, s", large["warm_hourly_seconds"], 2),
        Bar(
            f"runs of a backfill of {large['backfill_partitions']} hours",
            str(large["backfill_runs"]),
            "1",
            large["backfill_runs"] == 1,
        ),
    ]


def _reference_bars(large: Mapping[str, Any]) -> list[Bar]:
    reference, deals = reference_cpu(large), f"{large['deals']:,} deals"
    words = {
        "cpu_server": f"database CPU of a tick ÷ reference statements, {deals}",
        "cpu": f"CPU of a tick with the run process ÷ reference statements, {deals}",
    }
    unequal = ", ".join(large["unequal"])
    return [
        *(
            Bar(
                words[name],
                f"1/{reference / large['tick'][name]:.0f}",
                f"≤ 1/{share}",
                large["tick"][name] * share <= reference,
            )
            for name, share in _TICK_SHARES.items()
        ),
        Bar(
            "tables that differ from their reference statement",
            unequal or "none",
            "none",
            not unequal,
        ),
    ]


def _rebuild_bars(metrics: Mapping[str, Any]) -> list[Bar]:
    large, unequal = metrics["sizes"][-1], ", ".join(metrics["duckdb"]["unequal"])
    total_line = total(lines(large["rebuild"], metrics["duckdb"]["tables"]))
    return [
        _at_most(
            f"full rebuild from {large['deals']:,} landed deals ÷ DuckDB from Parquet, wall",
            total_line.ratio or 0.0,
            4,
        ),
        Bar("tables whose sums differ from DuckDB's", unequal or "none", "none", not unequal),
    ]


def _report_bars(reports: Mapping[str, Any]) -> list[Bar]:
    slowest = max(r["client_seconds"] + r["allocator_seconds"] for r in reports["runs"])
    statements = [run["statements"] for run in reports["runs"]]
    few = reports["statements_of_few"]
    batches = math.ceil(reports["allocators"] * reports["clients"] / CLIENTS_PER_BATCH)
    return [
        _at_most(
            f"reports of {reports['allocators']} allocators × {reports['clients']} clients, s",
            slowest,
            _REPORT_SECONDS,
        ),
        Bar(
            f"statements of the daily runs, up to {batches} batches ÷ with few clients, one batch",
            f"{statements} ÷ {few}",
            f"≤ {batches}",
            all(many <= batches * one for many, one in zip(statements, few, strict=True)),
        ),
        _at_most("peak memory of reports, MB", reports["peak_mb"], _REPORT_MB),
    ]


def _landing_bars(landing: Mapping[str, Any]) -> list[Bar]:
    return [
        _at_least("stage step ÷ bare COPY pipe", landing["stage_ratio"], 0.80),
        _at_least("full sync ÷ bare COPY pipe", landing["full_ratio"], 0.25),
        _at_most("peak memory of landing, MB", landing["peak_mb"], 200),
    ]


def _start_bars(starts: Mapping[str, Any]) -> list[Bar]:
    imports = starts["imports_great_expectations"]
    return [
        _at_most("import of the definitions, s", starts["definitions_seconds"], 4),
        Bar("great_expectations imported", str(imports).lower(), "false", not imports),
    ]


def _head(metrics: Mapping[str, Any]) -> str:
    machine = ", ".join(metrics["machine"].values())
    loads = " / ".join(f"{load:.1f}" for load in metrics["loads"])
    duck = f", DuckDB {metrics['duckdb']['version']}" if "duckdb" in metrics else ""
    return (
        f"`{metrics['command']}` on {metrics['date']}: {machine}; {metrics['postgres']}{duck}. "
        f"Load average before the run and after each part: {loads}."
    )


def _ticks(sizes: Sequence[Mapping[str, Any]]) -> str:
    names = sorted({name for size in sizes for name in size["tick"]})
    rows = [
        (_label(name), *(f"{size['tick'].get(name, 0.0):.2f}" for size in sizes)) for name in names
    ]
    rows += [
        ("first tick of the process, CPU s", *(f"{s['first_tick']['cpu']:.2f}" for s in sizes)),
        ("warm dbt, hourly models, s", *(f"{s['warm_hourly_seconds']:.2f}" for s in sizes)),
        ("backfill of hours, s", *(f"{s['backfill_seconds']:.1f}" for s in sizes)),
        ("weeks of history", *(str(s["weeks"]) for s in sizes)),
        *(
            (f"set-up: {step}, s", *(f"{s['build_seconds'][step]:.0f}" for s in sizes))
            for step in ("generate", "land", "history")
        ),
        ("size of the warehouse, GB", *(f"{s['warehouse_gb']:.1f}" for s in sizes)),
    ]
    return _table(("per tick (median)", *(f"{s['deals']:,} deals" for s in sizes)), rows)


def _rebuild(metrics: Mapping[str, Any]) -> str:
    large = metrics["sizes"][-1]
    duck = metrics.get("duckdb", {"tables": {}})
    found = lines(large["rebuild"], duck["tables"])
    rows = [_rebuild_row(line) for line in (*found, total(found))]
    cpu = sum(step["cpu"] for step in large["rebuild"].values())
    theirs = sum(table["cpu"] for table in duck["tables"].values())
    notes = f"Total CPU seconds: ours {cpu:.1f}, DuckDB {theirs:.1f}."
    if "export_seconds" in duck:
        notes += (
            f" Parquet: {duck['parquet_mb']:,.0f} MB, written in {duck['export_seconds']:.0f} s "
            f"(not counted); memory limit {duck['memory_mib']:,} MiB."
        )
    head = (f"{large['deals']:,} deals", "DuckDB, s", "ours, s", "ratio")
    return f"{_table(head, rows)}\n\n{notes}"


def _rebuild_row(line: Line) -> tuple[str, ...]:
    return (
        line.name,
        "" if line.theirs is None else f"{line.theirs:.1f}",
        "" if line.ours is None else f"{line.ours:.1f}",
        "" if line.ratio is None else f"{line.ratio:.1f}",
    )


def _reference(size: Mapping[str, Any]) -> str:
    rows = [
        (name, f"{spent['cpu']:.1f}", f"{spent['seconds']:.1f}")
        for name, spent in size["reference"].items()
    ]
    rows.append(("total", f"{reference_cpu(size):.1f}", ""))
    return _table((f"{size['deals']:,} deals", "CPU s", "seconds"), rows)


def _reports(reports: Mapping[str, Any]) -> str:
    rows = [
        (
            f"daily run {number}",
            f"{run['client_reports']:,}",
            f"{run['client_seconds']:.1f}",
            f"{run['allocator_reports']:,}",
            f"{run['allocator_seconds']:.1f}",
            f"{run['cpu']:.1f}",
            f"{run['rows']:,}",
            str(run["statements"]),
        )
        for number, run in enumerate(reports["runs"], 1)
    ]
    head = (
        "",
        "client reports",
        "seconds",
        "allocator reports",
        "seconds",
        "CPU s of the process",
        "rows",
        "statements",
    )
    return f"{_table(head, rows)}\n\nPeak memory of the process: {reports['peak_mb']:,.0f} MB."


def _landing(landing: Mapping[str, Any]) -> str:
    rows = landing["rows"]
    ways = (
        ("bare COPY pipe (floor)", "bare_seconds"),
        ("stage step", "stage_seconds"),
        ("full first sync, eight relations, committed", "full_seconds"),
    )
    return _table(
        (f"{rows:,} deals", "seconds", "rows/s"),
        [
            *((name, f"{landing[k]:.1f}", f"{rows / landing[k]:,.0f}") for name, k in ways),
            ("second sync, nothing changed", f"{landing['second_sync_seconds']:.1f}", ""),
        ],
    )


def _starts(starts: Mapping[str, Any]) -> str:
    rows = [
        (name, f"{starts[f'{key}_seconds']:.1f}", f"{starts[f'{key}_cpu']:.1f}")
        for name, key in (
            ("definitions imported", "definitions"),
            ("definitions and dbt imported", "worker"),
        )
    ]
    return _table(("fresh process", "seconds", "CPU s"), rows)


def _phases(phases: Mapping[str, float]) -> str:
    rows = [(name, f"{seconds / 60:.1f}") for name, seconds in phases.items()]
    rows.append(("total", f"{sum(phases.values()) / 60:.1f}"))
    return _table(("part", "minutes"), rows)


def _label(name: str) -> str:
    kind, _, of = name.partition("_")
    of = of.replace("_", " ")
    if kind == "cpu":
        return f"CPU s{', ' + of if of else ''}"
    return f"seconds{', ' + of if of else ''}" if kind == "seconds" else name


def _at_least(name: str, value: float, bar: float) -> Bar:
    return Bar(name, f"{value:.2f}", f"≥ {bar:.2f}", value >= bar)


def _at_most(name: str, value: float, bar: float) -> Bar:
    return Bar(name, f"{value:.2f}", f"≤ {bar:g}", value <= bar)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines_ = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines_ + ["| " + " | ".join(row) + " |" for row in rows])
