"""YAML with the line of every key, so that a mistake is reported as file:line:key.

Belongs here: reading a file into plain values and marks. Does not: what the keys mean
(``validators.registry``, ``filplus.scoring.rules``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cdp_assets.errors import BadConfiguration

Location = tuple[str | int, ...]


@dataclass(frozen=True)
class MarkedDocument:
    """A YAML file as plain values.

    Attributes:
        file: Its name, for messages.
        value: Mappings, lists and scalars.
        lines: Line of each key and list element, from 1, by its location from the root.
    """

    file: str
    value: Any
    lines: Mapping[Location, int]

    def where(self, location: Location) -> str:
        """Return ``file:line:key`` of a location, or of the nearest part that the file has."""
        known = location
        while known and known not in self.lines:
            known = known[:-1]
        key = ".".join(str(part) for part in location) or "(whole file)"
        return f"{self.file}:{self.lines.get(known, 1)}:{key}"


def read_marked_yaml(path: Path) -> MarkedDocument:
    """Read a YAML file.

    Raises:
        BadConfiguration: Absent, not YAML, or a key twice in one mapping; with file and line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfiguration(
            f"cannot be read ({type(error).__name__})", key=str(path), hint="restore the file"
        ) from None
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        lines: dict[Location, int] = {}
        if node is not None:
            _mark(node, (), lines, path.name)
        value = loader.construct_document(node) if node is not None else None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise BadConfiguration(
            f"is not YAML ({getattr(error, 'problem', None) or error})",
            key=f"{path.name}:{line}",
            hint="mend the line",
        ) from None
    finally:
        loader.dispose()
    return MarkedDocument(path.name, value, lines)


def _mark(node: yaml.Node, location: Location, lines: dict[Location, int], file: str) -> None:
    lines.setdefault(location, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for number, element in enumerate(node.value):
            _mark(element, (*location, number), lines, file)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*location, str(key.value))
            if here in lines:
                raise BadConfiguration(
                    f"the key stands twice, first in line {lines[here]}",
                    key=f"{file}:{key.start_mark.line + 1}:{key.value}",
                    hint="remove one of the two",
                )
            lines[here] = key.start_mark.line + 1
            _mark(value, here, lines, file)
