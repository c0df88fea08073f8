"""The hash of what a computed row was computed from (validator §10).

Equal hashes mean equal inputs, so computing again writes nothing. Scope: the hash; not here: which
rows are inputs (each computation lists its own).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

InputRow = tuple[str, str, str]  # table, business key, version
_encoded = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def inputs_hash(rows: Iterable[InputRow]) -> str:
    """Return the SHA-256 over the sorted list of table, key and version, as hexadecimal digits."""
    return hashlib.sha256(_encoded(sorted(rows)).encode()).hexdigest()
