"""Escape characters in outside texts that Postgres cannot store.

Scope: the one rule for all sources; not here: what a source does with a text that breaks it (its
reader), or control characters in texts that are displayed.
"""

from __future__ import annotations


def is_plain(text: str) -> bool:
    """Return whether a text has neither a NUL nor half a character (a lone surrogate)."""
    return "\0" not in text and not any("\ud800" <= one <= "\udfff" for one in text)


def escape_unstorable(text: str) -> str:
    """Return a text with NULs and half characters as escapes, so that any text can be stored."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
