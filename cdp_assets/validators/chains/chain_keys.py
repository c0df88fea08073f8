"""Asset keys of one chain, as ``schema/…/table`` texts of the ops contract (spec README)."""

from __future__ import annotations

from dataclasses import dataclass

REGISTRY_KEY = "validators/chain_registry"
PLAN = "chain_periods"  # plans the runs of all assets of chains and of the registry


@dataclass(frozen=True)
class ChainKeys:
    """Keys of the assets that exist once per chain; ``chain`` is the chain id in snake case."""

    chain: str

    @property
    def periods(self) -> str:
        """``canonical_periods``."""
        return f"validators/{self.chain}/canonical_periods"

    @property
    def staging_meta(self) -> str:
        """``staging_meta``: observations of validators."""
        return f"staging/{self.chain}/staging_meta"

    @property
    def staging_fees(self) -> str:
        """``staging_fees``: raw fee responses."""
        return f"staging/{self.chain}/staging_fees"

    @property
    def identities(self) -> str:
        """``canonical_validator_identities``."""
        return f"validators/{self.chain}/canonical_validator_identities"

    @property
    def fees(self) -> str:
        """``canonical_validator_fees``."""
        return f"validators/{self.chain}/canonical_validator_fees"

    def partitioned(self) -> list[str]:
        """Return the assets that have one partition per period, upstream first."""
        return [self.staging_meta, self.identities, self.staging_fees, self.fees]
