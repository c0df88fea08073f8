"""The guides for analysts and governance tell the truth: their blocks are run, in order (Q-07)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cdp_assets.settings import PROJECT_ROOT
from tests.e2e.conftest import Demo
from tests.e2e.demo_run import Finished
from tests.e2e.test_tutorial import is_said, run_block

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800)]

FOLDER = PROJECT_ROOT / "docs/how-to"
_BLOCK = re.compile(r"^```(sh|python|text)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_DRAWN = "print('block', {number})\n"


def blocks(page: Path, language: str) -> list[tuple[str, list[str]]]:
    """Return the code of a page in order, each with the lines that the page shows after it."""
    found: list[tuple[str, list[str]]] = []
    for kind, text in _BLOCK.findall(page.read_text()):
        if kind == "text":
            found[-1] = (found[-1][0], text.splitlines())
        elif kind == language:
            found.append((text, []))
    return found


def unsaid(shown: list[str], done: Finished) -> list[str]:
    return [line for line in shown if line.strip() and not is_said(line, done.text)]


@pytest.mark.parametrize("name", ["explain-a-score", "try-a-new-rule-version"])
def test_every_command_of_a_guide_does_what_the_page_says(demo: Demo, name: str) -> None:
    code = blocks(FOLDER / f"{name}.md", "sh")
    assert len(code) >= 3
    # Functions that a block defines are those of the blocks after it, as in one shell.
    functions = "".join(text for text, _ in code if text.startswith("query()"))
    for command, shown in code:
        done = run_block(demo, functions + command)
        assert done.code == 0, f"{command}\n{done.text}"
        assert unsaid(shown, done) == [], f"{command}\n{done.text}"


def test_the_notebook_page_runs_headless_and_shows_what_it_says(demo: Demo) -> None:
    """One process for all blocks, as a notebook has; the page's own lines tell them apart."""
    code = blocks(FOLDER / "read-tables-in-python.md", "python")
    assert len(code) >= 8
    script = "".join(_DRAWN.format(number=n) + text for n, (text, _) in enumerate(code))
    done = run_block(demo, f"python -W error::UserWarning - <<'NOTEBOOK'\n{script}NOTEBOOK\n")
    assert done.code == 0, done.text
    parts = re.split(r"^block \d+\n", done.text, flags=re.MULTILINE)[1:]
    for (text, shown), said in zip(code, parts, strict=True):
        missing = [line for line in shown if line.strip() and not is_said(line, said)]
        assert missing == [], f"{text}\n{said}"
