"""Numbers of things in words: nobody reads "1 rows"."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from cdp_assets.core.checks.check_results import broken_by
from cdp_assets.settings import PROJECT_ROOT
from cdp_assets.units import counted

_THINGS = (
    "addresses|advertisements|alerts|allocators|assets|blocks|checks|clients|copies|counts|days|"
    "deals|entities|entries|files|grants|hours|ids|members|migrations|models|pairs|partitions|"
    "periods|providers|questions|replicas|reports|repositories|requests|rows|rules|runs|services|"
    "slots|sources|tables|times|tries|versions|weeks"
)
_PLURAL = re.compile(rf" (?:landed |more |new |open )?({_THINGS})\b")
# What stands before the noun is no number of things that may be one.
_NEVER_ONE = {
    ("cdp_assets/filplus/checks/check_limits.py", "days"): "the window of a rule, 60",
    ("cdp_assets/filplus/checks/check_limits.py", "times"): "the factor of a rule",
    ("cdp_assets/filplus/checks/client_checks.py", "copies"): "a limit, as the rule writes it",
    ("cdp_assets/filplus/checks/client_checks.py", "days"): "the window of a rule, 60",
    ("cdp_assets/filplus/checks/client_checks.py", "replicas"): "a limit, as the rule writes it",
    (
        "cdp_assets/filplus/providers/ipni/publisher_addresses.py",
        "addresses",
    ): "several, or the text is another",
    ("cdp_assets/validators/chain_assets/chain_plan.py", "periods"): "the name of a chain",
    ("cdp_assets/stack/process_records.py", "runs"): "the name of a service, and a verb",
    ("resources/sources/ipni.py", "counts"): "a word, and a verb",
    ("resources/sources/solana/solana_rpc.py", "slots"): "the size of a batch, in an error of ours",
}


def plurals_of(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and noun of each text in which a value stands right before a plural."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.JoinedStr):
            continue
        for value, after in zip(node.values, node.values[1:], strict=False):
            if not isinstance(value, ast.FormattedValue) or not isinstance(after, ast.Constant):
                continue
            found = _PLURAL.match(str(after.value))
            is_constant = isinstance(value.value, ast.Name) and value.value.id.isupper()
            if found and not is_constant:
                yield node.lineno, found[1]


def test_every_number_of_things_is_written_by_the_one_function_for_it() -> None:
    found: dict[tuple[str, str], int] = {}
    for folder in ("cdp_assets", "resources", "sensors"):
        for path in sorted((PROJECT_ROOT / folder).rglob("*.py")):
            name = str(path.relative_to(PROJECT_ROOT))
            found |= {(name, noun): line for line, noun in plurals_of(ast.parse(path.read_text()))}
    assert {place: line for place, line in found.items() if place not in _NEVER_ONE} == {}
    assert _NEVER_ONE.keys() - found.keys() == set()


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("f'{n} rows'", True),
        ("f'{n:,} of {m} rows break'", True),
        ("f'{n} new versions'", True),
        ("f'{counted(n, \"row\")} break'", False),
        ("f'{LARGEST} rows'", False),
        ("f'{n} rowing'", False),
        ("f'the rows: {n}'", False),
    ],
)
def test_a_bare_number_before_a_plural_is_found(text: str, is_found: bool) -> None:
    assert bool(list(plurals_of(ast.parse(text)))) is is_found


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0 entries"), (1, "1 entry"), (2, "2 entries"), (2000, "2,000 entries")],
)
def test_one_thing_is_one_and_several_are_several(number: int, words: str) -> None:
    assert counted(number, "entry", "entries") == words


def test_one_row_breaks_a_rule_and_several_break_it() -> None:
    assert broken_by(counted(1, "row"), 1) == "1 row breaks the rule."
    assert broken_by(counted(3, "row"), 3) == "3 rows break the rule."
    assert broken_by("1 of 3 rows", 1) == "1 of 3 rows breaks the rule."
