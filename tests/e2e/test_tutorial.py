"""The tutorial tells the truth: each of its commands is run, and says what the page says (F-11)."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator

import psycopg
import pytest

from cdp_assets.settings import PROJECT_ROOT
from resources.postgres.embedded_postgres import EmbeddedServer
from simulator.dmob.mutations import mutate
from tests.e2e.conftest import Demo
from tests.e2e.demo_run import Finished, cdp, run
from tests.e2e.shell_commands import preloaded_cdp

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]

PAGE = PROJECT_ROOT / "docs/tutorials/first-hour.md"
_TOUCHED = """
    select count(*)
    from ops.partition_lag
    where asset_key = 'filplus/unified_verified_deal_hourly'
        and input_key = 'raw_dmob/unified_verified_deal' and is_behind
"""
_FENCE = re.compile(r"^```(sh|text)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def steps(page: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command block with the lines that the page shows after it."""
    command: str | None = None
    shown: list[str] = []
    for language, text in _FENCE.findall(page):
        if language == "text":
            shown = text.splitlines()
            continue
        if command is not None:
            yield command, shown
        command, shown = text, []
    if command is not None:
        yield command, shown


def is_said(line: str, output: str) -> bool:
    """Tell whether a shown line is in the output; an ellipsis stands for anything within a line."""
    pattern = ".*".join(re.escape(part.strip()) for part in line.split("…"))
    return re.search(pattern, output) is not None


def run_block(demo: Demo, command: str) -> Finished:
    """Run a block of the page in the demo's folder, with its ports for the usual ones."""
    for part, usual in (("UI", "3000"), ("QUERY", "8000")):
        command = command.replace(f":{usual}", f":{demo.environment[f'CDP_{part}_PORT']}")
    server = json.loads((demo.state / "postgres.json").read_text())
    script = f"cd '{demo.clone}'\n{command}"
    with preloaded_cdp() as programs:
        path = os.pathsep.join([str(programs), demo.environment["PATH"], server["binaries"]])
        return run(["bash", "-euo", "pipefail", "-c", script], {**demo.environment, "PATH": path})


def let_deals_arrive_late(demo: Demo) -> None:
    """Bring a demo that somebody healed back to the state in which the first one leaves it."""
    server = EmbeddedServer(**json.loads((demo.state / "postgres.json").read_text()))
    with psycopg.connect(server.dsn("warehouse")) as connection:
        if connection.execute(_TOUCHED).fetchone() != (0,):
            return
    with psycopg.connect(server.dsn("dmob")) as connection:
        mutate(connection, 7, late=12)
    synced = cdp(demo.environment, "refresh", "--select", "raw_dmob/unified_verified_deal")
    assert synced.code == 0, synced.text


def test_every_command_of_the_tutorial_does_what_the_page_says(demo: Demo) -> None:
    let_deals_arrive_late(demo)
    for command, shown in steps(PAGE.read_text()):
        done = run_block(demo, command)
        assert done.code == 0, f"{command}\n{done.text}"
        unsaid = [line for line in shown if line.strip() and not is_said(line, done.text)]
        assert unsaid == [], f"{command}\n{done.text}"


def test_the_tutorial_shows_a_failure_and_its_mending() -> None:
    shown = [line for _, lines in steps(PAGE.read_text()) for line in lines]
    assert "exit code 1" in shown
    assert any("CHECK_FAILED" in line for line in shown)
    assert "… runs in … s, 0 failed" in shown
    assert len(list(steps(PAGE.read_text()))) >= 10


@pytest.mark.parametrize(
    ("line", "output", "expected"),
    [
        ("done in … s", "  1.2 s  done in 3.4 s", True),
        ("1 failed", "2 failed", False),
        ("a … b", "a\nb", False),
        ("… x (y)", "w x (y)", True),
    ],
    ids=["anything between", "another number", "not across lines", "signs are plain"],
)
def test_a_shown_line_is_compared_word_for_word(line: str, output: str, expected: bool) -> None:
    assert is_said(line, output) is expected
