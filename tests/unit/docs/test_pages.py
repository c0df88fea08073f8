"""Pages hold together: links lead somewhere, commands and names are those that exist."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import typer

from cdp_assets.cli.app import app
from cdp_assets.settings import PROJECT_ROOT

README = (PROJECT_ROOT / "README.md").read_text()
PAGES = [
    PROJECT_ROOT / "README.md",
    PROJECT_ROOT / "CHANGELOG.md",
    *sorted((PROJECT_ROOT / "docs").rglob("*.md")),
]
DECISIONS = sorted((PROJECT_ROOT / "docs/explanation/decisions").glob("[0-9]*.md"))
COMMANDS = typer.main.get_group(app).commands


def named(path: Path) -> str:
    return str(path.relative_to(PROJECT_ROOT))


def anchors(path: Path) -> set[str]:
    """Anchors of a page's headings, as hosts of Markdown make them."""
    titles = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", t.lower()).replace(" ", "-") for t in titles}


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_every_link_between_pages_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!http)([^)\s]+)\)", path.read_text()):
        name, _, anchor = target.partition("#")
        found = (path.parent / name).resolve() if name else path
        assert found.exists(), f"{named(path)}: {target}"
        assert not anchor or anchor in anchors(found), f"{named(path)}: {target}"


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_no_page_names_a_machine_or_a_registry(path: Path) -> None:
    text = path.read_text()
    assert re.findall(r"/work/|/home/|/root/|/tmp/|pypi\.org|pythonhosted|:\*\*\*@", text) == []


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_every_command_on_a_page_is_one_that_exists(path: Path) -> None:
    """Each `cdp …` of a command block is accepted by the command line, options and all."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", path.read_text(), re.DOTALL | re.MULTILINE)
    for line in "".join(blocks).replace("\\\n", " ").splitlines():
        call = re.split(r" \|\|? | && | *#", line.strip())[0]
        if not call.startswith("cdp "):
            continue
        name, *arguments = shlex.split(call)[1:]
        assert name in COMMANDS, f"{named(path)}: {call}"
        COMMANDS[name].make_context(name, arguments)


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_every_make_target_on_a_page_exists(path: Path) -> None:
    makefile = (PROJECT_ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    text = path.read_text()
    blocks = "".join(re.findall(r"^ *```sh\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE))
    called = re.findall(r"^ *make ([a-z-]+)", blocks, re.MULTILINE)
    assert {*called, *re.findall(r"`make ([a-z-]+)", text)} <= targets


def test_the_readme_names_no_table_that_is_not_there() -> None:
    named_tables = set(re.findall(r"`(filplus|validators)\.(\w+)`", README))
    tables = (PROJECT_ROOT / "docs/reference/tables.md").read_text()
    assert {n for s, n in named_tables if f"/{n}`" not in tables} == set()


def test_decisions_are_numbered_without_gap_and_listed() -> None:
    assert [int(p.name[:4]) for p in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    index = (DECISIONS[0].parent / "README.md").read_text()
    for path in DECISIONS:
        title = path.read_text().splitlines()[0].split(". ", 1)[1]
        assert f"| [{path.name[:4]}]({path.name}) | {title} |" in index


def test_the_changelog_speaks_of_every_mart() -> None:
    text = (PROJECT_ROOT / "CHANGELOG.md").read_text()
    assert "## [Unreleased]" in text
    for model in sorted((PROJECT_ROOT / "dbt_project/models/marts").rglob("*.sql")):
        assert f"filplus.{model.stem}`" in text, model.stem


def test_secrets_and_state_are_not_among_the_committed_files() -> None:
    listed = subprocess.run(
        ["git", "-C", str(PROJECT_ROOT), "ls-files"], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    assert [name for name in listed if Path(name).name in (".env", "pgpass", "postgres.json")] == []
