"""The figures as a page: each with its bar, and whether it holds.

Belongs here: wording and bars. Does not: measuring.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- measured -->", "<!-- end of measured -->"


@dataclass(frozen=True)
class Bar:
    """One figure that has a bar; ``is_met`` is decided where both are known."""

    name: str
    measured: str
    bar: str
    is_met: bool


def bars(figures: Mapping[str, Any]) -> list[Bar]:
    """Return every figure that the specification sets a bar for."""
    landing, starts = figures["landing"], figures["starts"]
    sizes = figures["sizes"]
    small, large = sizes[0], sizes[-1]
    tick, reference = large["tick"]["cpu"], reference_cpu(large)
    growth = tick / small["tick"]["cpu"]
    return [
        _at_least("stage step ÷ bare COPY pipe", landing["stage_ratio"], 0.80),
        _at_least("whole sync ÷ bare COPY pipe", landing["whole_ratio"], 0.25),
        _at_most("peak memory of landing, MB", landing["peak_mb"], 200),
        Bar(
            f"CPU of a tick ÷ reference statements, {large['deals']:,} deals",
            f"1/{reference / tick:.0f}", "≤ 1/50", tick * 50 <= reference,
        ),
        Bar(
            "marts equal the reference statements, row for row", str(large["is_equal"]).lower(),
            "true", large["is_equal"],
        ),
        _at_most(f"tick({large['deals']:,}) ÷ tick({small['deals']:,}), CPU", growth, 1.3),
        _at_most("import of the definitions, s", starts["definitions_seconds"], 4),
        Bar(
            "great_expectations imported", str(starts["imports_great_expectations"]).lower(),
            "false", not starts["imports_great_expectations"],
        ),
        _at_most("warm dbt tick of all hourly models, s", large["warm_hourly_seconds"], 2),
        Bar(
            "runs of a backfill of 168 hours", str(large["backfill_runs"]), "1",
            large["backfill_runs"] == 1,
        ),
    ]  # fmt: skip


def reference_cpu(size: Mapping[str, Any]) -> float:
    """Return the CPU seconds of all reference statements together."""
    return float(sum(statement["cpu"] for statement in size["reference"].values()))


def render(figures: Mapping[str, Any]) -> str:
    """Return the report in Markdown."""
    parts = [
        _head(figures),
        _table(
            ("figure", "measured", "bar", ""),
            [(b.name, b.measured, b.bar, "" if b.is_met else "**missed**") for b in bars(figures)],
        ),
        "### Landing\n\n" + _landing(figures["landing"]),
        "### Ticks\n\n" + _ticks(figures["sizes"]),
        "### Reference statements\n\n" + _reference(figures["sizes"][-1]),
        "### Process start, apart\n\n" + _starts(figures["starts"]),
    ]
    return "\n\n".join(parts) + "\n"


def write_page(page: Path, text: str) -> None:
    """Replace the measured part of a page.

    Raises:
        ValueError: The page has no such part.
    """
    content = page.read_text(encoding="utf-8")
    if BEGIN not in content or END not in content:
        raise ValueError(f"{page} has no lines {BEGIN} and {END}")
    before, after = content.split(BEGIN)[0], content.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n{text}{END}{after}", encoding="utf-8")


def _head(figures: Mapping[str, Any]) -> str:
    machine = ", ".join(figures["machine"].values())
    loads = " / ".join(f"{load:.1f}" for load in figures["loads"])
    return (
        f"`{figures['command']}` on {figures['date']}: {machine}; {figures['postgres']}. "
        f"Load average before the run and after each part: {loads}."
    )


def _landing(landing: Mapping[str, Any]) -> str:
    rows = landing["rows"]
    return _table(
        (f"{rows:,} deals", "seconds", "rows/s"),
        [
            (name, f"{seconds:.1f}", f"{rows / seconds:,.0f}")
            for name, seconds in (
                ("bare COPY pipe (floor)", landing["bare_seconds"]),
                ("stage step", landing["stage_seconds"]),
                ("whole first sync, eight relations, committed", landing["whole_seconds"]),
            )
        ]
        + [("second sync, nothing changed", f"{landing['second_sync_seconds']:.1f}", "")],
    )


def _ticks(sizes: list[Mapping[str, Any]]) -> str:
    names = sorted({name for size in sizes for name in size["tick"]})
    rows = [
        (_label(name), *(f"{size['tick'].get(name, 0.0):.2f}" for size in sizes)) for name in names
    ]
    rows += [
        ("first tick of the process, CPU s", *(f"{s['first_tick']['cpu']:.2f}" for s in sizes)),
        ("warm dbt, hourly models, s", *(f"{s['warm_hourly_seconds']:.2f}" for s in sizes)),
        ("backfill of 168 hours, s", *(f"{s['backfill_seconds']:.1f}" for s in sizes)),
        ("weeks of history", *(str(s["weeks"]) for s in sizes)),
        *(
            (f"set-up: {step}, s", *(f"{s['build_seconds'][step]:.0f}" for s in sizes))
            for step in ("generate", "land", "history")
        ),
    ]
    return _table(("per tick (median)", *(f"{s['deals']:,} deals" for s in sizes)), rows)


def _reference(size: Mapping[str, Any]) -> str:
    rows = [
        (name, f"{figure['cpu']:.1f}", f"{figure['seconds']:.1f}")
        for name, figure in size["reference"].items()
    ]
    rows.append(("together", f"{reference_cpu(size):.1f}", ""))
    return _table((f"{size['deals']:,} deals", "CPU s", "seconds"), rows)


def _starts(starts: Mapping[str, Any]) -> str:
    return _table(
        ("fresh process", "seconds", "CPU s"),
        [
            (
                "definitions imported",
                f"{starts['definitions_seconds']:.1f}",
                f"{starts['definitions_cpu']:.1f}",
            ),
            (
                "definitions and dbt imported",
                f"{starts['worker_seconds']:.1f}",
                f"{starts['worker_cpu']:.1f}",
            ),
        ],
    )


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
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])
