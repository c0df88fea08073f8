"""Report of the part validators: text and bars of the backfill and the recomputation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Row = tuple[str, ...]
_FLAT = 1.1  # memory of all epochs ÷ that of a quarter of them


def chain_bars(metrics: Mapping[str, Any]) -> list[tuple[str, str, str, bool]]:
    """Return name, measured, bar and whether it is met."""
    again = metrics["validators"]
    about = f"recomputation of 10 periods, {again['lines']:,} lines"
    small, large = _sizes(metrics)
    name = f"backfill of {large['epochs']} epochs, {large['lines']:,} lines"
    found = [
        (f"{about}, everything restated, s", again["restated"]["seconds"], 10.0),
        (f"{about}, nothing changed, s", again["unchanged"]["seconds"], 2.0),
        (f"{name}, s", large["seconds"], 180.0),
        (
            f"peak memory of {large['epochs']} epochs ÷ {small['epochs']}",
            large["peak_mb"] / small["peak_mb"],
            _FLAT,
        ),
    ]
    return [(name, f"{value:.2f}", f"≤ {bar:g}", value <= bar) for name, value, bar in found]


def backfill_rows(metrics: Mapping[str, Any]) -> list[Row]:
    """Return a row per table, then totals and requests: of a quarter of the epochs, and of all."""
    small, large = _sizes(metrics)
    rows = [
        (f"{table}, s", f"{small['by_table'][table]:.1f}", f"{seconds:.1f}")
        for table, seconds in large["by_table"].items()
    ]
    for label, name in (
        ("all, periods included, s", "seconds"),
        ("CPU of the process that runs the steps, s", "cpu"),
        ("plain COPY of the written rows (floor), s", "copy_seconds"),
        ("peak memory, MB", "peak_mb"),
    ):
        rows.append((label, f"{small[name]:.1f}", f"{large[name]:.1f}"))
    for path, count in large["requests"].items():
        rows.append((f"requests {path}", f"{small['requests'].get(path, 0):,}", f"{count:,}"))
    return rows


def recomputation_rows(found: Mapping[str, Any]) -> list[Row]:
    """Return a row per recomputation, and the floor."""
    rows = [
        (
            name,
            f"{found[name]['seconds']:.2f}",
            f"{found[name]['cpu']:.2f}",
            f"{sum(found[name]['versions'].values()):,}",
        )
        for name in ("first", "restated", "unchanged")
    ]
    return [*rows, ("plain COPY of all versions (floor)", f"{found['copy_seconds']:.2f}", "", "")]


def backfill_heads(metrics: Mapping[str, Any]) -> Row:
    """Return the heads of the table of the backfill."""
    small, large = _sizes(metrics)
    return ("table", f"{small['epochs']} epochs", f"{large['epochs']} epochs")


def _sizes(metrics: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    found = sorted(metrics["chain_backfill"].values(), key=lambda one: one["epochs"])
    return found[0], found[-1]
