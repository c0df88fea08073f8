"""The asset ``fx_rates``: prices of the chains' units from the configured source (validator §5).

Prices are added and corrected, never removed: a document may hold the newest days alone. Periods
whose price changed are marked, so that exactly their P&L is computed again. Scope: the table; not
here: which price a period has (``pnl_step.read_price``), the document's shape
(``resources.sources.fx_rates``).
"""

# No postponed annotations here: the framework reads types from the signature.

from collections.abc import Iterator, Sequence
from datetime import UTC, date
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg

from cdp_assets.core.checks.sql_check import SqlCheck, evaluate
from cdp_assets.core.dagster_compat import UnresolvedAssetJobDefinition
from cdp_assets.core.ingestion.client_factory import Source
from cdp_assets.core.ingestion.response_store import store_response
from cdp_assets.core.planning.asset_facts import PLANNED_BY, SOURCE_SETTING
from cdp_assets.core.runs.partition_run import PartitionRun, RunContext, partition_run
from cdp_assets.core.runs.run_failures import SOURCE_RETRIES
from cdp_assets.core.tables.freshness import FRESHNESS_BY_CADENCE
from cdp_assets.validators.chains.chain_keys import FX_KEY, PLAN, ChainKeys
from cdp_assets.validators.chains.chain_registry import Chain, Registry
from cdp_assets.validators.periods.marks import mark_periods
from resources.postgres.warehouse import Warehouse
from resources.sources.fx_rates import READ_SECONDS, FxRate, fetch_prices, read_price_file

CODE_VERSION = "1"
RAW_SCHEMA = "raw_fx_rates"
FX_JOB = "validator_prices_job"
FX_CHECK = SqlCheck(
    "prices_not_in_future",
    FX_KEY,
    "No price is of an instant that has not come yet.",
    "select chain_id, quote_ccy, as_of from validators.fx_rates where as_of > %(now)s",
)
_SOURCE = Source(
    name="fx_rates", title="source of prices", setting="fx_source", read_seconds=READ_SECONDS
)


def build_fx_rates_asset(registry: Registry) -> dg.AssetsDefinition:
    """Return the asset of prices.

    Args:
        registry: Its chains are those whose prices count.
    """

    @dg.asset(
        key=FX_KEY.split("/"),
        group_name="validator_canonical",
        kinds={"python", "postgres"},
        tags={
            "domain": "validators",
            "layer": "canonical",
            "cadence": "daily",
            "pii": "none",
            "tier": "1",
        },
        freshness_policy=FRESHNESS_BY_CADENCE["daily"],
        code_version=CODE_VERSION,
        metadata={PLANNED_BY: PLAN, SOURCE_SETTING: "fx_source"},
        retry_policy=SOURCE_RETRIES,
        check_specs=[FX_CHECK.spec()],
    )
    def fx_rates(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        run, changed = write_fx_rates(context, warehouse, registry.chains)
        yield run.result(FX_KEY, metadata={"prices_changed": changed})
        with warehouse.connect(autocommit=True) as connection:
            yield evaluate(connection, FX_CHECK, {"now": run.as_of})

    return fx_rates


def build_fx_job() -> UnresolvedAssetJobDefinition:
    """Return the job that lands the prices."""
    return dg.define_asset_job(
        FX_JOB,
        selection=dg.AssetSelection.assets(dg.AssetKey(FX_KEY.split("/"))),
        description="Add and correct prices of the chains' units from the configured source.",
    )


def write_fx_rates(
    context: RunContext, warehouse: Warehouse, chains: Sequence[Chain]
) -> tuple[PartitionRun, int]:
    """Add and correct prices, and mark the periods that they change.

    Returns:
        The run, and how many prices are new or corrected.

    Raises:
        BadConfiguration: No source is configured, or its file cannot be read.
        InvalidSourceResponse: The document has another shape; nothing was written.
    """
    with (
        partition_run(
            context, warehouse, [FX_KEY], code_version=CODE_VERSION, source=_SOURCE.name
        ) as run,
        run.connection() as connection,
    ):
        origin, rates = _prices(warehouse, connection, run.as_of.astimezone(UTC).date())
        with run.transaction(connection) as cursor:
            changed = _upsert(cursor, rates, origin)
            for chain in chains:
                _mark(cursor, chain, changed, run.run_id)
            row = cursor.execute("select count(*) from validators.fx_rates").fetchone()
            assert row is not None
            run.publish(
                cursor,
                FX_KEY,
                row[0],
                is_changed=bool(changed),
                in_place=True,
                written=(len(changed), 0),
            )
    return run, len(changed)


def _prices(
    warehouse: Warehouse, connection: psycopg.Connection, day: date
) -> tuple[str, list[FxRate]]:
    """Return the prices and where they are from; a response is stored before it is read."""
    address = str(_SOURCE.url)
    if "://" not in address:
        return Path(address).name, read_price_file(Path(address))
    with _SOURCE.open(warehouse) as http:
        reply = fetch_prices(http)
    for response in reply.responses:
        store_response(connection, RAW_SCHEMA, day, [reply.name], response)
    return "web", reply.value()


def _upsert(cursor: psycopg.Cursor, rates: Sequence[FxRate], origin: str) -> list[tuple[Any, ...]]:
    """Return (chain, instant) of the prices that are new or different now."""
    columns = [[getattr(rate, name) for rate in rates] for name in FxRate.__slots__]
    cursor.execute(
        "insert into validators.fx_rates as f (chain_id, quote_ccy, as_of, price, source) "
        "select r.*, %s from unnest(%s::text[], %s::text[], %s::timestamptz[], %s::numeric[]) r "
        "on conflict (chain_id, quote_ccy, as_of) do update "
        "set price = excluded.price, source = excluded.source where f.price <> excluded.price "
        "returning chain_id, as_of",
        [origin, *columns],
    )
    return cursor.fetchall()


def _mark(
    cursor: psycopg.Cursor, chain: Chain, changed: Sequence[tuple[Any, ...]], run_id: str
) -> None:
    """Mark the periods that end on the UTC day of a changed price."""
    instants = [as_of for chain_id, as_of in changed if chain_id == chain.chain_id]
    rows = cursor.execute(
        "select period_ordinal from validators.canonical_periods "
        "where chain_id = %s and is_current and not is_void "
        "and (end_ts at time zone 'UTC')::date in "
        "(select (i at time zone 'UTC')::date from unnest(%s::timestamptz[]) i) "
        "order by period_ordinal",
        [chain.chain_id, instants],
    ).fetchall()
    key = ChainKeys(chain.key_name).price_changes
    for (ordinal,) in rows:
        mark_periods(cursor, chain.chain_id, key, ordinal, ordinal + 1, run_id)
