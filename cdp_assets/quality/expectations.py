"""Suites run by Great Expectations inside Postgres, one batch per table.

The library takes seconds to import, so only the step that validates imports it. Its analytics are
off, and its connection is read only. Scope: running suites and converting their results; not here:
what is expected (``suites.yaml``).
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import dagster as dg

from cdp_assets.core.checks.check_results import SAMPLES, broken_by, check_result
from cdp_assets.quality.closed_day import ClosedDay
from cdp_assets.quality.suites import Expectation, Suite
from cdp_assets.settings import publish_environment
from cdp_assets.units import counted
from resources.postgres.database_urls import sqlalchemy_url
from resources.postgres.warehouse import Warehouse

_SESSION = "-c default_transaction_read_only=on -c TimeZone=UTC"


def validate(
    warehouse: Warehouse, suites: Sequence[Suite], day: ClosedDay
) -> Iterator[dg.AssetCheckResult]:
    """Validate tables one after the other; one result per expectation.

    Args:
        warehouse: Where the tables are.
        suites: What to validate; an expectation that a suite omits is not run.
        day: The closed day; weekly tables take the last week that had ended by its end.
    """
    with _source(warehouse) as source:
        for suite in suites:
            yield from _validate(source, suite, day)


@contextmanager
def _source(warehouse: Warehouse) -> Iterator[Any]:
    """Open the library on the warehouse, as the writing role in read-only transactions."""
    with warehouse.connect(application="cdp quality") as connection:
        role = connection.execute("select current_user").fetchall()[0][0]
    gx = _great_expectations()
    from sqlalchemy import make_url

    address = make_url(sqlalchemy_url(warehouse.address()))
    given = address.query.get("options", "")
    options = f"{given if isinstance(given, str) else ' '.join(given)} {_SESSION} -c role={role}"
    address = address.update_query_dict(
        {"options": options.strip(), "application_name": "cdp quality"}
    )
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_postgres(
        "warehouse", connection_string=address.render_as_string(hide_password=False)
    )
    try:
        yield source
    finally:
        source.get_engine().dispose()


def _great_expectations() -> Any:
    """Import the library with its analytics off (U-25) and its log lines hidden."""
    publish_environment({"GX_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"})
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        # It imports modules that Python has deprecated.
        warnings.simplefilter("ignore")
        import great_expectations
        import great_expectations.expectations
    # This module sets a level of its own.
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)
    return great_expectations


def _validate(source: Any, suite: Suite, day: ClosedDay) -> Iterator[dg.AssetCheckResult]:
    import great_expectations as gx

    query = suite.query(day)
    batch = (
        source.add_query_asset(name=suite.table, query=query)
        .add_batch_definition_whole_table("window")
        .get_batch()
    )
    found = batch.validate(
        gx.ExpectationSuite(
            name=suite.table,
            expectations=[
                getattr(gx.expectations, _class_name(each.expect))(
                    **each.arguments, meta={"check": each.name}
                )
                for each in suite.expectations
            ],
        ),
        result_format={
            "result_format": "SUMMARY",
            "partial_unexpected_count": SAMPLES,
            "unexpected_index_column_names": list(suite.key),
            "return_unexpected_index_query": True,
        },
    )
    by_check = {each.expectation_config.meta["check"]: each for each in found.results}
    for expectation in suite.expectations:
        yield _result(suite, expectation, query, by_check[expectation.name])


def _class_name(expect: str) -> str:
    """Return the library's class of an expectation: ``expect_a_b`` is ``ExpectAB``."""
    return "".join(part.capitalize() for part in expect.split("_"))


def _result(suite: Suite, expectation: Expectation, query: str, found: Any) -> dg.AssetCheckResult:
    severity = dg.AssetCheckSeverity[expectation.severity]
    statistics = dict(found.result)
    error = _error(found.exception_info)
    if error is not None:
        return check_result(
            suite.asset_key,
            expectation.name,
            expectation.meaning,
            failing_rows=1,
            sql=query,
            found=f"Could not be evaluated: {error}. {expectation.meaning}",
        )
    failing = 0 if found.success else int(statistics.get("unexpected_count") or 1)
    rows = statistics.get("element_count", statistics.get("observed_value"))
    of_rows = counted(int(rows or 0), "row")
    breaking = int(rows or 0)
    if "element_count" in statistics:
        of_rows, breaking = f"{failing:,} of {of_rows}", failing
    words = f"{broken_by(of_rows, breaking)} " if failing else ""
    return check_result(
        suite.asset_key,
        expectation.name,
        expectation.meaning,
        failing_rows=failing,
        severity=severity,
        found=words + expectation.meaning,
        samples=_samples(statistics) if failing else [],
        sql=_shown(query, statistics),
        metadata={"rows": int(rows or 0), "expectation": expectation.expect},
    )


def _error(info: Mapping[str, Any]) -> str | None:
    """Return the error of the library, which reports one, or one per metric; null without one."""
    entries: Sequence[Any] = [info, *info.values()]
    for entry in entries:
        if isinstance(entry, Mapping) and entry.get("raised_exception"):
            return str(entry.get("exception_message") or "unknown").splitlines()[0][:500]
    return None


def _samples(statistics: Mapping[str, Any]) -> list[dict[str, str | None]]:
    found = statistics.get("partial_unexpected_index_list") or []
    return [
        {str(name): None if value is None else str(value) for name, value in row.items()}
        for row in found[:SAMPLES]
    ]


def _shown(query: str, statistics: Mapping[str, Any]) -> str:
    """Return the SQL of the failing rows, with the parentheses that the library omits."""
    found = statistics.get("unexpected_index_query")
    if not found:
        return query
    return str(found).replace(f"FROM {query}", f"FROM ({query}) rows_read")
