"""A release in a process of its own, so that a test can kill it.

Run as ``python -m tests.integration.validators.statements.worker DSN AS_OF``.
"""

from __future__ import annotations

import sys
import warnings
from datetime import datetime

from cdp_assets.settings import publish_environment


def main(dsn: str, as_of: str) -> None:
    """Release the statement of the world."""
    warnings.simplefilter("ignore")
    publish_environment({"CDP_AS_OF": as_of})
    from tests.integration.validators.statements.statement_world import CAT, StatementWorld

    StatementWorld(dsn, now=datetime.fromisoformat(as_of)).do("release", CAT)


if __name__ == "__main__":
    main(*sys.argv[1:])
