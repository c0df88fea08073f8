"""Asset keys of one chain, as ``schema/…/table`` texts of the ops contract (spec README).

Scope: names; not here: which of them a chain has (``chain_assets.chain_steps``).
"""

from __future__ import annotations

from dataclasses import dataclass

REGISTRY_KEY = "validators/chain_registry"
FX_KEY = "validators/fx_rates"
PLAN = "chain_periods"  # plans the runs of all assets of chains and of the registry


@dataclass(frozen=True)
class ChainKeys:
    """Keys of the assets that exist once per chain; ``chain`` is the chain id in snake case."""

    chain: str

    @property
    def periods(self) -> str:
        """``canonical_periods``."""
        return self.table("canonical_periods")

    def staging(self, data_type: str) -> str:
        """Return the raw responses of a data type, such as ``staging_fees``."""
        return f"staging/{self.chain}/staging_{data_type.lower()}"

    def table(self, name: str) -> str:
        """Return the key of the chain's part of a table of ``validators``."""
        return f"validators/{self.chain}/{name}"

    @property
    def staging_meta(self) -> str:
        """``staging_meta``: observations of validators."""
        return self.staging("META")

    @property
    def staging_fees(self) -> str:
        """``staging_fees``: raw fee responses."""
        return self.staging("FEES")

    @property
    def staging_mev(self) -> str:
        """``staging_mev``: raw MEV responses."""
        return self.staging("MEV")

    @property
    def staging_rewards(self) -> str:
        """``staging_rewards``: raw responses about staking rewards."""
        return self.staging("REWARDS")

    @property
    def identities(self) -> str:
        """``canonical_validator_identities``."""
        return self.table("canonical_validator_identities")

    @property
    def meta(self) -> str:
        """``canonical_validator_meta``."""
        return self.table("canonical_validator_meta")

    @property
    def fees(self) -> str:
        """``canonical_validator_fees``."""
        return self.table("canonical_validator_fees")

    @property
    def client_stakes(self) -> str:
        """``canonical_client_stakes``."""
        return self.table("canonical_client_stakes")

    @property
    def pnl(self) -> str:
        """``validator_pnl``."""
        return self.table("validator_pnl")

    @property
    def lines(self) -> str:
        """``partner_commission_lines``."""
        return self.table("partner_commission_lines")

    @property
    def mapping_changes(self) -> str:
        """Periods whose client mappings changed: no table, see ``periods.marks``."""
        return self.table("client_mappings")

    @property
    def term_changes(self) -> str:
        """Periods whose agreements, overrides or tier windows changed; as above."""
        return self.table("agreement_terms")

    @property
    def price_changes(self) -> str:
        """Periods whose price changed; as above."""
        return self.table("prices")

    @property
    def mev(self) -> str:
        """``canonical_validator_mev``."""
        return self.table("canonical_validator_mev")

    @property
    def rewards(self) -> str:
        """``canonical_stake_rewards``."""
        return self.table("canonical_stake_rewards")
