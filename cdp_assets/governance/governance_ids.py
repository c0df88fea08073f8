"""Ids of what people add: the same thing has the same id on every machine, without chance."""

from __future__ import annotations

from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

NAMESPACE: Final = uuid5(NAMESPACE_URL, "governance")


def governance_id(kind: str, *parts: object) -> UUID:
    """Return the id of a thing by what makes it one, such as a user by the e-mail address."""
    return uuid5(NAMESPACE, "|".join([kind, *(str(part) for part in parts)]))
