"""The job that computes a range of periods again, with a report (validator §10).

Everything is a pure function of stored rows, so a period whose inputs are equal is UNCHANGED and
nothing of it is written. Later periods whose tier windows see another measure afterwards are
computed, too. Scope: form, order and report; not here: the computations, or who may launch it
(``cdp_assets.governance.people``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import dagster as dg
from pydantic import Field

from cdp_assets.core.runs.partition_run import DirectRun
from cdp_assets.errors import BadConfiguration, MissingUpstream
from cdp_assets.governance.change_job import Change, build_change_job
from cdp_assets.governance.form_fields import ChangeForm, Key
from cdp_assets.governance.people import Right
from cdp_assets.validators.chain_assets.chain_steps import period_steps_of
from cdp_assets.validators.chains.chain_keys import ChainKeys
from cdp_assets.validators.chains.chain_registry import Chain, Registry
from cdp_assets.validators.commissions.line_diff import LineDiff
from cdp_assets.validators.ingestion.sources import ChainSources
from cdp_assets.validators.periods.period_plan import stale_periods
from cdp_assets.validators.periods.period_runner import PeriodResult
from cdp_assets.validators.periods.period_step import PeriodStep
from cdp_assets.validators.periods.period_table import KnownPeriod, read_periods
from cdp_assets.validators.rules.period_rules import ordinal_of
from resources.postgres.warehouse import Warehouse

UNCHANGED: Final = "UNCHANGED"
CHANGED: Final = "CHANGED"


class RecomputeForm(ChangeForm):
    """Which periods are computed again."""

    chain_id: str = Field(description="Chain, such as `solana-mainnet`.")
    from_period: Key = Field(description="First period, such as `850`.")
    to_period: Key = Field(description="Last period, inclusive.")


@dataclass(frozen=True)
class Recomputation:
    """What a recomputation did.

    Attributes:
        periods: Of the range, ascending.
        later: Periods after the range that were computed because their windows changed.
        versions: Versions written, by table.
        diffs: Difference of the lines by period, of those that changed.
    """

    periods: tuple[str, ...]
    later: tuple[str, ...]
    versions: Mapping[str, int]
    diffs: Mapping[str, LineDiff]

    @property
    def outcome(self) -> str:
        """UNCHANGED where nothing was written."""
        return CHANGED if any(self.versions.values()) else UNCHANGED

    def report(self) -> dict[str, Any]:
        """Return the report; amounts as text."""
        total = sum(self.diffs.values(), LineDiff())
        return {
            "outcome": self.outcome,
            "periods": len(self.periods),
            "later_periods": ", ".join(self.later),
            **{f"{table}_versions": count for table, count in self.versions.items()},
            "lines_added": total.added,
            "lines_removed": total.removed,
            "lines_changed": total.changed,
            "delta_native": str(total.delta_native),
            "by_period": json.dumps(
                {period: _described(diff) for period, diff in self.diffs.items()}
            ),
        }


def recompute(
    run: DirectRun,
    warehouse: Warehouse,
    registry: Registry,
    chain: Chain,
    first: str,
    last: str,
) -> Recomputation:
    """Compute the periods of a range again, in order, each in transactions of its own.

    Args:
        run: Id, user and log.
        warehouse: Where the tables are.
        registry: Both files.
        chain: One of its chains.
        first: First period.
        last: Last period, inclusive.

    Raises:
        BadConfiguration: The range is reversed.
        MissingUpstream: A period is unknown, or something that it needs was never written.
        PermanentFailure: Partners would take more than there is.
    """
    keys = ChainKeys(chain.key_name)
    with warehouse.connect(autocommit=True) as connection:
        periods = read_periods(connection, chain.chain_id)
    wanted = _range(chain, periods, first, last)
    steps = period_steps_of(registry, chain)
    versions: dict[str, int] = {}
    for key in (keys.client_stakes, keys.pnl):
        done = _do(steps[key], run, warehouse, registry, chain, wanted)
        versions[key.rsplit("/", 1)[1]] = _written(done)
    lines = steps[keys.lines]
    stale_before = _later(warehouse, lines, chain, periods, wanted[-1])
    done = _do(lines, run, warehouse, registry, chain, wanted)
    affected = _later(warehouse, lines, chain, periods, wanted[-1])
    later = [period for period in affected if period not in stale_before]
    if later:
        done |= _do(lines, run, warehouse, registry, chain, later)
    versions[keys.lines.rsplit("/", 1)[1]] = _written(done)
    return Recomputation(tuple(wanted), tuple(later), versions, _diffs(done))


def build_recompute_job(registry: Registry) -> dg.JobDefinition:
    """Return the job.

    Args:
        registry: Its chains can be recomputed.
    """

    def work(change: Change, form: RecomputeForm) -> dict[str, Any]:
        chain = require_order(registry, form)
        run = DirectRun(change.run_id, user=change.actor.email, log=change.log)
        first, last = str(form.from_period), str(form.to_period)
        report = recompute(run, change.warehouse, registry, chain, first, last).report()
        after = {
            "from_period": first,
            "to_period": last,
            **{name: str(value) for name, value in report.items() if name != "by_period"},
        }
        change.audit("RECOMPUTE_PERIODS", "chain", chain.chain_id, None, after)
        return report

    return build_change_job(
        "recompute_job",
        RecomputeForm,
        work,
        right=Right.RECOMPUTE,
        check=lambda form: require_order(registry, form),
        description="Compute client stakes, P&L and commission lines of a range of periods again, "
        "from what is stored: equal inputs write nothing. The run tag `user` is your e-mail "
        "address. Example: "
        '`{"chain_id": "solana-mainnet", "from_period": 850, "to_period": 859, '
        '"reason": "tiers of agreement A were corrected"}`.',
    )


def require_order(registry: Registry, form: RecomputeForm) -> Chain:
    """Return the chain of a form; refuse a range that ends before it begins.

    Raises:
        BadConfiguration: The chain is unknown, a period is none of its types, or the range is
            reversed; names the field.
    """
    chain = registry.chain(form.chain_id)
    first, last = str(form.from_period), str(form.to_period)
    start = _ordinal(chain, first, "from_period")
    _require_ascending(first, last, start, _ordinal(chain, last, "to_period"))
    return chain


def _ordinal(chain: Chain, period_id: str, field: str) -> int:
    for period_type in chain.period_types:
        try:
            return ordinal_of(period_type, period_id)
        except ValueError:
            continue
    raise BadConfiguration(
        f"{period_id!r} is no period of the types {', '.join(chain.period_types)}",
        key=field,
        hint="give a number such as 850, or first and last slot where periods are slot ranges",
    )


def _require_ascending(first: str, last: str, start: int, end: int) -> None:
    if start > end:
        raise BadConfiguration(
            f"{first} comes after {last}", key="from_period", hint="exchange the two"
        )


def _range(chain: Chain, periods: Mapping[str, KnownPeriod], first: str, last: str) -> list[str]:
    for field, period_id in (("from_period", first), ("to_period", last)):
        if period_id not in periods:
            raise MissingUpstream(
                f"period {period_id} is not in canonical_periods of {chain.chain_id}",
                key=field,
                hint="choose periods that exist: `cdp status` shows the newest",
            )
    start, end = (periods[period_id].period.ordinal for period_id in (first, last))
    _require_ascending(first, last, start, end)
    kind = periods[first].period.period_type
    return [
        known.period.period_id
        for known in periods.values()
        if start <= known.period.ordinal <= end and known.period.period_type == kind
    ]


def _do(
    step: PeriodStep,
    run: DirectRun,
    warehouse: Warehouse,
    registry: Registry,
    chain: Chain,
    periods: Sequence[str],
) -> dict[str, PeriodResult]:
    _, done = step.run(run, warehouse, registry, chain, ChainSources(), periods)
    return done


def _later(
    warehouse: Warehouse,
    step: PeriodStep,
    chain: Chain,
    periods: Mapping[str, KnownPeriod],
    last: str,
) -> list[str]:
    """Return the computed periods after the range whose terms or windows have changed."""
    after = [
        known.period.period_id
        for known in periods.values()
        if known.period.ordinal > periods[last].period.ordinal
    ]
    terms = ChainKeys(chain.key_name).term_changes
    with warehouse.connect(autocommit=True) as connection:
        found = stale_periods(connection, step.asset_key, [terms], after)
    return [period for period, reason in found if reason == "upstream"]


def _written(done: Mapping[str, PeriodResult]) -> int:
    return sum(result.appended.written for result in done.values())


def _diffs(done: Mapping[str, PeriodResult]) -> dict[str, LineDiff]:
    return {
        period: LineDiff(
            result.statistics["lines_added"],
            result.statistics["lines_removed"],
            result.statistics["lines_changed"],
            result.statistics["delta_native"],
        )
        for period, result in done.items()
        if result.appended.written
    }


def _described(diff: LineDiff) -> dict[str, Any]:
    return {
        "added": diff.added,
        "removed": diff.removed,
        "changed": diff.changed,
        "delta_native": str(diff.delta_native),
    }
