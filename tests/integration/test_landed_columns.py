"""``landed_columns.yaml`` describes the tables as they are: names, types, order, nulls."""

from __future__ import annotations

import psycopg
import pytest
import yaml

from cdp_assets.table_columns import LANDED, column_schema, landed_columns

pytestmark = pytest.mark.integration
TABLES = sorted(yaml.safe_load(LANDED.read_text()))


@pytest.mark.parametrize("table", TABLES)
def test_columns_described_are_those_of_the_table(warehouse_dsn: str, table: str) -> None:
    described = landed_columns(table.replace(".", "/")).columns
    with psycopg.connect(warehouse_dsn) as connection:
        stored = column_schema(connection, *table.split(".")).columns
    assert [(c.name, c.type, c.constraints.nullable) for c in described] == [
        (c.name, c.type, c.constraints.nullable) for c in stored
    ]
    assert all(column.description for column in described)
