"""Report of a load from empty: text and bars of the measurements of ``bench.from_empty``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Row = tuple[str, ...]
_SHOWN_TABLES = 12


def history_bars(history: Mapping[str, Any]) -> list[tuple[str, str, str, bool]]:
    """Return name, measured, bar and whether it is met, for the bars of a long history."""
    on, off = history["on"], history["off"]
    ratio = off["seconds"] / on["seconds"]
    found = [
        ("28 months from empty, autovacuum on, s", on["seconds"], 300.0),
        ("28 months from empty, autovacuum off ÷ on", ratio, 1.1),
    ]
    for name in ("off", "on"):
        load = history[name]
        found += [
            (f"refresh with nothing new ({name}), s", load["refresh_seconds"], 10.0),
            (f"planning, included above ({name}), s", load["refresh_planning_seconds"], 2.0),
            (f"cdp status ({name}), s", load["status_seconds"], 2.0),
        ]
    return [(name, f"{value:.2f}", f"≤ {bar:g}", value <= bar) for name, value, bar in found]


def history_rows(history: Mapping[str, Any]) -> list[Row]:
    """Return a row per function: partitions, runs, rows written, seconds off and on."""
    on, off = history["on"]["steps"], history["off"]["steps"]
    rows = [
        (
            name,
            f"{step['partitions']:,.0f}",
            f"{step['runs']:,.0f}",
            f"{step['rows']:,.0f}",
            f"{off.get(name, {}).get('seconds', 0):.1f}",
            f"{step['seconds']:.1f}",
        )
        for name, step in sorted(on.items(), key=lambda item: -item[1]["seconds"])
    ]
    planning = (
        "planning",
        "",
        "",
        "",
        f"{history['off']['planning_seconds']:.1f}",
        f"{history['on']['planning_seconds']:.1f}",
    )
    load = (
        "full load with process start",
        "",
        "",
        "",
        f"{history['off']['seconds']:.1f}",
        f"{history['on']['seconds']:.1f}",
    )
    return [*rows, planning, load]


def slowest_tables(history: Mapping[str, Any]) -> list[Row]:
    """Return a row per table that took longest: rows written, seconds off and on, µs per row."""
    on, off = history["on"]["tables"], history["off"]["tables"]
    slowest = sorted(off, key=lambda key: -off[key][0])[:_SHOWN_TABLES]
    return [
        (
            key,
            f"{off[key][1]:,.0f}",
            f"{off[key][0]:.1f}",
            f"{on[key][0]:.1f}",
            f"{off[key][0] * 1e6 / max(1, off[key][1]):.0f}",
        )
        for key in slowest
    ]


def floors(history: Mapping[str, Any]) -> str:
    """Return the sentence of measurements to compare the load with."""
    floor, on = history["floor"], history["on"]
    steps = sum(floor["steps"].values())
    return (
        f"Floor: the deal tables of this history below the runs, each over one range, take "
        f"{floor['landed']:.0f} s to land and {steps:.0f} s to build. The import of the definitions"
        f" alone takes {on['import_seconds']:.1f} s of each `cdp refresh`. "
        "`cdp status --stale` takes "
        f"{on['status_stale_seconds']:.1f} s. Load of the machine at the end: "
        f"{history['off']['load']:.1f} (off), {on['load']:.1f} (on)."
    )


HEADS: Sequence[Row] = (
    ("function", "partitions", "runs", "rows written", "autovacuum off, s", "on, s"),
    ("table", "rows written", "autovacuum off, s", "on, s", "µs per row (off)"),
)
