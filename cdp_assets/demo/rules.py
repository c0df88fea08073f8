"""The demo's rules: the shipped ones, and a second version from its fourth week on.

Production has one version until governance decides otherwise; the demo's second one shows how a
change of the rules changes scores. Scope: that file; not here: what rules mean
(``cdp_assets.filplus.scoring``).
"""

from __future__ import annotations

import textwrap
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from cdp_assets.filplus.scoring.rules import FILE
from resources.codecs.yaml_with_positions import parse_yaml
from resources.local.state_files import write_file

SINCE = date(2026, 8, 1)
# Clients per month for which an allocator has all points, half of them: stricter than before.
_ALL_POINTS, _HALF = 1.0, 0.5


def write_rules(path: Path) -> None:
    """Write the file; the same text each time, so a second demo changes nothing."""
    text = FILE.read_text(encoding="utf-8")
    second = _stricter(parse_yaml(text, FILE.name).value["versions"][-1])
    added = yaml.safe_dump([second], sort_keys=False, default_flow_style=None, width=1_000)
    write_file(path, f"{text.rstrip()}\n{textwrap.indent(added, '  ')}")


def _stricter(rules: dict[str, Any]) -> dict[str, Any]:
    """Return the next version of some rules, which requires more clients per month."""
    diversity = {
        "tiers": [
            {"above": _ALL_POINTS, "points": 2},
            {"at_least": _HALF, "points": 1},
            {"points": 0},
        ],
        "ranges": [
            {"min": _ALL_POINTS, "max": None, "points": 2},
            {"min": _HALF, "max": _ALL_POINTS, "points": 1},
            {"min": 0, "max": _HALF, "points": 0},
        ],
    }
    metrics = [
        {**metric, **diversity} if metric["code"] == "CLIENT_DIVERSITY" else metric
        for metric in rules["metrics"]
    ]
    version = rules["version"] + 1
    return {**rules, "version": version, "effective_from": SINCE, "metrics": metrics}
