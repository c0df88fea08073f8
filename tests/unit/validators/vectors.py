"""The vectors of the specification of validators, as the shared data holds them.

Modules that import it are skipped as a whole where the shared data is absent. Scope: reading the
file; not here: that each vector is run (``test_vectors``).
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import SHARED_DATA

if not SHARED_DATA.is_dir():
    pytest.skip("the vectors are shared data, which is absent", allow_module_level=True)

VECTORS: dict[str, Any] = json.loads((SHARED_DATA / "validator/vectors.json").read_text())
