"""Imports: the query layer stands apart from the asset graph, and its modules from each other."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "query_layer"
FORBIDDEN = {
    "alembic",
    "cdp_assets",
    "dagster",
    "dbt",
    "migrations",
    "psycopg",
    "resources",
    "sensors",
    "simulator",
    "sqlalchemy",
}


def imported(file: Path) -> Iterator[str]:
    """Yield every module that a file names in an import statement."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            yield node.module or ""


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=lambda file: file.stem)
def test_a_module_imports_nothing_of_the_asset_graph(file: Path) -> None:
    assert not {name.partition(".")[0] for name in imported(file)} & FORBIDDEN


def test_only_the_settings_read_the_environment() -> None:
    readers = [file.name for file in PACKAGE.rglob("*.py") if "os" in imported(file)]
    assert readers == ["settings.py"]


def test_only_the_clock_asks_for_the_time_of_day() -> None:
    askers = [file.name for file in PACKAGE.rglob("*.py") if "datetime.now" in file.read_text()]
    assert askers == ["clock.py"]


def test_an_import_needs_no_environment_and_brings_no_orchestrator() -> None:
    script = (
        "import query_layer.__main__, sys; "
        "print({name.partition('.')[0] for name in sys.modules} & "
        f"{FORBIDDEN!r})"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=PACKAGE.parent,
        env={},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "set()\n"
