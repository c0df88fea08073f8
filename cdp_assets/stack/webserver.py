"""Start the Dagster UI with two bugs of the framework fixed.

Dagster 1.13 lists the newest partitions of an asset up to the present, even if the definition ends
earlier. With a pinned clock the plots by partition then request hours that do not exist and stay
empty.

Its webserver reuses a connection to each storage without checking that it is alive: after a restart
of the database, each of the three fails one page (dagster-io/dagster#33879; no setting fixes it).
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import dagster as dg
from dagster_postgres.event_log import event_log
from dagster_postgres.run_storage import run_storage
from dagster_postgres.schedule_storage import schedule_storage
from dagster_postgres.utils import create_pg_engine
from dagster_webserver.cli import main

from cdp_assets.core.dagster_compat import PartitionLoadingContext, TemporalContext

_listed_up_to_now = dg.TimeWindowPartitionsDefinition.get_paginated_partition_keys


def keys_up_to_the_end(
    self: dg.TimeWindowPartitionsDefinition,
    context: PartitionLoadingContext,
    limit: int,
    ascending: bool,
    cursor: str | None = None,
) -> dg.PaginatedResults[str]:
    """Return a page of partition keys; no window ends after the definition's end."""
    end = self.end_timestamp
    seen_at = context.temporal_context
    if end is not None and end < seen_at.effective_dt.timestamp():
        context = PartitionLoadingContext(
            temporal_context=TemporalContext(
                effective_dt=datetime.fromtimestamp(end, UTC), last_event_id=seen_at.last_event_id
            ),
            dynamic_partitions_store=context.dynamic_partitions_store,
        )
    return _listed_up_to_now(self, context, limit, ascending, cursor)


def check_connections_before_use() -> None:
    """Let every storage test a pooled connection before it is used, and replace a dead one."""
    for module in (run_storage, event_log, schedule_storage):
        module.create_pg_engine = partial(create_pg_engine, pool_pre_ping=True)  # type: ignore[attr-defined]


if __name__ == "__main__":
    dg.TimeWindowPartitionsDefinition.get_paginated_partition_keys = keys_up_to_the_end  # type: ignore[method-assign]
    check_connections_before_use()
    main()  # type: ignore[no-untyped-call]
