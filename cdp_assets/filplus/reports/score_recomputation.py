"""Recompute stored scores from stored rows, also by the rules of another version (G-04, G-05).

Scope: reading the inputs that a report stored, comparing; not here: the inputs themselves, which
may have changed since; a report stores all inputs of its score.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from cdp_assets.errors import MissingUpstream
from cdp_assets.filplus.registry.rules import DataType
from cdp_assets.filplus.registry.standard_allocators import is_standard_allocator
from cdp_assets.filplus.scoring.metrics import ScoredClient, ScoredProvider, ScoreInputs
from cdp_assets.filplus.scoring.number_rules import as_double, exact
from cdp_assets.filplus.scoring.rules import MetricCode, RuleBook, RuleSet
from cdp_assets.filplus.scoring.score import Score, score_report
from cdp_assets.frames import query_frame

if TYPE_CHECKING:
    import pandas as pd

_RETRIEVABILITY: MetricCode = "URL_FINDER_RETRIEVABILITY"
_CHANGE_COLUMNS = (
    "allocator",
    "allocator_name",
    "data_type",
    "component",
    "value",
    "points_a",
    "points_b",
    "total_a",
    "total_b",
)
# The newest scored report of each allocator that is no metaallocator.
_NEWEST = f"""
select distinct on (r.allocator) r.id, r.allocator, a.name as allocator_name, r.data_type
from filplus.allocator_report r
left join filplus.allocator a on a.id = r.allocator
where exists (
    select from filplus.allocator_score_explained e where e.allocator_report_id = r.id
)
    and {is_standard_allocator("r.allocator")}
order by r.allocator, r.create_date desc, r.report_number desc
"""


@dataclass(frozen=True)
class StoredReport:
    """What a scored report stored: enough to recompute its score."""

    report_id: uuid.UUID
    allocator: str
    day: date
    data_type: DataType
    rule_version: int
    inputs: ScoreInputs
    peers: dict[MetricCode, list[Decimal]]

    def scores(self, rules: RuleSet) -> list[Score]:
        """Return the components by some rules, without those that do not count."""
        computed = score_report(self.inputs, self.data_type, rules, self.peers)
        return [score for score in computed if score.weight]


class Difference(NamedTuple):
    """One value of a stored score that differs from what its inputs give."""

    report_id: uuid.UUID
    allocator: str
    metric: str
    value_name: str
    stored: object
    computed: object


class Reproduction(NamedTuple):
    """Recomputed reports, and what differs."""

    reports: int
    scores: int
    differences: list[Difference]


def reproduce_scores(
    connection: psycopg.Connection,
    rules: RuleBook,
    *,
    day: date | None = None,
    allocator: str | None = None,
) -> Reproduction:
    """Recompute stored scores by the rules that they used, and compare every value.

    Args:
        connection: Of the warehouse.
        rules: Must hold every version that was used.
        day: Only reports of this day.
        allocator: Only reports of this allocator.

    Raises:
        MissingUpstream: No such report has a score.
        BadConfiguration: A version is not in the file any more.
    """
    reports = _load(connection, _ids(connection, day, allocator))
    if not reports:
        requested = " ".join(str(part) for part in (day, allocator) if part)
        raise MissingUpstream(
            "no stored report has a score",
            key=requested or None,
            hint="choose a day that has reports",
        )
    stored = _stored_values(connection, [report.report_id for report in reports])
    differences, count = [], 0
    for report in reports:
        computed: dict[str, dict[str, Any]] = {
            score.metric.code: _values_of(score)
            for score in report.scores(rules.version(report.rule_version))
        }
        found = stored.get(report.report_id, {})
        count += len(found)
        for metric in sorted({*computed, *found}):
            differences += _compare(report, metric, found.get(metric), computed.get(metric))
    return Reproduction(len(reports), count, differences)


def score_diff(
    connection: psycopg.Connection, rules: RuleBook, version_a: int, version_b: int
) -> pd.DataFrame:
    """Return whose score changes and why if version b replaces version a, over the newest reports.

    Both versions are applied to the same stored rows, so only the rules cause a change.

    Returns:
        One row per allocator and component that the versions score differently, by allocator, then
        component: ``allocator_name`` (null: the source has none), ``data_type``, ``value`` in the
        component's unit, ``points_a`` and ``points_b`` (null: that version does not count the
        component), ``total_a`` and ``total_b`` (the allocator's full scores).

    Raises:
        BadConfiguration: There is no such version.
    """
    rules_a, rules_b = rules.version(version_a), rules.version(version_b)
    newest = query_frame(connection, _NEWEST)
    reports = _load(connection, list(newest["id"]))
    compared = _components(reports, rules_a).merge(
        _components(reports, rules_b),
        on=["allocator", "component"],
        how="outer",
        suffixes=("_a", "_b"),
    )
    compared["value"] = compared["value_a"].combine_first(compared["value_b"])
    for side in ("a", "b"):
        points = compared.groupby("allocator")[f"points_{side}"]
        compared[f"total_{side}"] = points.transform("sum")
    is_same = (compared["points_a"] == compared["points_b"]).fillna(False)
    changes = compared[~is_same].merge(newest, on="allocator")
    return changes.sort_values(["allocator", "component"], ignore_index=True)[list(_CHANGE_COLUMNS)]


def _components(reports: Sequence[StoredReport], rules: RuleSet) -> pd.DataFrame:
    """Return one row per report and component that the rules count, with value and points."""
    import pandas as pd

    rows = [
        (report.allocator, score.metric.code, float(score.measured.value), score.points)
        for report in reports
        for score in report.scores(rules)
    ]
    frame = pd.DataFrame(rows, columns=["allocator", "component", "value", "points"])
    return frame.astype({"allocator": "string", "value": "Float64", "points": "Int64"})


def _ids(
    connection: psycopg.Connection, day: date | None, allocator: str | None
) -> list[uuid.UUID]:
    cursor = connection.execute(
        """
        select r.id from filplus.allocator_report r
        where (%(day)s::date is null or r.report_day = %(day)s)
            and (%(who)s::text is null or r.allocator = %(who)s or r.address = %(who)s)
            and exists (
                select from filplus.allocator_score_explained e where e.allocator_report_id = r.id
            )
        """,
        {"day": day, "who": allocator},
    )
    return [row[0] for row in cursor]


def _load(connection: psycopg.Connection, ids: Sequence[uuid.UUID]) -> list[StoredReport]:
    listed = list(ids)
    clients = _clients(connection, listed)
    providers: dict[uuid.UUID, list[ScoredProvider]] = defaultdict(list)
    for report_id, total, unique, status, rate in connection.execute(
        "select allocator_report_id, total_deal_size, unique_data_size, ipni_reporting_status, "
        "retrievability_success_rate_url_finder "
        "from filplus.allocator_report_storage_provider_distribution "
        "where allocator_report_id = any(%s)",
        [listed],
    ).fetchall():
        providers[report_id].append(ScoredProvider(total, unique, status, exact(rate)))
    peers: dict[uuid.UUID, dict[MetricCode, list[Decimal]]] = defaultdict(dict)
    for report_id, component, values in connection.execute(
        "select allocator_report_id, component, peer_values "
        "from filplus.allocator_score_explained where allocator_report_id = any(%s)",
        [listed],
    ).fetchall():
        peers[report_id][component] = [Decimal(repr(value)) for value in values]
    cursor = connection.execute(
        """
        select id, allocator, report_day, data_type, rule_version, create_date, clients_number,
            avg_retrievability_success_rate_url_finder, first_audit_ended_at
        from filplus.allocator_report where id = any(%s)
        order by allocator, create_date, report_number
        """,
        [listed],
    )
    return [
        StoredReport(
            row[0],
            row[1],
            row[2],
            row[3],
            row[4],
            ScoreInputs(
                now=_utc(row[5]),
                clients=clients[row[0]],
                providers=providers[row[0]],
                average_retrievability=exact(row[7]),
                all_retrievabilities=peers[row[0]].get(_RETRIEVABILITY, []),
                clients_number=row[6],
                first_audit_ended=row[8] and _utc(row[8]),
            ),
            peers[row[0]],
        )
        for row in cursor
    ]


def _clients(
    connection: psycopg.Connection, ids: list[uuid.UUID]
) -> dict[uuid.UUID, list[ScoredClient]]:
    cursor = connection.execute(
        """
        select c.allocator_report_id, c.client_id, c.total_allocations, c.allocations_number,
            c.total_uniq_data_set_size, c.expected_size_of_single_dataset, c.last_datacap_spent,
            coalesce(array_agg(s.total_deal_size order by s.other_client)
                filter (where s.other_client is not null), '{}')
        from filplus.allocator_report_client c
        left join filplus.allocator_report_client_cid_sharing s
            on s.allocator_report_id = c.allocator_report_id and s.client_id = c.client_id
        where c.allocator_report_id = any(%s)
        group by c.allocator_report_id, c.client_id
        order by c.allocator_report_id, c.client_id
        """,
        [ids],
    )
    found: dict[uuid.UUID, list[ScoredClient]] = defaultdict(list)
    for report_id, client, granted, number, unique, expected, spent, shared in cursor.fetchall():
        found[report_id].append(
            ScoredClient(
                client,
                int(granted),
                number,
                unique,
                None if expected is None else int(expected),
                spent and _utc(spent),
                tuple(shared),
            )
        )
    return found


def _stored_values(
    connection: psycopg.Connection, ids: list[uuid.UUID]
) -> dict[uuid.UUID, dict[str, dict[str, Any]]]:
    cursor = connection.execute(
        """
        select s.allocator_report_id, s.metric, s.score, s.metric_value, s.metric_average,
            s.metric_value_min, s.metric_value_max, (
                select jsonb_agg(jsonb_build_array(g.metric_value_min, g.metric_value_max, g.score))
                from filplus.allocator_report_scoring_result_range g
                where g.scoring_result_id = s.id
            )
        from filplus.allocator_report_scoring_result s where s.allocator_report_id = any(%s)
        """,
        [ids],
    )
    found: dict[uuid.UUID, dict[str, dict[str, Any]]] = defaultdict(dict)
    for report_id, metric, score, value, average, low, high, ranges in cursor.fetchall():
        found[report_id][metric] = {
            "score": score,
            "metric_value": value,
            "metric_average": average,
            "metric_value_min": low,
            "metric_value_max": high,
            "ranges": sorted(map(_range_text, ranges)),
        }
    return found


def _values_of(score: Score) -> dict[str, Any]:
    return {
        "score": score.points,
        "metric_value": float(score.measured.value),
        "metric_average": as_double(score.average),
        "metric_value_min": float(score.metric.value_min),
        "metric_value_max": as_double(score.value_max),
        "ranges": sorted(
            _range_text([float(r.value_min), as_double(r.value_max), r.score]) for r in score.ranges
        ),
    }


def _range_text(ends: Sequence[float | None]) -> str:
    """Return a range so that ``55`` of JSON and ``55.0`` of Python are one text."""
    return " ".join("open" if end is None else repr(float(end)) for end in ends)


def _compare(
    report: StoredReport,
    metric: str,
    stored: dict[str, Any] | None,
    computed: dict[str, Any] | None,
) -> list[Difference]:
    if stored is None or computed is None:
        return [Difference(report.report_id, report.allocator, metric, "row", stored, computed)]
    return [
        Difference(report.report_id, report.allocator, metric, name, stored[name], computed[name])
        for name in stored
        if stored[name] != computed[name]
    ]


def _utc(naive: datetime) -> datetime:
    return naive.replace(tzinfo=UTC)
