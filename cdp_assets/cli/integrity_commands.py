"""Commands that verify the stored rows of validators; they change nothing.

Scope: arguments and printing; not here: any work (``cdp_assets.validators.verification``).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import typer

from cdp_assets.cli.terminal import show
from cdp_assets.units import counted

if TYPE_CHECKING:
    from cdp_assets.validators.verification.verified import Verified


def add_integrity_commands(app: typer.Typer, epilog: str) -> None:
    """Add ``verify-integrity`` and ``replay`` to the command line."""
    app.command(name="verify-integrity", epilog=epilog)(verify_integrity)
    app.command(epilog=epilog)(replay)


def verify_integrity() -> None:
    """Verify completeness, versions, payloads and hashes of the validators' tables; exit 1 if bad.

    Statements and agreements are compared with the audit log, too. Reads every version and
    stored response in one snapshot. Example: cdp verify-integrity
    """
    from cdp_assets.settings import get_settings
    from cdp_assets.validators.chain_assets.chain_steps import period_steps_of
    from cdp_assets.validators.chains.chain_registry import load_registry
    from cdp_assets.validators.verification import integrity
    from resources.postgres.database_urls import start_servers
    from resources.postgres.warehouse import Warehouse

    start_servers(get_settings())
    registry = load_registry()
    keys = {chain.chain_id: list(period_steps_of(registry, chain)) for chain in registry.chains}
    with Warehouse().connect(application="cdp verify-integrity", is_read_only=True) as connection:
        _report(integrity.verify_integrity(connection, registry, keys))


def replay() -> None:
    """Rebuild the canonical tables of validators from stored responses, and compare.

    Nothing is stored; exit 1 if a current row differs. Example: cdp replay
    """
    from cdp_assets.settings import get_settings
    from cdp_assets.validators.chains.chain_registry import load_registry
    from cdp_assets.validators.verification import replay as replays
    from resources.postgres.database_urls import start_servers
    from resources.postgres.warehouse import Warehouse

    start_servers(get_settings())
    _report(replays.replay(Warehouse(), load_registry()))


def show_sources() -> bool:
    """Print how each source of the chains responds; return whether all that have an address do."""
    from cdp_assets.settings import get_settings
    from cdp_assets.validators.chains.chain_registry import load_registry
    from cdp_assets.validators.ingestion.sources import ChainSources
    from cdp_assets.validators.verification.source_reach import probe_sources
    from resources.postgres.database_urls import start_servers
    from resources.postgres.warehouse import Warehouse

    start_servers(get_settings())
    is_good = True
    for reach in probe_sources(load_registry(), ChainSources(), Warehouse()):
        is_good &= reach.is_good
        show(f"{'ok ' if reach.is_good else 'BAD'}  {reach.line()}")
    return is_good


def _report(results: Iterable[Verified]) -> None:
    """Print each result as it comes, and exit with 1 if one is broken."""
    broken = 0
    for result in results:
        broken += bool(result.broken_count)
        for line in result.lines():
            show(line)
    if broken:
        show(f"{counted(broken, 'verification')} failed", is_error=True)
        sys.exit(1)
