"""Change the engine in one place at a time; a change that no test notices fails, unless argued.

``make mutation`` calls it. mutmut makes the changes and runs the tests; ``pyproject.toml`` says of
which files and with which tests. The work is done in a scratch copy, in which decorated functions
are written as plain ones, because mutmut leaves decorated ones alone: ``@property def f`` becomes
``def undecorated_f`` and ``f = property(undecorated_f)``, which means the same.

Scope: running, comparing with ``survivors.yaml``, figures; not here: the tests themselves.
"""

from __future__ import annotations

import ast
import fnmatch
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
SURVIVORS = Path(__file__).with_name("survivors.yaml")
COPIED = ("cdp_assets", "resources", "tests", "pyproject.toml", "dagster.yaml")
PLAIN = "undecorated_"
DETECTED = frozenset({"killed", "timeout"})  # a change that never ends is noticed, too
_RESULT = re.compile(r"^\s+(?P<name>\S+__mutmut_\d+): (?P<status>.+)$", re.MULTILINE)


@dataclass(frozen=True, order=True)
class Change:
    """One change of the engine that no test notices.

    Attributes:
        function: Dotted name, of the class, too, for a method.
        removed: Lines before, without indentation.
        added: Lines after.
    """

    function: str
    removed: str
    added: str

    def __str__(self) -> str:
        """Return the change as a difference."""
        return f"{self.function}\n    - {self.removed}\n    + {self.added}"


def main() -> None:
    """Run everything, and print what is wrong.

    Raises:
        SystemExit: A change survives that is not argued, an argued one is detected or gone, or
            mutmut itself fails.
    """
    _require_coverage()
    with tempfile.TemporaryDirectory(prefix="cdp-mutation-") as folder:
        scratch = Path(folder)
        _copy(scratch)
        _mutmut(scratch, "run", "--max-children", str(os.cpu_count() or 1), quiet=True)
        found = dict(_RESULT.findall(_mutmut(scratch, "results", "--all", "true")))
        survived = {name for name, status in found.items() if status not in DETECTED}
        changes = Counter(_change(name, _mutmut(scratch, "show", name)) for name in survived)
    statuses = Counter(found.values())
    print(f"{len(found)} changes of the engine:", dict(statuses.most_common()))
    argued = _argued(SURVIVORS)
    unknown, gone = changes - argued, argued - changes
    for change in sorted(unknown.elements()):
        print(f"no test notices: {change}")
    for change in sorted(gone.elements()):
        print(f"listed in {SURVIVORS.name}, but a test notices it, or the line is gone: {change}")
    if not found or unknown or gone:
        sys.exit(
            "mutation: write a test that fails with the change, or, where no test can, say in "
            f"{SURVIVORS.relative_to(ROOT)} why; delete entries that no longer hold."
        )


def _settings() -> dict[str, list[str]]:
    settings: dict[str, list[str]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"][
        "mutmut"
    ]
    return settings


def _require_coverage() -> None:
    """Refuse a statement or a branch of the engine that its tests do not run."""
    settings = _settings()
    with tempfile.TemporaryDirectory(prefix="cdp-coverage-") as folder:
        data = f"--data-file={folder}/data"
        tests = [
            "-m", "pytest", "-n", "0", *settings["pytest_add_cli_args"],
            *settings["pytest_add_cli_args_test_selection"],
        ]  # fmt: skip
        run = [f"--include={','.join(settings['only_mutate'])}", "--branch", *tests]
        report = ["--skip-covered", "--show-missing", "--fail-under=100"]
        for command in (["run", data, *run], ["report", data, *report]):
            done = subprocess.run(
                [sys.executable, "-m", "coverage", *command],
                cwd=ROOT, capture_output=True, text=True, check=False,
            )  # fmt: skip
            if done.returncode:
                sys.exit(f"coverage of the engine is not complete\n{done.stdout}{done.stderr}")
    print("statements and branches of the engine: 100 %")


def _copy(scratch: Path) -> None:
    for name in COPIED:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, scratch / name, symlinks=True, ignore=ignored)
        else:
            shutil.copy(ROOT / name, scratch / name)
    patterns = _settings()["only_mutate"]
    for path in sorted((scratch / "cdp_assets").rglob("*.py")):
        place = path.relative_to(scratch).as_posix()
        if any(fnmatch.fnmatch(place, pattern) for pattern in patterns):
            path.write_text(undecorated(path.read_text()))


def undecorated(source: str) -> str:
    """Return a module whose methods with one decorator are plain functions that it is called on."""
    lines = source.splitlines()
    methods = [
        node
        for parent in ast.walk(ast.parse(source))
        if isinstance(parent, ast.ClassDef)
        for node in parent.body
        if isinstance(node, ast.FunctionDef) and len(node.decorator_list) == 1
    ]
    for node in sorted(methods, key=lambda node: -node.lineno):
        (decorator,) = node.decorator_list
        indent = " " * node.col_offset
        call = f"{indent}{node.name} = {ast.unparse(decorator)}({PLAIN}{node.name})"
        lines.insert(node.end_lineno or 0, call)
        lines[node.lineno - 1] = lines[node.lineno - 1].replace(node.name, PLAIN + node.name, 1)
        del lines[decorator.lineno - 1 : decorator.end_lineno]
    return "\n".join(lines) + "\n"


def _mutmut(scratch: Path, *arguments: str, quiet: bool = False) -> str:
    shared = os.environ.get("CDP_TEST_SHARED_DIR", str(ROOT.parent / "shared"))
    done = subprocess.run(
        [sys.executable, "-m", "mutmut", *arguments],
        cwd=scratch,
        env={**os.environ, "CDP_TEST_SHARED_DIR": shared},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(
            f"mutation: mutmut {' '.join(arguments)} failed\n{done.stdout[-3000:]}{done.stderr}"
        )
    return "" if quiet else done.stdout


def _change(name: str, shown: str) -> Change:
    """Return a change from its difference, which names neither number nor line."""
    sides = {
        sign: " ".join(
            line[1:].strip()
            for line in shown.splitlines()
            if line.startswith(sign) and not line.startswith(sign * 3)
        )
        for sign in "-+"
    }
    function = name.rsplit("__mutmut_", 1)[0].removeprefix("cdp_assets.validators.")
    module, _, mangled = function.rpartition(".")
    # mutmut writes x_function, and xǁClassǁmethod.
    plain = mangled.removeprefix("x").strip("_ǁ" if "ǁ" in mangled else "")
    plain = ".".join(plain.split("ǁ")) if "ǁ" in mangled else mangled.removeprefix("x_")
    return Change(f"{module}.{plain.replace(PLAIN, '')}", sides["-"], sides["+"])


def _argued(path: Path) -> Counter[Change]:
    """Return the changes that a file argues; every entry has a reason."""
    entries = yaml.safe_load(path.read_text()) or []
    assert all(entry["reason"].strip() for entry in entries)
    return Counter(Change(entry["function"], entry["removed"], entry["added"]) for entry in entries)


if __name__ == "__main__":
    main()
