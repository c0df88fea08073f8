"""One step of validator work in a process of its own, so that a test can kill it.

Run as ``python -m tests.integration.validators.worker STEP DSN NODE_URL AS_OF PERIOD FIRST``.
"""

from __future__ import annotations

import sys
import warnings

from cdp_assets.settings import publish_environment


def main(step: str, dsn: str, node_url: str, as_of: str, period: str, first: str) -> None:
    """Do one step: ``stage_fees``, ``write_fees`` or ``write_lines``."""
    warnings.simplefilter("ignore")
    publish_environment({"CDP_SOLANA_RPC_URL": f"{node_url}/solana", "CDP_AS_OF": as_of})
    from cdp_assets.core.runs.partition_run import DirectRun
    from cdp_assets.validators.chain_assets.chain_steps import period_steps_of
    from cdp_assets.validators.chains.chain_keys import ChainKeys
    from cdp_assets.validators.chains.chain_registry import load_registry
    from cdp_assets.validators.ingestion.sources import ChainSources
    from resources.postgres.warehouse import Warehouse

    registry = load_registry()
    chain = registry.chains[0].model_copy(update={"first_period": int(first)})
    registry = registry.model_copy(update={"chains": [chain]})
    keys = ChainKeys(chain.key_name)
    key = {
        "stage_fees": keys.staging_fees,
        "write_fees": keys.fees,
        "write_lines": keys.lines,
    }[step]
    period_steps_of(registry, chain)[key].run(
        DirectRun("worker"), Warehouse(url=dsn), registry, chain, ChainSources(tries=1), [period]
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
