"""Every vector of the specification is run: read by a test, with each of its figures.

Tests are read, not run: a vector counts where a test function, or a value of its module that it
uses, takes it out of ``vectors.json`` by its id, and a figure where that function names its key.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.validators.vectors import VECTORS

TESTS = Path(__file__).resolve().parents[2]
# Vectors that stand in the page alone, and the figure that a test has of each.
ONLY_IN_THE_PAGE = {
    "E1": ("82054210824", "8430417243", "296066358791"),
    "H1": ("ed8721cf1bd320ecbf60baa738d1ef92631e8323dd26ed3a25894e4a4521abd9",),
    "H2": ("15d53ebfca444d9cc1ef27e9673e67e5a2c3afddc63bc08825260155257338c9",),
    "S1": ("1b636ac1efbc3204239eb52ea24640c870c24c3b0b34f42991c5b3000fd81eec",),
    "M1": (
        "cac3d448d4e20a2ad5eae1f500e63c2a7f9217cd14572ba7fd22e26dc1ec2648",
        "a23bd5b06da9048238a65b3f1d9d0b9e15fae3dde262688e6489aa4c763d1820",
        "6a3fc11b79f836bda340e75c8906e961b8adf4d6a08a2b992e3f38cd6ff38ebf",
    ),
}
_NOT_FIGURES = {"note"}


def _statements() -> Iterator[tuple[set[str], bool]]:
    """Yield, of each test function, the texts in it and whether it uses the vectors."""
    for path in TESTS.rglob("test_*.py"):
        source = path.read_text()
        if "VECTORS" not in source and "vectors.json" not in source:
            continue
        body = ast.parse(source).body
        values = {
            target.id: statement.value
            for statement in body
            if isinstance(statement, ast.Assign)
            for target in statement.targets
            if isinstance(target, ast.Name)
        }
        for statement in body:
            if isinstance(statement, ast.FunctionDef) and statement.name.startswith("test_"):
                names = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
                used = [statement, *(value for name, value in values.items() if name in names)]
                nodes = [node for one in used for node in ast.walk(one)]
                texts = {
                    node.value
                    for node in nodes
                    if isinstance(node, ast.Constant) and isinstance(node.value, str)
                }
                names |= {node.id for node in nodes if isinstance(node, ast.Name)}
                yield texts, "VECTORS" in names or "vectors.json" in texts


@pytest.fixture(scope="module")
def named() -> dict[str, set[str]]:
    """The texts of all tests that take a vector, by its id."""
    found: dict[str, set[str]] = defaultdict(set)
    for texts, uses_vectors in _statements():
        for vector in texts & VECTORS.keys() if uses_vectors else ():
            found[vector] |= texts
    return found


def _keys(vector: Any) -> set[str]:
    """Return the names of a vector's figures."""
    if isinstance(vector, list):
        return set().union(*(_keys(one) for one in vector))
    return set(vector) - _NOT_FIGURES if isinstance(vector, dict) else set()


@pytest.mark.parametrize("name", VECTORS)
def test_each_vector_is_run_with_each_of_its_figures(named: dict[str, set[str]], name: str) -> None:
    assert name in named, f"no test takes vector {name} out of vectors.json"
    assert _keys(VECTORS[name]) - named[name] == set(), f"figures of {name} that no test reads"


def test_each_vector_of_the_page_is_one_of_the_file_or_has_its_figure_in_a_test(
    shared_data: Path,
) -> None:
    page = (shared_data.parent / "spec" / "validator.md").read_text()
    ids = set(re.findall(r"(?<![\w-])[A-HJ-Z]\d{1,2}(?!\w)", page))  # I1 to I16 are invariants
    in_file = {name.split("_")[0] for name in VECTORS}
    assert ids - in_file == set(ONLY_IN_THE_PAGE)
    tests = "".join(path.read_text() for path in TESTS.rglob("test_*.py") if path != Path(__file__))
    figures = {name: set(values) for name, values in ONLY_IN_THE_PAGE.items()}
    numbers = tests.replace("_", "")
    assert {
        name: lacking
        for name, values in figures.items()
        if (lacking := {value for value in values if value not in numbers})
    } == {}
