"""Dagster's event log on Postgres, with the events that plan partitions written in batches.

The framework writes an event for every partition of a run before it starts. Its own storage writes
the events of materializations in batches and these one by one, in two transactions each: 40 % of
the time of a load of 20,000 hours.

Scope: how events are written; not here: which events, or how they are read (the framework).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg
from dagster_postgres import PostgresEventLogStorage

from cdp_assets.core.dagster_compat import ConfigurableClassData, SqlEventLogStorageTable


class BatchedEventLogStorage(PostgresEventLogStorage):
    """The framework's storage of events; what it holds is the same, row for row."""

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> BatchedEventLogStorage:
        """Return the storage that ``dagster.yaml`` configures."""
        return cls(
            postgres_url=config_value["postgres_url"],
            should_autocreate_tables=config_value.get("should_autocreate_tables", True),
            inst_data=inst_data,
        )

    def store_event_batch(self, events: Sequence[dg.EventLogEntry]) -> None:
        """Store events of one run: planned materializations in one statement, others as before."""
        planned = [event for event in events if _is_planned(event)]
        if planned:
            self._store_planned(planned)
        others = [event for event in events if not _is_planned(event)]
        if others:
            super().store_event_batch(others)

    def _store_planned(self, events: Sequence[dg.EventLogEntry]) -> None:
        statement = self.prepare_insert_event_batch(events)
        with self._connect() as connection:
            stored = connection.execute(statement.returning(SqlEventLogStorageTable.c.id))
            ids = [int(row[0]) for row in stored.fetchall()]
        last_of = {event.get_dagster_event().asset_key: n for n, event in enumerate(events)}
        with self.index_transaction() as connection:
            self._store_asset_event_tags(connection, events, ids)
            for n in last_of.values():
                self._store_asset_event(connection, events[n], ids[n])


def _is_planned(event: dg.EventLogEntry) -> bool:
    kind = event.get_dagster_event().event_type
    return kind is dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED
