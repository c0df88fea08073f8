"""Imports point one way, and loading the definitions is quick and reaches nothing (spec README)."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from cdp_assets.settings import PROJECT_ROOT

pytestmark = pytest.mark.graph
OURS = {"cdp_assets", "resources", "sensors", "simulator", "query_layer", "migrations", "bench"}
LEAVES = {"cdp_assets.errors", "cdp_assets.units", "cdp_assets.clock", "cdp_assets.settings"}
ALLOWED = {
    "resources": LEAVES | {"resources"},
    "simulator": {"cdp_assets.units", "simulator"},
    "query_layer": {"query_layer"},
    "migrations": {"migrations"},
    "sensors": {"cdp_assets", "resources", "sensors"},
    "cdp_assets": {"cdp_assets", "resources"},
}
# Below everything of ours: resources import these modules, too.
GROUND = {"errors", "units", "clock", "settings", "partitions"}
DOMAINS = {"filplus", "validators"}
# What a folder of cdp_assets may import of the others. The rest (quality, cli, stack, demo,
# definitions) stands on top of them.
ALLOWED_WITHIN = {
    "core": set(),
    "governance": {"core"},
    "frames": {"core"},
    **{domain: {"core", "governance", "frames"} for domain in DOMAINS},
}
# Layers that every domain has, and the schemas of the engine itself.
OWN_SCHEMAS = {"staging", "intermediate", "api_v1", "query_layer", "ops"}
# What meets everything: the code location, the command line, and the demo with its simulated world.
MEETING_POINTS = {
    "definitions.py",
    "cli/app.py",
    "cli/token_command.py",
    "demo/demo.py",
    "demo/partners.py",
    "demo/source.py",
}


def _imported(path: Path) -> set[str]:
    return {name for name in _names_of_imports(path) if name.split(".")[0] in OURS}


def _names_of_imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def _within(path: Path) -> str:
    return str(path.relative_to(PROJECT_ROOT / "cdp_assets"))


def _is_allowed(name: str, allowed: set[str]) -> bool:
    # `from cdp_assets import clock` names the package and the module; the module decides.
    return any(name == a or name.startswith(f"{a}.") or a.startswith(f"{name}.") for a in allowed)


@pytest.mark.parametrize("package", sorted(ALLOWED))
def test_a_package_imports_only_what_lies_below_it(package: str) -> None:
    wrong = {
        str(path.relative_to(PROJECT_ROOT)): sorted(bad)
        for path in sorted((PROJECT_ROOT / package).rglob("*.py"))
        if not (package == "cdp_assets" and _within(path) in MEETING_POINTS)
        and (bad := {n for n in _imported(path) if not _is_allowed(n, ALLOWED[package])})
    }
    assert wrong == {}


@pytest.mark.parametrize("folder", sorted(ALLOWED_WITHIN))
def test_a_folder_of_the_graph_imports_only_what_lies_below_it(folder: str) -> None:
    modules = {
        p.stem for p in (PROJECT_ROOT / "cdp_assets").iterdir() if not p.name.startswith("_")
    }
    allowed = {folder} | ALLOWED_WITHIN[folder] | GROUND
    wrong = {
        _within(path): bad
        for path in sorted((PROJECT_ROOT / "cdp_assets" / folder).rglob("*.py"))
        if (bad := ({n.split(".")[1] for n in _imported(path) if n.count(".")} & modules) - allowed)
    }
    assert wrong == {}


def test_one_module_imports_what_dagster_does_not_export() -> None:
    importers = {
        str(path.relative_to(PROJECT_ROOT))
        for package in ALLOWED
        for path in sorted((PROJECT_ROOT / package).rglob("*.py"))
        if any(_is_private(name) for name in _names_of_imports(path))
    }
    assert importers == {"cdp_assets/core/dagster_compat.py"}


def _is_private(module: str) -> bool:
    library, *parts = module.split(".")
    return library == "dagster_shared" or (
        library.startswith("dagster") and any(part.startswith("_") for part in parts)
    )


def _texts(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text()))
    return {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def test_no_text_of_core_names_a_schema_table_or_group_of_a_domain(graph: dg.AssetGraph) -> None:
    keys = graph.get_all_asset_keys()
    names = {key.path[0] for key in keys} - OWN_SCHEMAS | DOMAINS
    # A name of one word (client, provider) is a word of the language, too.
    names |= {
        key.path[-1]
        for key in keys
        if key.path[0] not in ("ops", "query_layer") and "_" in key.path[-1]
    }
    names |= {group for key in keys if (group := graph.get(key).group_name) and "_" in group}
    named = re.compile(rf"\b(?:{'|'.join(sorted(map(re.escape, names)))})\b")
    found = {
        f"{_within(path)}: {sorted(set(named.findall(text)))}"
        for path in sorted((PROJECT_ROOT / "cdp_assets/core").rglob("*.py"))
        for text in _texts(path)
        if named.search(text)
    }
    assert found == set()


_LOAD = """
import socket, sys, time
def refuse(*_a, **_k): raise AssertionError("the import opened a connection")
socket.socket.connect = refuse
began = time.process_time()
import dagster, dagster_dbt, dagster_postgres, dbt.cli.main, httpx, psycopg, pydantic
given = time.process_time()
import cdp_assets.definitions
loaded = [int(name in sys.modules) for name in ("great_expectations", "pandas")]
print(given - began, time.process_time() - given, *loaded)
"""


def test_definitions_load_in_half_the_time_of_their_libraries_with_an_empty_environment() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _LOAD],
        cwd=PROJECT_ROOT,
        check=True,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"]},
    )
    libraries, ours, has_great_expectations, has_pandas = done.stdout.split()
    # The five seconds of user_expectations U-44 are the bench's: here the machine may be any. A
    # parse of the dbt project, the cause of that rule, would take several times the libraries'.
    assert float(ours) < float(libraries) / 2
    assert has_great_expectations == has_pandas == "0"
