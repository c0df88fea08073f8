"""Assets on which the daily checks hang: one per group of tables, so that a table looks checked.

A check that hangs on a table counts as not evaluated from its table's next materialization on, and
hours are materialized more often than a daily check runs. So the daily checks of a group of tables
hang on an asset of their own, which nothing materializes: their newest result stays in sight.

Scope: where a daily check hangs and under which name; not here: any rule.
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
    """Where the daily checks hang.

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
                for made in assets
                for spec in made.specs
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
        """Return the declaration of a check of a table as one of its home."""
        key = self.key(spec.asset_key.to_user_string(), spec.name)
        return dg.AssetCheckSpec(
            key.name,
            asset=key.asset_key,
            description=spec.description,
            metadata={TABLE: dg.MetadataValue.asset(spec.asset_key)},
        )

    def result(self, result: dg.AssetCheckResult) -> dg.AssetCheckResult:
        """Return the result of a check of a table as one of its home."""
        assert result.asset_key is not None
        assert result.check_name is not None
        key = self.key(result.asset_key.to_user_string(), result.check_name)
        return result._replace(
            asset_key=key.asset_key,
            check_name=key.name,
            metadata={TABLE: dg.MetadataValue.asset(result.asset_key), **result.metadata},
        )

    def assets(self, checks: Sequence[dg.AssetChecksDefinition]) -> Iterator[dg.AssetSpec]:
        """Yield the homes that have a check, each downstream of the tables that it is about."""
        tables: dict[dg.AssetKey, set[dg.AssetKey]] = {}
        for spec in (spec for each in checks for spec in each.check_specs):
            tables.setdefault(spec.asset_key, set()).add(spec.metadata[TABLE].value)
        for key, checked in sorted(tables.items()):
            group = self.groups[next(iter(checked)).to_user_string()]
            yield dg.AssetSpec(
                key=key,
                deps=sorted(checked),
                description=(
                    f"The daily checks of {counted(len(checked), 'table')} of the group {group}: "
                    "every check "
                    "is named after its table, and its result links to it. They run once a day "
                    "over the last closed day, and their newest results stand here until the next "
                    "run. What a run checks of the rows that it wrote stands on the table itself."
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
    """Return the table and the check of an evaluation or declaration, wherever it hangs."""
    name = check.name if isinstance(check, dg.AssetCheckSpec) else check.check_name
    table = (check.metadata or {}).get(TABLE)
    if not isinstance(table, dg.DagsterAssetMetadataValue):
        return check.asset_key.to_user_string(), name
    key = table.value
    return key.to_user_string(), name.removeprefix(f"{key.path[-1]}{_SEPARATOR}")
