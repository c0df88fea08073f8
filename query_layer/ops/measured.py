"""Measured: the samples of the metrics that ``ops`` has, in one statement.

Scope: from rows to samples; not here: names (``query_layer.ops.metrics``) or the text form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from query_layer.auth.claims import ANONYMOUS
from query_layer.ops.clock import wall_clock
from query_layer.ops.metrics import (
    ASSET_AGE,
    ASSET_FAILED,
    ASSET_STALE,
    MEASURED,
    SOURCE_OK,
    Metric,
    Sample,
)
from query_layer.ops.service import Service
from query_layer.read.database import Reader
from query_layer.read.statements import statement

_BY_NAME = {metric.name: metric for metric in MEASURED}


async def samples_of_data(
    service: Service, data: Mapping[str, Any]
) -> dict[Metric, Iterable[Sample]]:
    """Return the samples of all metrics of the data.

    Args:
        service: Clock and database.
        data: As ``health.data_health`` returns it.
    """

    async def look(reader: Reader) -> list[Mapping[str, Any]]:
        return await reader.fetch(statement("metrics"), wall_clock(), service.settings.environment)

    found: dict[Metric, list[Sample]] = {metric: [] for metric in MEASURED}
    for row in await service.database.read(ANONYMOUS, look):
        found[_BY_NAME[row["name"]]].append((row["labels"], row["value"]))
    assets, sources = data["assets"], data["sources"]
    return {
        ASSET_AGE: _per_asset(assets, "age_seconds"),
        ASSET_STALE: _per_asset(assets, "stale"),
        ASSET_FAILED: _per_asset(assets, "failed_partitions"),
        SOURCE_OK: [((row["source"],), float(row["ok"])) for row in sources],
        **found,
    }


def _per_asset(assets: Iterable[Mapping[str, Any]], key: str) -> list[Sample]:
    return [((row["asset_key"],), float(row[key])) for row in assets if row[key] is not None]
