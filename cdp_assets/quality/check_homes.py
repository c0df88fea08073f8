"""Assets that carry the daily checks: one per group of tables, so that results stay visible.

The UI shows a check as not evaluated after the next materialization of its asset, and hours are
materialized more often than a daily check runs. So the daily checks of a group of tables belong to
an asset of their own, which nothing materializes: the UI shows their newest results.

Scope: the asset and the name of a daily check; not here: any rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import dagster as dg

from cdp_assets.units import counted

TABLE = "table"  # label of a daily check's result: the asset that it is about
_SEPARATOR = "__"
_GROUP = "ops"


@dataclass(frozen=True)
class CheckHomes:
    """The assets of the daily checks.

    Attributes:
        groups: Group of each table, by asset key.
    """

    groups: Mapping[str, str]

    @classmethod
    def of(cls, assets: Sequence[dg.AssetsDefinition]) -> CheckHomes:
        """Return the homes of the checks of assets."""
        return cls(
            {
                spec.key.to_user_string(): spec.group_name or ""
                for asset in assets
                for spec in asset.specs
            }
        )

    def key(self, asset_key: str, name: str) -> dg.AssetCheckKey:
        """Return the key of a daily check of a table.

        Args:
            asset_key: ``schema/table``.
            name: Of the check, unique within its table.
        """
        home = dg.AssetKey([_GROUP, f"{self.groups[asset_key]}_quality"])
        return dg.AssetCheckKey(home, f"{asset_key.split('/')[-1]}{_SEPARATOR}{name}")

    def spec(self, spec: dg.AssetCheckSpec) -> dg.AssetCheckSpec:
        """Return the declaration of a table's check, attached to its home."""
        key = self.key(spec.asset_key.to_user_string(), spec.name)
        return dg.AssetCheckSpec(
            key.name,
            asset=key.asset_key,
            description=spec.description,
            metadata={TABLE: dg.MetadataValue.asset(spec.asset_key)},
        )

    def result(self, result: dg.AssetCheckResult) -> dg.AssetCheckResult:
        """Return the result of a table's check, attached to its home."""
        assert result.asset_key is not None
        assert result.check_name is not None
        key = self.key(result.asset_key.to_user_string(), result.check_name)
        return result._replace(
            asset_key=key.asset_key,
            check_name=key.name,
            metadata={TABLE: dg.MetadataValue.asset(result.asset_key), **result.metadata},
        )

    def assets(self, checks: Sequence[dg.AssetChecksDefinition]) -> Iterator[dg.AssetSpec]:
        """Yield the homes that have a check, each downstream of the tables that it checks."""
        tables: dict[dg.AssetKey, set[dg.AssetKey]] = {}
        for spec in (spec for each in checks for spec in each.check_specs):
            tables.setdefault(spec.asset_key, set()).add(spec.metadata[TABLE].value)
        for key, checked in sorted(tables.items()):
            group = self.groups[next(iter(checked)).to_user_string()]
            yield dg.AssetSpec(
                key=key,
                deps=sorted(checked),
                description=(
                    f"The daily checks of {counted(len(checked), 'table')} of the group {group}. "
                    "Every check is named after its table, and its result links to it. They run "
                    "once a day over the last closed day. Checks of the rows that a run wrote are "
                    "on the table itself."
                ),
                group_name=_GROUP,
                kinds={"postgres"},
                tags={
                    "domain": "ops",
                    "layer": "quality",
                    "cadence": "daily",
                    "pii": "none",
                    "tier": "1",
                },
            )


def about(check: dg.AssetCheckEvaluation | dg.AssetCheckSpec) -> tuple[str, str]:
    """Return the table and the name of a check, whether attached to the table or to a home."""
    name = check.name if isinstance(check, dg.AssetCheckSpec) else check.check_name
    table = (check.metadata or {}).get(TABLE)
    if not isinstance(table, dg.DagsterAssetMetadataValue):
        return check.asset_key.to_user_string(), name
    key = table.value
    return key.to_user_string(), name.removeprefix(f"{key.path[-1]}{_SEPARATOR}")
