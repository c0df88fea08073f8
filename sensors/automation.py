"""Every schedule and sensor, and whether it runs unless somebody says otherwise."""

from __future__ import annotations

from typing import Any


def build_automation() -> dict[str, Any]:
    """Return schedules and sensors by the name of the argument of ``Definitions``."""
    return {"schedules": [], "sensors": []}
