"""Texts of strangers that a database can hold.

Belongs here: the one rule for all sources. Does not: what a source does about a text that breaks
it (its reader), or control characters in what people are shown.
"""

from __future__ import annotations


def is_plain(text: str) -> bool:
    """Tell whether a text has neither a NUL nor half a character (a lone surrogate)."""
    return "\0" not in text and not any("\ud800" <= one <= "\udfff" for one in text)


def escape_unstorable(text: str) -> str:
    """Return a text with NULs and half characters as escapes, so that any text can be kept."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
