"""Print the share of the product's lines that the tests have run, per package; hold the floor.

Of the engine, whose files ``make mutation`` changes, every line has to be run.

``make test`` calls it when pytest has ended. Belongs here: figures and floor. Does not: what is
measured and how high the floor is (``pyproject.toml``), and measuring (SlipCover).
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections import Counter
from fnmatch import fnmatch
from pathlib import Path


def main() -> None:
    """Print the figures.

    Raises:
        SystemExit: Nothing was measured, less than the floor was run, or not all of the engine.
    """
    tools = tomllib.loads(Path("pyproject.toml").read_text())["tool"]
    file, floor = Path(tools["slipcover"]["out"]), tools["cdp"]["coverage_floor"]
    try:
        measured = json.loads(file.read_text())["files"]
    except FileNotFoundError:
        sys.exit(f"coverage: nothing was measured: {file} is absent. Did pytest start?")
    lines: Counter[str] = Counter()
    run: Counter[str] = Counter()
    for name, found in measured.items():
        package = _package(Path(name))
        run[package] += len(found["executed_lines"])
        lines[package] += len(found["executed_lines"]) + len(found["missing_lines"])
    print("lines of the product that the tests have run")
    for package in sorted(
        +lines
    ):  # a package whose files hold nothing but a docstring has no share
        _print_share(package, run[package], lines[package])
    _print_share("all", run.total(), lines.total())
    patterns = tools.get("mutmut", {}).get("only_mutate", [])
    for name, found in sorted(measured.items()):
        if found["missing_lines"] and any(fnmatch(name, pattern) for pattern in patterns):
            sys.exit(
                f"coverage: no test runs lines {found['missing_lines']} of {name}, and of the "
                "engine each line is run. `make mutation` finds branches, too."
            )
    if 100 * run.total() < floor * lines.total():
        sys.exit(
            f"coverage: less than the floor of {floor} % (pyproject.toml). Test the missing_lines "
            f"in {file}; the floor is not for lowering."
        )


def _package(file: Path) -> str:
    """Return the package of a file: of ``cdp_assets``, which is large, the one below it."""
    depth = 2 if file.parts[0] == "cdp_assets" else 1
    return ".".join(file.parent.parts[:depth])


def _print_share(name: str, run: int, lines: int) -> None:
    # Cut off, not rounded: 89.96 must not be shown as the 90.0 that it is below.
    print(f"  {name:<24} {1000 * run // lines / 10:5.1f} % of {lines:6,}")


if __name__ == "__main__":
    main()
