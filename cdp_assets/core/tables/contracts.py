"""The contract of every table: its columns, units and key, as the dbt manifest declares them.

Models declare theirs beside their SQL; tables that dbt does not build are dbt sources, declared in
``dbt_project/models/sources``. Scope: reading the manifest, and handing a table's columns to its
asset; not here: comments in the database (see ``table_comments``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import dagster as dg

from cdp_assets.core.tables.asset_contacts import owned_by
from resources.dbt_runner import require_manifest

COLUMN_SCHEMA = "dagster/column_schema"


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        name: Name in the database.
        data_type: As Postgres writes it.
        description: Meaning, unit and meaning of null.
        is_nullable: Whether a row may lack it.
        unit: Of a number that has one: ``bytes`` or ``attofil``.
        is_written: Whether runs write it; else the database fills it, or it stays null.
    """

    name: str
    data_type: str
    description: str
    is_nullable: bool
    unit: str | None
    is_written: bool

    @property
    def shown(self) -> dg.TableColumn:
        """Return the column as the UI shows it."""
        return dg.TableColumn(
            self.name,
            self.data_type,
            description=self.description,
            constraints=dg.TableColumnConstraints(nullable=self.is_nullable),
        )


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes:
        unique_id: dbt's id of the model or source.
        schema: Schema in the database.
        name: Name without the schema.
        description: Grain, keys, origin, meaning of null or of no row.
        columns: In the order of the database.
        primary_key: Columns that identify a row; empty without one.
        source: dbt source that declares it; null for a model, which dbt builds.
    """

    unique_id: str
    schema: str
    name: str
    description: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    source: str | None


@lru_cache(maxsize=1)
def tables() -> Mapping[str, Table]:
    """Return every declared table by ``schema/table``, read once in a process.

    Raises:
        BadConfiguration: The manifest is missing or older than the project's files.
    """
    return {f"{table.schema}/{table.name}": table for table in _declared(require_manifest())}


def schema_of(columns: Iterable[Column]) -> dg.TableSchema:
    """Return columns as the UI shows them."""
    return dg.TableSchema(columns=[column.shown for column in columns])


def with_contract(spec: dg.AssetSpec) -> dg.AssetSpec:
    """Return an asset with its table's contract; an asset without a declared source is unchanged.

    A key with a chain between schema and table belongs to the one table of all chains.
    """
    schema, *_, name = spec.key.path
    table = tables().get(f"{schema}/{name}")
    if table is None or table.source is None:
        return spec
    metadata = {**spec.metadata, COLUMN_SCHEMA: schema_of(table.columns)}
    if table.primary_key:
        metadata["primary_key"] = ", ".join(table.primary_key)
    return spec.replace_attributes(metadata=metadata, description=table.description)


def declared_by(team: str) -> Callable[[dg.AssetSpec], dg.AssetSpec]:
    """Return a function that gives an asset of a domain its contract and its owner.

    Args:
        team: Of the domain, as ``owned_by`` takes it.
    """
    with_owner = owned_by(team)
    return lambda spec: with_owner(with_contract(spec))


def columns_of(node: Mapping[str, Any]) -> tuple[Column, ...]:
    """Return the columns that a node of the manifest declares, in their order."""
    return tuple(_column(column) for column in node["columns"].values())


def _declared(manifest: Mapping[str, Any]) -> Iterator[Table]:
    for node in manifest["sources"].values():
        table = _table(node, node["identifier"], node["source_name"])
        yield table
        # List partitions that are assets themselves.
        for name, text in node["config"]["meta"].get("leaves", {}).items():
            yield replace(table, name=name, description=text)
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and node["config"]["materialized"] == "incremental":
            yield _table(node, node["alias"], None)


def _table(node: Mapping[str, Any], name: str, source: str | None) -> Table:
    meta = node["config"]["meta"]
    return Table(
        unique_id=node["unique_id"],
        schema=node["schema"],
        name=name,
        description=" ".join(node["description"].split()),
        columns=columns_of(node),
        primary_key=tuple(meta.get("primary_key", ())),
        source=source,
    )


def _column(column: Mapping[str, Any]) -> Column:
    meta = column["config"]["meta"]
    return Column(
        name=column["name"],
        data_type=column["data_type"],
        description=" ".join(column["description"].split()),
        is_nullable=all(c["type"] != "not_null" for c in column["constraints"]),
        unit=meta.get("unit"),
        is_written=meta.get("is_written", True),
    )
