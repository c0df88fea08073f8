"""The reference says what the code does: every name is there, and no other (house style §9)."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import dagster as dg
import psycopg
import pytest

from cdp_assets import errors
from cdp_assets.core.tables.contracts import tables
from cdp_assets.settings import OTHER_NAMES, PROJECT_ROOT, Settings, variable_name
from cdp_assets.stack.processes import START_ID
from docs import write_reference
from query_layer.settings import SETTINGS

REFERENCE = PROJECT_ROOT / "docs/reference"
PAGES = write_reference.PAGES
_VARIABLE = re.compile(r"\b(?:CDP_[A-Z0-9_]*[A-Z0-9]|DATABASE_URL|DMOB_DATABASE_URL)\b")


def page(name: str) -> str:
    return (REFERENCE / name).read_text()


def section(text: str, title: str) -> str:
    return text.split(f"\n## {title}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_blocks_are_what_the_code_says_now(path: Path) -> None:
    text = path.read_text()
    assert write_reference.filled(text) == text, "run: python docs/write_reference.py"


def test_every_block_stands_on_a_page() -> None:
    found = re.findall(r"<!-- begin (\w+) -->", "".join(map(Path.read_text, PAGES)))
    named = [name for name in found if not name.startswith("columns_of_")]
    assert sorted(named) == sorted(write_reference.BLOCKS)


def written_for_libraries() -> set[str]:
    """Variables that dbt's profile and Dagster's instance read."""
    profile = (PROJECT_ROOT / "dbt_project/profiles.yml").read_text()
    instance = (PROJECT_ROOT / "dagster.yaml").read_text()
    return set(_VARIABLE.findall(profile + instance)) | {"DBT_ENV_SECRET_CDP_PASSWORD"}


def test_every_setting_is_on_the_page_and_nothing_unknown() -> None:
    ours = {variable_name(field) for field in Settings.model_fields}
    text = page("settings.md")
    named = set(_VARIABLE.findall(text)) - {"CDP_QUERY", "CDP_PASSWORD"}
    libraries = {n for n in written_for_libraries() if n.startswith("CDP_")}
    assert named == ours | libraries | {"CDP_TEST_SHARED_DIR", START_ID}
    assert set(OTHER_NAMES.values()) == set(
        re.findall(r"^\| `([A-Z_]+)` \| `CDP", text, re.MULTILINE)
    )


def test_the_example_file_names_every_variable_once_with_a_comment_and_no_value() -> None:
    lines = (PROJECT_ROOT / ".env.example").read_text().splitlines()
    named = [line for line in lines if line and not line.startswith("#")]
    known = {variable_name(f) for f in Settings.model_fields} | {s.name for s in SETTINGS}
    known |= set(OTHER_NAMES.values())
    assert sorted(named) == sorted(f"{name}=" for name in known)
    for number, line in enumerate(lines):
        if line in named:
            assert lines[number - 1].startswith("# "), f"{line} has no comment"
            assert not lines[number - 1].startswith("# ---"), f"{line} has no comment"


def test_every_asset_has_a_row_of_what_triggers_it(defs: dg.Definitions) -> None:
    table = section(page("automation.md"), "What triggers what")
    rows = [line.split(" | ")[0] for line in table.splitlines() if line.startswith("| `")]
    named = [key for row in rows for key in re.findall(r"`([a-z0-9_]+(?:/[a-z0-9_]+)+)`", row)]
    graph = defs.resolve_asset_graph()
    assert sorted(named) == sorted(k.to_user_string() for k in graph.materializable_asset_keys)


def test_automation_names_no_unknown_schedule_sensor_or_job(defs: dg.Definitions) -> None:
    repository = defs.get_repository_def()
    known = {job.name for job in repository.get_all_jobs()}
    known |= {s.name for s in [*repository.schedule_defs, *repository.sensor_defs]}
    known |= {column.name for table in tables().values() for column in table.columns}
    for path in sorted((PROJECT_ROOT / "docs").rglob("*.md")):
        named = set(re.findall(r"`([a-z_]+_(?:schedule|sensor|job))`", path.read_text()))
        assert named <= known, path.name


def test_every_column_of_ops_is_on_the_page_and_no_other(warehouse_dsn: str) -> None:
    with psycopg.connect(warehouse_dsn) as connection:
        rows = connection.execute(
            "select table_name, column_name from information_schema.columns "
            "where table_schema = 'ops'"
        ).fetchall()
    there: dict[str, set[str]] = {}
    for table, column in rows:
        there.setdefault(table, set()).add(column)
    here: dict[str, set[str]] = {}
    table = ""
    for line in page("ops.md").splitlines():
        if found := re.match(r"(?:## )?`ops\.(\w+)`", line):
            table = found[1]
        elif line.startswith("| `"):
            here.setdefault(table, set()).update(re.findall(r"`(\w+)`", line.split(" | ")[0]))
    assert here == there


def words_of_the_code() -> str:
    """Every text in the code, with what is filled in at run time as an ellipsis."""
    texts = []
    for folder in ("cdp_assets", "resources"):
        for path in sorted((PROJECT_ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.JoinedStr):
                    parts = [v.value if isinstance(v, ast.Constant) else "…" for v in node.values]
                    texts.append("".join(map(str, parts)))
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    texts.append(node.value)
    return "\n".join(texts)


def test_messages_that_readers_may_meet_are_those_of_the_code() -> None:
    table = section(page("errors.md"), "What you may meet")
    shown = re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)
    words = words_of_the_code()
    parts = [p.strip(" :") for text in shown for p in text.split("…") if len(p.strip()) > 3]
    assert len(shown) > 8
    assert [part for part in parts if part not in words] == []


def test_every_error_class_is_on_the_page() -> None:
    kinds = [n for n, k in vars(errors).items() if isinstance(k, type) and issubclass(k, Exception)]
    named = re.findall(r"^\| `(\w+)` \| `\w+` \|", page("errors.md"), re.MULTILINE)
    assert sorted(named) == sorted(kinds)


def test_every_key_of_the_registry_of_chains_is_explained() -> None:
    from cdp_assets.validators.chains.chain_registry import Chain

    text = (PROJECT_ROOT / "docs/how-to/add-a-chain.md").read_text()
    optional = {"name", "protocol", "native_symbol", "restatement_watch_periods"}
    assert [f for f in Chain.model_fields if f not in optional and f"`{f}`" not in text] == []
