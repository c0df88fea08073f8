"""Every test asserts an outcome, and no assertion is true whatever happens.

A test asserts by ``assert``, ``pytest.raises``, ``warns`` or ``fail``, or by calling a function
of the tests that does. A name means the function of its own module, else any of the tests.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
_OUTCOMES = frozenset({"raises", "warns", "deprecated_call", "fail"})  # of pytest
_ALWAYS_TRUE = (ast.Lambda, ast.GeneratorExp, ast.JoinedStr)


@dataclass(frozen=True)
class Function:
    """A function of the tests, with what it calls by its last name."""

    path: str
    name: str
    line: int
    asserts: bool
    calls: frozenset[str]


def functions_of(path: str, tree: ast.Module) -> list[Function]:
    """Return the functions and methods of a module; what is within one belongs to it, too."""
    return [
        _read(path, node)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def _read(path: str, function: ast.FunctionDef | ast.AsyncFunctionDef) -> Function:
    asserts, calls = False, set()
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            asserts = True
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            calls.add(node.func.id)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name, owner = node.func.attr, node.func.value
            is_pytest = isinstance(owner, ast.Name) and owner.id == "pytest"
            asserts = asserts or (is_pytest and name in _OUTCOMES)
            calls.add(name)
    return Function(path, function.name, function.lineno, asserts, frozenset(calls))


def without_assertion(functions: Sequence[Function]) -> list[Function]:
    """Return the tests that assert nothing, neither themselves nor by what they call."""
    by_name: dict[str, list[Function]] = {}
    for function in functions:
        by_name.setdefault(function.name, []).append(function)

    def called(function: Function) -> Iterator[Function]:
        for name in function.calls:
            known = by_name.get(name, [])
            yield from [one for one in known if one.path == function.path] or known

    asserting = {function for function in functions if function.asserts}
    while more := {f for f in functions if asserting.intersection(called(f))} - asserting:
        asserting |= more
    return [f for f in functions if f.name.startswith("test_") and f not in asserting]


def _is_always_true(test: ast.expr) -> bool:
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.Tuple | ast.List | ast.Set):
        return any(not isinstance(one, ast.Starred) for one in test.elts)
    if isinstance(test, ast.Dict):
        return any(key is not None for key in test.keys)
    if isinstance(test, ast.BoolOp):
        some_or_all = any if isinstance(test.op, ast.Or) else all
        return some_or_all(map(_is_always_true, test.values))
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return isinstance(test.operand, ast.Constant) and not test.operand.value
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        is_equality = isinstance(test.ops[0], ast.Eq | ast.Is | ast.LtE | ast.GtE)
        has_call = any(isinstance(node, ast.Call) for node in ast.walk(test))
        return is_equality and not has_call and _same(test.left, test.comparators[0])
    return isinstance(test, _ALWAYS_TRUE)


def _same(one: ast.expr, other: ast.expr) -> bool:
    return ast.dump(one) == ast.dump(other)


def true_whatever_happens(tree: ast.Module) -> list[ast.Assert]:
    """Return the assertions that cannot fail."""
    asserts = [node for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    return [node for node in asserts if _is_always_true(node.test)]


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    paths = sorted(TESTS.rglob("*.py"))
    return {str(path.relative_to(TESTS)): ast.parse(path.read_bytes()) for path in paths}


def test_every_test_asserts_an_outcome(trees: dict[str, ast.Module]) -> None:
    functions = [one for path, tree in trees.items() for one in functions_of(path, tree)]
    assert len(functions) > 1_000
    assert [f"{f.path}:{f.line} {f.name}" for f in without_assertion(functions)] == []


def test_no_assertion_is_true_whatever_happens(trees: dict[str, ast.Module]) -> None:
    idle = [
        f"{path}:{node.lineno} {ast.unparse(node)}"
        for path, tree in trees.items()
        for node in true_whatever_happens(tree)
    ]
    assert idle == []


@pytest.mark.parametrize(
    ("body", "asserts"),
    [
        ("run()", False),
        ("print(run())", False),
        ("assert run()", True),
        ("with pytest.raises(ValueError): run()", True),
        ("with suppress.raises(ValueError): run()", False),
        ("pytest.fail('no')", True),
        ("looks_right(run())", True),
        ("page.looks_right()", True),
        ("calls_nothing(run())", False),
        ("indirectly(run())", True),
    ],
)
def test_a_test_without_an_assertion_is_found(body: str, asserts: bool) -> None:
    tree = ast.parse(
        "def looks_right(x):\n assert x\ndef indirectly(x):\n looks_right(x)\n"
        f"def calls_nothing(x):\n print(x)\ndef test_it():\n {body}\n"
    )
    elsewhere = ast.parse("def calls_nothing(x):\n assert x")
    functions = [*functions_of("a.py", tree), *functions_of("b.py", elsewhere)]
    bare = without_assertion(functions)
    assert [function.name for function in bare] == ([] if asserts else ["test_it"])


@pytest.mark.parametrize(
    ("condition", "can_fail"),
    [
        ("True", False), ("1", False), ("'text'", False), ("f'{x}'", False),
        ("x or True", False), ("True and 'a'", False), ("not False", False), ("not None", False),
        ("(x == 1, 'message')", False), ("[x]", False), ("{1: x}", False), ("lambda: x", False),
        ("(y for y in x)", False), ("x == x", False), ("x.a is x.a", False),
        ("x", True), ("False", True), ("x and True", True), ("not x", True), ("x != x", True),
        ("read() == read()", True), ("[*x]", True), ("[y for y in x]", True), ("x == y", True),
    ],
)  # fmt: skip
def test_an_assertion_that_cannot_fail_is_found(condition: str, can_fail: bool) -> None:
    found = true_whatever_happens(ast.parse(f"assert {condition}"))
    assert len(found) == (0 if can_fail else 1)
