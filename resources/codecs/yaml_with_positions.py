"""The one loader of our YAML files: values of YAML 1.2 and the line and column of every key.

Only ``true`` and ``false`` are booleans, ``null`` and ``~`` are null; ``no``, ``2026-08-01``,
``12:30`` and ``1_000`` are text (YAML 1.2, core schema). Anchors, tags, merge keys, several
documents and duplicate keys are refused, with the line. libyaml parses, in C.

Scope: plain values and positions of a file; not here: what the keys mean
(``validators.chains.chain_registry``, ``filplus.scoring.rules``, ``quality.suites``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cdp_assets.errors import BadConfiguration

Location = tuple[str | int, ...]
Scalar = str | int | float | bool | None
# YAML 1.2.2, 10.3.2: the tags of plain scalars, tried in this order; any other scalar is text.
_CORE_SCHEMA: tuple[tuple[re.Pattern[str], Callable[[str], Scalar]], ...] = (
    (re.compile(r"null|Null|NULL|~|"), lambda _: None),
    (re.compile(r"true|True|TRUE|false|False|FALSE"), lambda text: text[0] in "tT"),
    (re.compile(r"[-+]?[0-9]+"), int),
    (re.compile(r"0o[0-7]+"), lambda text: int(text[2:], 8)),
    (re.compile(r"0x[0-9a-fA-F]+"), lambda text: int(text, 16)),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
    (re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"), lambda text: float(_without_dot(text))),
)


def _without_dot(text: str) -> str:
    return text.replace(".", "", 1)


class _Loader(yaml.CSafeLoader):
    """Composes nodes only: values are read from them by the core schema."""


_Loader.yaml_implicit_resolvers = {}  # every scalar without a tag is a text to the composer


@dataclass(frozen=True)
class YamlDocument:
    """A YAML file as plain values.

    Attributes:
        file: Its name, for messages.
        value: Mappings, lists and scalars.
        positions: Line and column of each key and list element, from 1, by its location.
    """

    file: str
    value: Any
    positions: Mapping[Location, tuple[int, int]]

    def where(self, location: Location) -> str:
        """Return ``file:line:key`` of a location, or of the nearest part that the file has."""
        known = location
        while known and known not in self.positions:
            known = known[:-1]
        key = ".".join(str(part) for part in location) or "(the file)"
        line, _ = self.positions.get(known, (1, 1))
        return f"{self.file}:{line}:{key}"


def read_yaml(path: Path) -> YamlDocument:
    """Read a YAML file.

    Raises:
        BadConfiguration: Absent, not YAML, or with what is refused here; with file and line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfiguration(
            f"cannot be read ({type(error).__name__})", key=str(path), hint="restore the file"
        ) from None
    return parse_yaml(text, path.name)


def parse_yaml(text: str, file: str) -> YamlDocument:
    """Read the text of a YAML file, whose name is for messages.

    Raises:
        BadConfiguration: As of :func:`read_yaml`.
    """
    try:
        _refuse_anchors(text, file)
        node = yaml.compose(text, Loader=_Loader)
        positions: dict[Location, tuple[int, int]] = {}
        value = None if node is None else _Reader(file, positions).read(node, ())
    except RecursionError:
        raise BadConfiguration("is nested too deeply", key=file, hint="flatten it") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        raise BadConfiguration(
            f"is not YAML ({getattr(error, 'problem', None) or error})",
            key=f"{file}:{mark.line + 1 if mark else 1}",
            hint="correct the line",
        ) from None
    return YamlDocument(file, value, positions)


def _refuse_anchors(text: str, file: str) -> None:
    """Raise for an anchor: an alias of an alias would let a small file become a huge value."""
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            raise _refusal(f"&{event.anchor} or *{event.anchor}", event.start_mark, file)


def _refusal(what: str, mark: Any, file: str) -> BadConfiguration:
    return BadConfiguration(
        f"{what} is not allowed in this file",
        key=f"{file}:{mark.line + 1}",
        hint="write the value out",
    )


@dataclass(frozen=True)
class _Reader:
    """Reads values from nodes and records where each one is."""

    file: str
    positions: dict[Location, tuple[int, int]]

    def read(self, node: yaml.Node, location: Location) -> Any:
        self._record(node, location)
        if isinstance(node, yaml.SequenceNode):
            self._require_tag(node, "seq")
            return [self.read(child, (*location, n)) for n, child in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            self._require_tag(node, "map")
            return dict(self._member(key, value, location) for key, value in node.value)
        self._require_tag(node, "str")
        is_quoted = isinstance(node, yaml.ScalarNode) and bool(node.style)
        return node.value if is_quoted else _core_value(node.value)

    def _member(self, key: yaml.Node, value: yaml.Node, location: Location) -> tuple[Scalar, Any]:
        if not isinstance(key, yaml.ScalarNode) or key.value == "<<":
            raise _refusal("a key that is not plain text", key.start_mark, self.file)
        here = (*location, str(key.value))
        if here in self.positions:
            raise BadConfiguration(
                f"the key occurs twice, first in line {self.positions[here][0]}",
                key=f"{self.file}:{key.start_mark.line + 1}:{key.value}",
                hint="remove one of the two",
            )
        self._record(key, here)
        return self.read(key, here), self.read(value, here)

    def _record(self, node: yaml.Node, location: Location) -> None:
        mark = node.start_mark
        self.positions.setdefault(location, (mark.line + 1, mark.column + 1))

    def _require_tag(self, node: yaml.Node, tag: str) -> None:
        if node.tag not in (f"tag:yaml.org,2002:{tag}", "!"):
            raise _refusal(f"the tag {node.tag}", node.start_mark, self.file)


def _core_value(text: str) -> Scalar:
    for pattern, read in _CORE_SCHEMA:
        if pattern.fullmatch(text):
            return read(text)
    return text
