"""Help and usage: every command explains itself; a wrong call ends with 2 (F-12)."""

from __future__ import annotations

import re
import shlex

import pytest
import typer

from cdp_assets.cli.app import app
from tests.unit.cli.conftest import Cdp

GROUP = typer.main.get_group(app)
COMMANDS = sorted(GROUP.commands)


def test_the_commands_that_the_readme_names_are_all_there() -> None:
    wanted = {"demo", "up", "down", "status", "doctor", "migrate", "refresh", "backfill"}
    wanted |= {"job", "explain", "validate-agreement", "verify-audit", "verify-statement"}
    wanted |= {"verify-integrity", "replay", "token"}
    wanted |= {"simulate", "config", "clean", "manifest", "reproduce-score", "score-diff", "diff"}
    assert wanted == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command_has_an_example_and_the_exit_codes(cdp: Cdp, command: str) -> None:
    answer = cdp(command, "--help")
    assert answer.code == 0
    assert f"Example: cdp {command}" in answer.out
    assert "Exit codes: 0 done, 1 failed with one sentence, 2 wrong usage." in answer.out


@pytest.mark.parametrize("command", COMMANDS)
def test_the_example_of_every_command_is_a_call_that_it_accepts(command: str) -> None:
    text = " ".join((GROUP.commands[command].help or "").split())
    (example,) = re.findall(r"Example: cdp (.*)$", text)
    name, *arguments = shlex.split(example)
    assert name == command
    GROUP.commands[command].make_context(name, arguments)


def test_the_list_of_commands_tells_in_a_line_what_each_does(cdp: Cdp) -> None:
    answer = cdp("--help")
    assert answer.code == 0
    assert "Example" not in answer.out
    for command in COMMANDS:
        assert re.search(rf"^.? *{command} +[A-Z].*\.", answer.out, re.MULTILINE), command


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param([], "Usage: cdp", id="no command"),
        pytest.param(["reflesh"], "No such command 'reflesh'", id="unknown command"),
        pytest.param(["refresh", "--form", "2026-08-03"], "--form", id="unknown option"),
        pytest.param(["backfill"], "Missing argument", id="missing argument"),
        pytest.param(
            ["backfill", "filplus/providers_weekly", "--from", "2026-08-03"],
            "Missing option '--to'",
            id="missing option",
        ),
        pytest.param(
            ["backfill", "filplus/providers_weekly", "--from", "2026-08-10", "--to", "2026-08-03"],
            "--from must be before --to",
            id="reversed range",
        ),
        pytest.param(
            ["refresh", "--from", "2026-08-03", "--to", "2026-08-03"],
            "--from must be before --to",
            id="empty range",
        ),
        pytest.param(
            ["refresh", "--from", "last week"],
            "Invalid value for '--from'",
            id="not a date",
        ),
        pytest.param(["demo", "--deals", "many"], "Invalid value for '--deals'", id="not a number"),
    ],
)
def test_a_wrong_call_ends_with_2_and_says_what_is_wrong(
    cdp: Cdp, arguments: list[str], complaint: str
) -> None:
    answer = cdp(*arguments)
    assert answer.code == 2
    assert complaint in answer.out + answer.err
    assert "Traceback" not in answer.out + answer.err
