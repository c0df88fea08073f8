"""What `make test` prints last: lines of its workers count, the floor decides, no data fails."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cdp_assets.settings import PROJECT_ROOT

# As tests/conftest.py does: the product is imported before pytest has read its own configuration.
_CONFTEST = "import product.early"
_TEST = """
def test_it():
    from product.sub import late
    assert late.run(True) == 1
"""


def _python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python as a shell would, whether or not the tests themselves are measured."""
    ours = ("SLIPCOVER_", "PYTEST_")
    outside = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    path = os.pathsep.join([str(folder), str(PROJECT_ROOT)])
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**outside, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def _configure(folder: Path, *, floor: int) -> None:
    (folder / "pyproject.toml").write_text(
        f'[tool.slipcover]\nsource = ["product"]\nformat = "json"\nout = "measured.json"\n'
        f"[tool.cdp]\ncoverage_floor = {floor}\n"
    )


def _measured(folder: Path, **lines: tuple[int, int]) -> None:
    """Write lines run and lines missing by package."""
    files = {
        f"{package}/m.py": {"executed_lines": [*range(run)], "missing_lines": [*range(missing)]}
        for package, (run, missing) in lines.items()
    }
    (folder / "measured.json").write_text(json.dumps({"files": files}))


def test_lines_that_a_worker_runs_are_counted_also_of_what_conftest_imports(tmp_path: Path) -> None:
    _configure(tmp_path, floor=90)
    package = tmp_path / "product" / "sub"
    package.mkdir(parents=True)
    (tmp_path / "product" / "early.py").write_text("a = 1\n")
    (tmp_path / "product" / "never_imported.py").write_text("a = 1\nb = 2\n")
    (package / "late.py").write_text(
        "def run(is_so):\n    if is_so:\n        return 1\n    return 2\n"
    )
    (tmp_path / "conftest.py").write_text(_CONFTEST)
    (tmp_path / "test_it.py").write_text(_TEST)
    started = _python(tmp_path, "-m", "slipcover", "-m", "pytest", "-n", "1")
    assert started.returncode == 0, started.stdout + started.stderr
    found = json.loads((tmp_path / "measured.json").read_text())["files"]
    missing = {name: file["missing_lines"] for name, file in found.items()}
    assert missing == {
        "product/early.py": [],
        "product/never_imported.py": [1, 2],
        "product/sub/late.py": [4],
    }
    done = _python(tmp_path, "-m", "tests.coverage_figures")
    assert done.returncode == 1
    assert re.findall(r"^  (\S+) +([\d.]+) % of +(\d+)$", done.stdout, re.MULTILINE) == [
        ("product", "57.1", "7"),
        ("all", "57.1", "7"),
    ]
    assert "less than the floor of 90 %" in done.stderr


@pytest.mark.parametrize(
    ("run", "missing", "shown", "code"),
    [
        pytest.param(9_000, 1_000, "90.0", 0, id="just the floor"),
        pytest.param(8_999, 1_001, "89.9", 1, id="a line below the floor is not rounded up to it"),
    ],
)
def test_the_floor_is_of_all_lines_together(
    run: int, missing: int, shown: str, code: int, tmp_path: Path
) -> None:
    _configure(tmp_path, floor=90)
    _measured(tmp_path, sensors=(run, 0), **{"cdp_assets/filplus/x": (0, missing)})
    done = _python(tmp_path, "-m", "tests.coverage_figures")
    assert done.returncode == code, done.stderr
    assert [line.split()[:2] for line in done.stdout.splitlines()[1:]] == [
        ["cdp_assets.filplus", "0.0"],
        ["sensors", "100.0"],
        ["all", shown],
    ]


def test_of_the_engine_every_line_is_run(tmp_path: Path) -> None:
    _configure(tmp_path, floor=50)
    with (tmp_path / "pyproject.toml").open("a") as file:
        file.write('[tool.mutmut]\nonly_mutate = ["engine/*.py"]\n')
    for lines, code in (((9, 0), 0), ((9, 1), 1)):
        _measured(tmp_path, engine=lines, other=(1, 1))
        done = _python(tmp_path, "-m", "tests.coverage_figures")
        assert done.returncode == code
    assert "no test runs lines [0] of engine/m.py" in done.stderr


def test_no_data_is_an_error_and_no_figure(tmp_path: Path) -> None:
    _configure(tmp_path, floor=90)
    done = _python(tmp_path, "-m", "tests.coverage_figures")
    assert done.returncode == 1
    assert "nothing was measured" in done.stderr
    assert done.stdout == ""
