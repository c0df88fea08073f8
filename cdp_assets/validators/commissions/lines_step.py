"""The step ``partner_commission_lines``: P&L and agreements in, lines out (validator §7).

Periods are computed in the order of their ordinals, under the lock of the chain's lines. Nothing of
a period is written where partners would take more than there is. Later periods whose windows see
another measure now are marked, so that the next run over them computes them again. Scope: reading,
appending and publishing; not here: the engine, or the runs over periods (``periods``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import psycopg

from cdp_assets.errors import MissingUpstream, PermanentFailure
from cdp_assets.validators.canonical.normalise import MATERIALIZED, NOT_OBSERVED, WriteContext
from cdp_assets.validators.commissions.engine.agreement_terms import MONTH_RULE
from cdp_assets.validators.commissions.engine.compute_lines import History, compute_lines
from cdp_assets.validators.commissions.engine.lines import (
    CommissionLine,
    LineKey,
    LineKind,
)
from cdp_assets.validators.commissions.engine.over_attribution import (
    OVER_ATTRIBUTION,
    over_attributed_amounts,
)
from cdp_assets.validators.commissions.engine.overrides import apply_overrides, carrying_line
from cdp_assets.validators.commissions.line_diff import (
    LineDiff,
    LineFacts,
    changed_agreements,
    diff_of,
    facts_of_row,
)
from cdp_assets.validators.commissions.line_history import (
    read_histories,
    require_earlier,
    windows_of,
)
from cdp_assets.validators.commissions.line_rows import INCOMPLETE, rows_of_agreement
from cdp_assets.validators.commissions.line_table import EARNED_LINES, LINES
from cdp_assets.validators.commissions.term_store import (
    ENGINE_VERSION,
    OverrideRow,
    StoredInputs,
    Terms,
    lines_hash,
    read_inputs,
    read_terms,
)
from cdp_assets.validators.ingestion.sources import ChainSources
from cdp_assets.validators.periods.marks import mark_periods
from cdp_assets.validators.periods.period_place import PeriodPlace, place_of
from cdp_assets.validators.periods.period_runner import PeriodResult
from cdp_assets.validators.periods.period_table import read_periods, require_period
from cdp_assets.validators.storage.computed_inputs import record_inputs, unchanged_rows
from cdp_assets.validators.storage.versioned_append import (
    Appended,
    VersionedRow,
    append_versions,
)

_NAMED_FINDINGS = 5  # of over-attribution, in the error of a run


@dataclass(frozen=True)
class PeriodLines:
    """The lines of all agreements in a period.

    Attributes:
        lines: After overrides, by agreement.
        stored: What they were computed from.
        terms: In force.
    """

    lines: Mapping[str, tuple[CommissionLine, ...]]
    stored: StoredInputs
    terms: Terms

    def rows(self) -> list[VersionedRow]:
        """Return the rows of all lines."""
        return [
            row
            for agreement, lines in sorted(self.lines.items())
            for row in rows_of_agreement(
                lines, self.stored, self.terms.overrides.get(agreement, ())
            )
        ]

    def facts(self) -> dict[UUID, LineFacts]:
        """Return what a comparison with stored lines needs."""
        return {
            line.line_id: LineFacts(
                agreement,
                line.base,
                line.pre_override_native,
                line.final_native,
                line.is_of_month,
            )
            for agreement, lines in self.lines.items()
            for line in lines
        }


def write_lines(context: WriteContext, _: ChainSources, period_id: str) -> PeriodResult:
    """Compute and append the lines of a period.

    Raises:
        MissingUpstream: The P&L of the period, or an earlier period of a window, is not there.
        PermanentFailure: Partners would take more than there is; nothing was written.
    """
    chain_id, run, keys = context.chain.chain_id, context.run, context.keys
    with run.connection() as connection, run.transaction(connection) as cursor:
        periods = read_periods(connection, chain_id)
        known = require_period(periods, period_id, keys.periods)
        state = _require_pnl(cursor, keys.pnl, period_id)
        place = place_of(chain_id, periods, known, context.now)
        digest = lines_hash(cursor, place, context.stamp.config_hash)
        held = unchanged_rows(cursor, keys.lines, period_id, digest)
        if held is not None:
            _publish(cursor, context, place, held, state, is_changed=False)
            return PeriodResult(held, Appended(0, 0, 0, held), state)
        computed = compute_period(cursor, place, keys.lines)
        before = _stored_facts(cursor, place)
        rows = computed.rows()
        appended = append_versions(
            cursor,
            LINES,
            chain_id,
            [period_id],
            rows,
            context.stamp,
            EARNED_LINES,
        )
        after = computed.facts()
        _mark_later(cursor, context, place, computed.terms, changed_agreements(before, after))
        _count(cursor, context, place, computed, before, after)
        record_inputs(cursor, keys.lines, period_id, digest)
        _publish(cursor, context, place, len(rows), state, is_changed=appended.written > 0)
    diff = diff_of(before, after)
    return PeriodResult(len(rows), appended, state, _statistics(diff, rows))


def _publish(
    cursor: psycopg.Cursor,
    context: WriteContext,
    place: PeriodPlace,
    rows: int,
    state: str,
    *,
    is_changed: bool,
) -> None:
    """Publish a period; one that may yet turn out to be the last of its month is not final."""
    context.run.publish(
        cursor,
        context.keys.lines,
        rows,
        key=place.period_id,
        state=state,
        is_final=place.is_settled,
        is_changed=is_changed,
        code_version=ENGINE_VERSION,
    )


def compute_period(cursor: psycopg.Cursor, place: PeriodPlace, lines_key: str) -> PeriodLines:
    """Return the lines of a period from what is stored; writes nothing.

    Args:
        cursor: Of the run.
        place: The period.
        lines_key: Asset of the lines.

    Raises:
        MissingUpstream: An earlier period of a window has no lines.
        PermanentFailure: Partners would take more than there is.
    """
    terms = read_terms(cursor, place)
    stored = read_inputs(cursor, place)
    windows = windows_of(terms.versions.values())
    require_earlier(cursor, place, windows, terms.starts, lines_key)
    histories = read_histories(cursor, place, windows)
    nothing = History()
    plain = {
        agreement: compute_lines(version, stored.inputs, histories.get(agreement, nothing))
        for agreement, version in terms.versions.items()
    }
    _refuse_over_attribution([line for lines in plain.values() for line in lines], stored)
    lines = {
        agreement: _overridden(
            agreement, plain.get(agreement, ()), terms.overrides.get(agreement, ()), place
        )
        for agreement in sorted({*plain, *terms.overrides})
    }
    return PeriodLines(lines, stored, terms)


def _overridden(
    agreement_id: str,
    lines: Sequence[CommissionLine],
    rows: Sequence[OverrideRow],
    place: PeriodPlace,
) -> tuple[CommissionLine, ...]:
    """Return an agreement's lines after overrides, which are the last word even without lines."""
    if lines:
        return apply_overrides(lines, [row.override for row in rows])
    found = []
    for row in rows:
        key = LineKey(agreement_id, row.version, place.chain_id, place.period_id, LineKind.OVERRIDE)
        found.append(carrying_line(key, row.introducer_id, place.month, row.override))
    return tuple(sorted(found, key=lambda line: line.line_id))


def _refuse_over_attribution(lines: Sequence[CommissionLine], stored: StoredInputs) -> None:
    found = over_attributed_amounts(lines, stored.inputs)
    if not found:
        return
    named = "; ".join(
        f"{one.component} of {one.validator_key}: {one.attributed} of {one.available} "
        f"by {', '.join(one.agreement_ids)}"
        for one in found[:_NAMED_FINDINGS]
    )
    more = f", and {len(found) - _NAMED_FINDINGS} more" if len(found) > _NAMED_FINDINGS else ""
    raise PermanentFailure(
        f"{OVER_ATTRIBUTION}: partners would take more than there is: {named}{more}",
        key=stored.inputs.period_id,
        hint="correct the named agreements by a new version; nothing of the period was written",
    )


def _require_pnl(cursor: psycopg.Cursor, pnl_key: str, period_id: str) -> str:
    """Return the state of the period's P&L.

    Raises:
        MissingUpstream: It was never written.
    """
    row = cursor.execute(
        "select state from ops.asset_partition_status "
        "where asset_key = %s and partition_key = %s and version is not null",
        [pnl_key, period_id],
    ).fetchone()
    if row is None:
        raise MissingUpstream(
            "its P&L was never computed",
            key=period_id,
            hint=f"materialize {pnl_key} for this period first",
        )
    return NOT_OBSERVED if row[0] == NOT_OBSERVED else MATERIALIZED


def _stored_facts(cursor: psycopg.Cursor, place: PeriodPlace) -> dict[UUID, LineFacts]:
    """Return the current lines of a period that a computation replaces."""
    cursor.execute(
        "select line_id, agreement_id, base_numerator, base_denominator, "
        "pre_override_amount_native, final_amount_native, "
        "rule_id is not distinct from %s "
        "from validators.partner_commission_lines "
        "where chain_id = %s and period_id = %s and is_current and not is_void "
        "and line_kind <> 'ADJUSTMENT'",
        [MONTH_RULE, place.chain_id, place.period_id],
    )
    return {row[0]: facts_of_row(*row[1:]) for row in cursor}


def _mark_later(
    cursor: psycopg.Cursor,
    context: WriteContext,
    place: PeriodPlace,
    terms: Terms,
    changed: set[str],
) -> None:
    """Mark the rest of the windows whose measure changed, where it was computed before.

    A window of a later version begins with the agreement, so before that version. A version that
    ended in the month has its bounds of the month in a later period.
    """
    windows = windows_of(terms.ahead)
    month = windows.month | {version.agreement_id for version in terms.ended}
    ends: list[int | None] = []
    if changed & windows.lifetime:
        ends.append(None)
    elif changed & month:
        ends.append(_end_of_month(cursor, place))
    for end in ends:
        row = cursor.execute(
            "select exists (select from ops.asset_partition_status s "
            "join validators.canonical_periods p on p.chain_id = %s and p.is_current "
            "and p.period_id = s.partition_key where s.asset_key = %s "
            "and s.version is not null and p.period_ordinal > %s "
            "and (%s::bigint is null or p.period_ordinal < %s))",
            [place.chain_id, context.keys.lines, place.ordinal, end, end],
        ).fetchone()
        if row is not None and row[0]:
            mark_periods(
                cursor,
                place.chain_id,
                context.keys.term_changes,
                place.ordinal + 1,
                end,
                context.run.run_id,
            )


def _end_of_month(cursor: psycopg.Cursor, place: PeriodPlace) -> int:
    """Return the ordinal after the last known period of the month."""
    row = cursor.execute(
        "select max(period_ordinal) + 1 from validators.canonical_periods "
        "where chain_id = %s and period_type = %s and is_current and not is_void "
        "and to_char(end_ts at time zone 'UTC', 'YYYY-MM') = %s",
        [place.chain_id, place.period_type, place.month],
    ).fetchone()
    assert row is not None
    return int(row[0])


def _count(
    cursor: psycopg.Cursor,
    context: WriteContext,
    place: PeriodPlace,
    computed: PeriodLines,
    before: Mapping[UUID, LineFacts],
    after: Mapping[UUID, LineFacts],
) -> None:
    """Leave the number of new and changed lines by method in ``ops``, where metrics read it.

    Their reader sees no line (validator §14).
    """
    counts = Counter(
        line.method.value
        for lines in computed.lines.values()
        for line in lines
        if line.method and before.get(line.line_id) != after[line.line_id]
    )
    cursor.executemany(
        "insert into ops.record_counts values (%s, %s, %s, 'commission', %s, %s, %s) "
        "on conflict (run_id, chain_id, period_id, kind, label) "
        "do update set row_count = excluded.row_count, counted_at = excluded.counted_at",
        [
            (context.run.run_id, place.chain_id, place.period_id, method, count, context.now)
            for method, count in sorted(counts.items())
        ],
    )


def _statistics(diff: LineDiff, rows: Sequence[VersionedRow]) -> dict[str, int]:
    quality = LINES.values.index("quality")
    return {
        "lines_added": diff.added,
        "lines_removed": diff.removed,
        "lines_changed": diff.changed,
        "delta_native": diff.delta_native,
        "lines_incomplete": sum(row.values[quality] == INCOMPLETE for row in rows),
    }
