"""Sizes as people write them: "5 PiB", "1.5TB", "1125899906842624B" (compliance §1.5).

Scope: from text to bytes; not here: sizes for display, or what a size is of.
"""

from __future__ import annotations

import re
from decimal import ROUND_DOWN, Decimal, localcontext

_SIZE = re.compile(r"([+-]?)([0-9]+(?:\.[0-9]+)?|\.[0-9]+) *([kmgtpez]?)(i?)b", re.IGNORECASE)
_PREFIXES = "kmgtpez"
_IEC_STEP = 1024
_SI_STEP = 1000
_LONGEST = 60  # a size of more characters is prose


def parse_size(text: object) -> int | None:
    """Return the bytes of a size text; null for anything that is no size.

    The text ends in b or B; prefixes with i are binary, others decimal. A part of a byte is cut
    off towards zero, as every division of the programme does. Negative sizes stay negative: a
    decrease of an allocation is written so.
    """
    if not isinstance(text, str) or len(text) > _LONGEST:
        return None
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        return None
    sign, number, prefix, binary = found.groups()
    if binary and not prefix:
        return None
    power = _PREFIXES.index(prefix.lower()) + 1 if prefix else 0
    with localcontext() as context:
        context.prec = 2 * _LONGEST
        size = Decimal(number) * (_IEC_STEP if binary else _SI_STEP) ** power
        size = size.to_integral_value(rounding=ROUND_DOWN)
    return -int(size) if sign == "-" else int(size)
