"""The page ``docs/how-to/add-a-table.md``, done as written in a copy of the project.

The blocks of the page are the files: one mart and one landed table. What the page asks for beside
them (a name in a page, a line in the changelog) is counted, so that the number of places to touch
for one table cannot grow unnoticed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest

from cdp_assets.settings import PROJECT_ROOT

pytestmark = pytest.mark.integration
# What an installation runs, and the pages that ``docs/write_reference.py`` fills.
COPIED = ("cdp_assets", "resources", "sensors", "query_layer", "migrations", "dbt_project")
GUIDE = PROJECT_ROOT / "docs/how-to/add-a-table.md"
_BLOCK = re.compile(r"^   ```\w+ (\S+)\n(.*?)^   ```$", re.MULTILINE | re.DOTALL)
MART, CHECK, LANDED = "clients_weekly", "clients_weekly_have_providers", "response_size"
PAGES = {"docs/reference/automation.md", "CHANGELOG.md"}

# Run in the copy, in one process because its imports are most of the time: `cdp manifest`, what
# `cdp migrate` does for the new tables, a week of the mart, and what the definitions say of both.
_SCRIPT = """
import json, sys
import psycopg
from cdp_assets.cli.app import app
from cdp_assets.core.tables.table_comments import write_table_comments
from resources.dbt_runner import DbtRunner
from resources.postgres.migrator import migrate

dsn, mart, check, rows = sys.argv[1:]
app(["manifest"], standalone_mode=False)
migrate(dsn)
with psycopg.connect(dsn) as connection:
    connection.execute("set role cdp_owner")
    write_table_comments(connection)
both = [mart, f"api__{mart}"]
built = DbtRunner(role="cdp_owner").run(dsn, both, {"is_migration": True}, print)
with psycopg.connect(dsn) as connection:
    connection.execute(rows)
window = {
    "min_date": "2024-03-04 00:00:00", "max_date": "2024-03-11 00:00:00",
    "as_of": "2024-03-12 00:00:00", "partitions_start": "2024-02-26 00:00:00",
    "accumulate_from": "snapshot", "run_id": "test",
}
built += DbtRunner(role="cdp_writer").build(dsn, [mart, check], window, print)

from cdp_assets.definitions import defs

graph = defs.resolve_asset_graph()
jobs = [j for j in defs.get_repository_def().get_all_jobs() if not j.name.startswith("__")]
assets = {}
for key in graph.get_all_asset_keys():
    node = graph.get(key)
    columns = node.metadata.get("dagster/column_schema")
    assets[key.to_user_string()] = {
        "description": node.description,
        "columns": {c.name: c.description for c in columns.columns} if columns else {},
        "checks": [c.name for c in graph.asset_check_keys if c.asset_key == key],
        "jobs": [j.name for j in jobs if key in j.asset_layer.executable_asset_keys],
    }
print(json.dumps({"assets": assets, "built": [(one.status, one.message) for one in built]}))
"""
_ROWS = """
insert into filplus.client_provider_distribution_weekly
    (week, client, provider, total_deal_size, unique_data_size)
values ('2024-03-04', 'f01', 'f02', 1, 1), ('2024-03-04', 'f01', 'f03', 1, 1),
    ('2024-03-11', 'f01', 'f02', 1, 1)
"""


def blocks_of_the_page() -> dict[str, str]:
    """Return the text of each block that names its file, without its indentation."""
    found = _BLOCK.findall(GUIDE.read_text(encoding="utf-8"))
    return {path: re.sub(r"(?m)^   ", "", text) for path, text in found}


def write(copy: Path, files: Mapping[str, str]) -> dict[str, str]:
    """Write new files, and add to those that exist; return the paths with their blocks."""
    newest = max(path.name[:4] for path in (copy / "migrations/versions").glob("0*.py"))
    number = f"{int(newest) + 1:04d}"
    written = {}
    for name, text in files.items():
        path = copy / name.replace("NNNN", number)
        text = text.replace("NNNN", number).replace("PPPP", newest)
        if path.suffix == ".py" and path.exists():
            text = with_entry(path.read_text(encoding="utf-8"), text)
        elif path.exists():
            text = path.read_text(encoding="utf-8") + text
        path.write_text(text, encoding="utf-8")
        written[str(path.relative_to(copy))] = text
    return written


def with_entry(module: str, imported: str) -> str:
    """Return the module of a list of assets with an import and the entry for it."""
    name = imported.split()[-1]
    imports, entries = module.split("\n\nPROVIDER_SOURCE_ASSETS", 1)
    listed = entries.removesuffix(")\n")
    return f"{imports}\n{imported}\nPROVIDER_SOURCE_ASSETS{listed}    {name},\n)\n"


def in_the_copy(copy: Path, *arguments: str) -> str:
    """Run Python in the copy, which comes before the installed project; return what it prints."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(copy),
        "CDP_STATE_DIR": str(copy / ".cdp"),
        "DO_NOT_TRACK": "1",
    }
    done = subprocess.run(
        [sys.executable, *arguments], cwd=copy, env=environment, text=True, capture_output=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_both_tables_are_added_as_the_page_says(tmp_path: Path, ready_dsn: str) -> None:
    for name in COPIED:
        shutil.copytree(
            PROJECT_ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    files = blocks_of_the_page()
    mart = {path for path in files if MART in path}
    assert len(mart) == 3
    landed = files.keys() - mart | PAGES
    assert len(landed) <= 6
    write(tmp_path, files)

    printed = in_the_copy(tmp_path, "-c", _SCRIPT, ready_dsn, MART, CHECK, _ROWS)
    said: dict[str, Any] = json.loads(printed.splitlines()[-1])

    of_mart = said["assets"][f"filplus/{MART}"]
    assert (
        of_mart["columns"]["num_of_providers"] == "Providers with a deal of the client in the week."
    )
    assert of_mart["checks"] == [CHECK]
    assert of_mart["jobs"] == ["filplus_weekly_job"]
    assert f"api_v1/{MART}" in said["assets"]
    assert {status for status, _ in said["built"]} == {"success", "pass"}, said["built"]
    of_landed = said["assets"][f"raw_filscan/{LANDED}"]
    assert of_landed["description"].startswith("One row per UTC day and provider")
    assert of_landed["columns"]["body_bytes"] == "Size of the newest response."
    assert of_landed["checks"] == ["responses_not_empty"]
    assert of_landed["jobs"] == ["provider_sources_daily_job"]
    with psycopg.connect(ready_dsn) as connection:
        rows = connection.execute(
            f"select week::text, client, num_of_providers from api_v1.{MART}".encode()
        ).fetchall()
        comment = connection.execute(
            "select col_description(%s::regclass, 3)", [f"raw_filscan.{LANDED}"]
        ).fetchone()
    assert rows == [("2024-03-04", "f01", 2)]
    assert comment == ("Size of the newest response.",)
