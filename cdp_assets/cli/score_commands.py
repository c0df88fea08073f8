"""Commands about scores: recompute stored ones, compare two versions of the rules.

Scope: arguments and printing; not here: any work (``cdp_assets.filplus.reports``).
"""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Annotated

import typer

from cdp_assets.units import counted


def add_score_commands(app: typer.Typer, epilog: str) -> None:
    """Add ``reproduce-score`` and ``score-diff`` to the command line."""
    app.command(name="reproduce-score", epilog=epilog)(reproduce_score)
    app.command(name="score-diff", epilog=epilog)(score_diff)


def reproduce_score(
    date: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only reports of this UTC day.")
    ] = None,
    allocator: Annotated[
        str, typer.Option(help="Only reports of this allocator, by id or address.")
    ] = "",
) -> None:
    """Recompute stored scores from the rows that their reports stored, and compare.

    Example: cdp reproduce-score --date 2026-03-01 --allocator f0300
    """
    from cdp_assets.filplus.reports.score_recomputation import reproduce_scores
    from cdp_assets.filplus.scoring.rules import load_rules
    from cdp_assets.settings import get_settings
    from resources.postgres.database_urls import start_servers
    from resources.postgres.warehouse import Warehouse

    start_servers(get_settings())
    with Warehouse().connect(application="cdp reproduce-score", is_read_only=True) as connection:
        found = reproduce_scores(
            connection,
            load_rules(),
            day=date.date() if date else None,
            allocator=allocator or None,
        )
    for difference in found.differences:
        print(
            f"{difference.allocator} {difference.report_id} {difference.metric} "
            f"{difference.value_name}: stored {difference.stored}, computed {difference.computed}"
        )
    print(
        f"{counted(found.scores, 'score')} of {counted(found.reports, 'report')} recomputed; "
        f"differences: {len(found.differences):,}"
    )
    if found.differences:
        sys.exit(1)


def score_diff(
    version_a: Annotated[int, typer.Argument(help="Version of the rules to compare from.")],
    version_b: Annotated[int, typer.Argument(help="Version of the rules to compare to.")],
) -> None:
    """Show which allocators' scores change, and by which component, between two rule versions.

    Example: cdp score-diff 1 2
    """
    from cdp_assets.filplus.reports.score_recomputation import score_diff as compare
    from cdp_assets.filplus.scoring.rules import load_rules
    from cdp_assets.settings import get_settings
    from resources.postgres.database_urls import start_servers
    from resources.postgres.warehouse import Warehouse

    start_servers(get_settings())
    with Warehouse().connect(application="cdp score-diff", is_read_only=True) as connection:
        changes = compare(connection, load_rules(), version_a, version_b)
    for change in changes.itertuples():
        print(
            f"{change.allocator} {change.component} (value {change.value:g}): "
            f"{_points(change.points_a)} -> {_points(change.points_b)}, "
            f"total {change.total_a} -> {change.total_b}"
        )
    allocators = changes["allocator"].nunique()
    print(f"allocators that change between version {version_a} and {version_b}: {allocators:,}")


def _points(points: object) -> str:
    """Return points in words; null means that the version has no such component."""
    import pandas as pd

    return "not counted" if pd.isna(points) else str(points)  # type: ignore[call-overload]
