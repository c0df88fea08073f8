"""One step of validator work in a process of its own, so that a test can kill it.

Run as ``python -m tests.integration.validators.worker STEP DSN NODE_URL AS_OF PERIOD FIRST``.
"""

from __future__ import annotations

import sys
import warnings
from datetime import datetime

from cdp_assets.settings import publish_environment


def main(step: str, dsn: str, node_url: str, as_of: str, period: str, first: str) -> None:
    """Do one step: ``stage_fees`` or ``write_fees``."""
    warnings.simplefilter("ignore")
    publish_environment({"CDP_SOLANA_RPC_URL": f"{node_url}/solana", "CDP_AS_OF": as_of})
    from cdp_assets.validators.canonical.normalise import WriteContext
    from cdp_assets.validators.chains.chain_registry import load_registry
    from cdp_assets.validators.ingestion.sources import ChainSources
    from cdp_assets.validators.periods import period_steps
    from resources.postgres.warehouse import Warehouse

    registry = load_registry()
    chain = registry.chains[0].model_copy(update={"first_period": int(first)})
    registry = registry.model_copy(update={"chains": [chain]})
    context = WriteContext(chain, registry, datetime.fromisoformat(as_of), "worker")
    warehouse = Warehouse(url=dsn)
    if step == "stage_fees":
        period_steps.stage_fees(context, warehouse, ChainSources(tries=1), period)
    else:
        period_steps.write_fees(context, warehouse, period)


if __name__ == "__main__":
    main(*sys.argv[1:])
