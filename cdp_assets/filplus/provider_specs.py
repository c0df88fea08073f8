"""What Dagster is told about the assets of provider sources; texts come from the migration's file.

Belongs here: specs. Does not: what a run of an asset does (``<source>_assets``).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import dagster as dg
import yaml

from cdp_assets.freshness import FRESHNESS_BY_CADENCE
from cdp_assets.settings import PROJECT_ROOT
from cdp_assets.table_columns import landed_columns

OWNER = "filplus-data@example.org"
FAMILY = "provider_sources"  # tag of all of them; jobs of their own make them
_TEXTS = PROJECT_ROOT / "migrations" / "provider_tables.yaml"


def provider_spec(
    asset_key: str,
    *,
    source: str,
    description: str,
    group: str,
    cadence: str,
    code_version: str,
    deps: list[dg.AssetDep] | None = None,
    primary_key: str = "",
    reads: str = "",
    tier: str = "1",
    has_history: bool = False,
    answers: str = "",
    present_only: bool = False,
) -> dg.AssetSpec:
    """Return the spec of one table.

    Args:
        asset_key: ``schema/table``; a table of ``filplus`` is a mart.
        source: Outside system that it is made of, for the tag.
        description: Grain first, two to six sentences.
        group: Group of the specification.
        cadence: Decides the freshness policy.
        code_version: Of the code that makes the rows.
        deps: What it reads.
        primary_key: Columns, of a mart.
        reads: What a run reads and why that is bounded, of a mart.
        tier: 1 where reports read it.
        has_history: The source answers for past days, so that those are due before the first run.
        answers: Table of kept answers of which past days can be made again.
        present_only: What its inputs become later says nothing of past days.
    """
    schema, table = asset_key.split("/")
    is_mart = schema == "filplus"
    columns = column_schema(f"{schema}.{table}") if is_mart else landed_columns(asset_key)
    metadata: dict[str, Any] = {"dagster/column_schema": columns}
    if not has_history:
        metadata |= {"observed": asset_key, "answers": answers}
    if present_only:
        metadata["present_only"] = True
    if is_mart:
        metadata |= {
            "primary_key": primary_key,
            "reads": reads,
        }
    return dg.AssetSpec(
        key=[schema, table],
        deps=deps,
        description=description,
        group_name=group,
        owners=[OWNER],
        kinds={"python", "postgres"},
        tags={
            "domain": "filplus", "layer": "mart" if is_mart else "landing", "cadence": cadence,
            "pii": "none", "tier": tier, "family": FAMILY, "source": source,
        },
        freshness_policy=FRESHNESS_BY_CADENCE[cadence],
        metadata=metadata,
        code_version=code_version,
    )  # fmt: skip


@lru_cache(maxsize=1)
def _texts() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(_TEXTS.read_text())
    return found


def column_schema(table: str) -> dg.TableSchema:
    """Return the columns of a table with their meaning."""
    columns = _texts()[table]["columns"]
    return dg.TableSchema(
        columns=[
            dg.TableColumn(name=name, type=column["type"], description=column["text"])
            for name, column in columns.items()
        ]
    )
